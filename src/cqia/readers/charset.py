"""Bytes to text: UTF-8, GB18030 and Big5, as Chinese pages really use them.

The order is what makes it right. A byte order mark decides. Otherwise text that is valid UTF-8 *is* UTF-8, whatever the
page declares: Chinese in another charset is never valid UTF-8 by accident for longer than a few characters. Then comes
the charset that the server declared, then the one that the page declares (in the order of the HTML standard), if the
bytes agree with it; then GB18030 or Big5, whichever gives the more common characters,
since most byte pairs are valid in both. A last character that is cut in two is dropped: downloads end anywhere.
"""

from __future__ import annotations

import codecs
import re

from cqia.errors import Unreadable

#: Names that pages use, and the codec that reads all that such pages hold: gb2312 pages have GBK characters in them.
CODECS = {
    "utf-8": "utf-8", "utf8": "utf-8",
    "gb18030": "gb18030", "gbk": "gb18030", "gb2312": "gb18030", "gb_2312-80": "gb18030", "x-gbk": "gb18030",
    "big5": "big5hkscs", "big5-hkscs": "big5hkscs", "big-5": "big5hkscs", "cp950": "big5hkscs", "x-x-big5": "big5hkscs",
    "shift_jis": "cp932", "euc-jp": "euc_jp", "euc-kr": "cp949",
}  # fmt: skip
NAMES = {"big5hkscs": "big5"}

BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))

_DECLARED = re.compile(
    rb"""<(?:meta\s[^>]{0,300}?charset|\?xml\s[^>]{0,100}?encoding)\s*=\s*["']?\s*([\w.:-]{1,40})""", re.I
)

#: The most frequent characters of modern Chinese, simplified and traditional: about a third of any running text.
COMMON = frozenset(
    "的一是不了在人有我他这這个個们們中来來上大为為和国國地到以说說时時要就出会會可也你对對生能而子那得于於着著下自之年过過"
    "发發后後作里裡用道行所然家种種事成方多经經么麼去法学學如都同现現当當没沒动動面起看定天分还還进進好小部其些主样樣理心她"
    "，。、：；？！“”《》「」　"
)

#: Bad bytes that are put up with, as a share of the characters: sites cut titles in the middle of a character, which
#: leaves one bad place in a page of thousands; bytes of another charset leave one in every few.
DAMAGE = 0.001

#: How much of the data is looked at to tell binary from text, and which charset is likelier.
SAMPLE = 1 << 16


def decode(data: bytes, declared: str | None = None) -> tuple[str, str]:
    """The text of ``data`` and the charset it was read in: "utf-8", "gb18030", "big5", "utf-16-le", ...

    Args:
        data: of a page. declared: what the server said with it, where that is known; a name nobody knows is nothing.

    A byte order mark is not part of the text; NUL and other control characters are left for the caller.

    Raises:
        Unreadable: ``binary`` for bytes that are no text, ``unreadable_encoding`` for text in no known charset.
    """
    for bom, codec in BOMS:
        if data.startswith(bom):
            return _damaged(data[len(bom) :], (codec,))
    if data.startswith(b"\0") and not data.strip(b"\0"):  # what is left of a file that was never written to its end
        raise Unreadable("binary", f"the {len(data):,} bytes are no text: all of them are NUL")
    try:
        return codecs.utf_8_decode(data, "strict", False)[0], "utf-8"
    except UnicodeDecodeError:
        pass
    if data[:SAMPLE].count(0) > len(data[:SAMPLE]) // 100:
        raise Unreadable("binary", f"the {len(data):,} bytes are no text: many of them are NUL")
    said = [CODECS.get((declared or "").lower()), _declared(data)]
    likely = sorted(("gb18030", "big5hkscs"), key=lambda codec: -_common(data, codec))
    candidates = list(dict.fromkeys([codec for codec in (*said, *likely) if codec]))
    for codec in candidates:
        if (text := _strict(data, codec)) is not None:
            return text, NAMES.get(codec, codec)
    return _damaged(data, (*candidates, "utf-8"))


def _declared(data: bytes) -> str | None:
    found = _DECLARED.search(data[:4096])
    return CODECS.get(found[1].decode("ascii", "replace").lower()) if found else None


def _strict(data: bytes, codec: str) -> str | None:
    """The text, or None where a byte is wrong; a last character that is cut in two is dropped."""
    try:
        return codecs.getincrementaldecoder(codec)("strict").decode(data)
    except UnicodeDecodeError:
        return None


def _common(data: bytes, codec: str) -> float:
    """The share of common characters among those that are not ASCII."""
    text = [c for c in data[:SAMPLE].decode(codec, "replace") if c > "\x7f"]
    return sum(c in COMMON for c in text) / len(text) if text else 0.0


def _damaged(data: bytes, candidates: tuple[str, ...]) -> tuple[str, str]:
    """The reading with the fewest bad places, which stand in the text as U+FFFD for every one to see."""
    texts = [(codecs.getincrementaldecoder(codec)("replace").decode(data), codec) for codec in candidates]
    text, codec = min(texts, key=lambda read: read[0].count("\ufffd"))
    bad = text.count("\ufffd")
    if bad > DAMAGE * len(text):
        raise Unreadable(
            "unreadable_encoding",
            f"the {len(data):,} bytes are in no known charset: the best reading, {codec}, has {bad:,} bad places "
            f"in {len(text):,} characters",
        )
    return text, NAMES.get(codec, codec)
