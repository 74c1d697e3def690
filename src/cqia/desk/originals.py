"""What was transcribed, beside what it was transcribed from: formulas and tables of a record, and their places."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlencode

from cqia.desk.rendering import link
from cqia.review.items import Item

KINDS = ("formula", "table", "scan")
MOST = 50  # originals and transcriptions of one record that are shown
_TRANSCRIBED = re.compile(
    r"\$\$[^$]{1,4000}\$\$|\$[^$\n]{1,1000}\$|\\\[[^\]]{1,4000}\\\]|\\\([^)]{1,1000}\\\)|(?:^\|[^\n]*\n?){2,200}",
    re.MULTILINE,
)


@dataclass(frozen=True)
class Original:
    """Something that was transcribed.

    Attributes:
        kind: formula, table or scan. place: where it stands, in the raw file or on the web.
        picture: the desk's own address of the page it stands on, None where there is no picture.
        address: on the web, None where it is not there.
    """

    kind: str
    place: str
    picture: str | None
    address: str | None


def originals(item: Item) -> list[Original]:
    """The places of what was transcribed in a record, each page once."""
    found: dict[str, Original] = {}
    for each in item.facts.get("media") or ():
        kind, place = str(each.get("kind")), str(each.get("url"))
        if kind in KINDS and place not in found and len(found) < MOST:
            paged = re.fullmatch(r"page=([1-9]\d{0,5})", place)
            shown = f"/record/page?{urlencode({'id': item.id, 'page': paged[1]})}" if paged else None
            found[place] = Original(kind, place, shown, link(place))
    return list(found.values())


def transcribed(item: Item) -> list[str]:
    """The formulas and tables of a record's texts, as they are written, each once."""
    texts = "\n\n".join((item.instruction, item.input, item.output))
    return list(dict.fromkeys(match[0].strip() for match in _TRANSCRIBED.finditer(texts)))[:MOST]
