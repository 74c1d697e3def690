"""The files in a TAR archive, one page each, in the archive's order: in a packed one, going back costs all before it.

A member that is a JSON object is a row, with the member's name as ``_member``; any other is a page of bytes.
Nothing is unpacked to disk, so no name in the archive can lead anywhere.
"""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from pathlib import Path

from cqia.errors import Unreadable
from cqia.readers.json_rows import parse_json
from cqia.readers.rows import Cell, too_large

SUFFIXES = (".tar", ".tar.gz", ".tgz")
#: COIG's dialogues are 13,653 members; ten times that, and what they may unpack to in all.
MAX_MEMBERS = 200_000
MAX_UNPACKED = 4_000_000_000


def tar_rows(path: Path, size: int, limit: int) -> Iterator[Cell]:
    """The members of an archive; one of more than ``limit`` bytes is not read. A torn archive gives what is whole."""
    number, unpacked = -1, 0
    try:
        with tarfile.open(path, "r|*") as archive:
            for number, member in enumerate(archive):
                unpacked += member.size
                if number >= MAX_MEMBERS or unpacked > MAX_UNPACKED:
                    message = f"{path}: more than {MAX_MEMBERS:,} files or {MAX_UNPACKED:,} bytes when unpacked"
                    yield Cell(f"member={number}", 0, trouble=Unreadable("too_large", message))
                    return
                if member.isfile():
                    yield _cell(path, archive, member, number, limit)
    except (tarfile.TarError, EOFError, OSError, ValueError) as error:
        if isinstance(error, OSError) and error.errno is not None:  # the disk's fault, not the archive's
            raise
        message = f"{path} is no whole TAR archive: {type(error).__name__} after {number + 1} members"
        yield Cell(f"member={number + 1}", 0, trouble=Unreadable("bad_tar", message))


def _cell(path: Path, archive: tarfile.TarFile, member: tarfile.TarInfo, number: int, limit: int) -> Cell:
    locator = f"member={number}"
    if member.size > limit:
        what = f"{member.name[:200]} in {path} has {member.size:,} bytes"
        return Cell(locator, member.size, trouble=too_large(what, limit))
    file = archive.extractfile(member)
    data = file.read() if file is not None else b""
    if not member.name.endswith(".json"):
        return Cell(locator, member.size, data=data)
    where = f"{member.name[:200]} in {path}"
    try:
        value = parse_json(data.decode("utf-8-sig"))
    except ValueError as error:  # not UTF-8 is one too
        return Cell(locator, member.size, trouble=Unreadable("bad_json", f"{where} is not JSON: {error}"))
    if not isinstance(value, dict):
        return Cell(locator, member.size, trouble=Unreadable("bad_row", f"{where} is no JSON object"))
    return Cell(locator, member.size, row={**value, "_member": member.name})
