"""What the licence statements of sources amount to.

A source states its licence in words, clause by clause, with ``;`` between them. It is *known* if every clause names a
licence of the table below and none speaks of doubt; anything else is *unknown*, and is not published without somebody
taking that on by the source's name. Nothing is guessed: "none stated" and "belongs to its author" are unknown.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any


@dataclass(frozen=True)
class Licence:
    """A licence by its SPDX name.

    Attributes:
        hub: its name on the Hub. pattern: how statements name it.
        credit: whether the authors must be named. commercial: whether commercial use is allowed.
        share_alike: whether what is made of it must stand under the same licence.
        derivatives: whether changed copies may be passed on.
    """

    spdx: str
    hub: str
    pattern: str
    credit: bool = True
    commercial: bool = True
    share_alike: bool = False
    derivatives: bool = True


#: The more particular first: what was found is not looked for again in the same place. A group in a pattern is the
#: version, which then ends both names; a Creative Commons licence that does not say its version has no name on the Hub.
_VERSION = r"(?:[- ]?v?(\d\.\d))?"
LICENCES = (
    Licence("CC-BY-NC-SA", "cc-by-nc-sa", rf"CC[- ]BY[- ]NC[- ]SA{_VERSION}", commercial=False, share_alike=True),
    Licence("CC-BY-NC-ND", "cc-by-nc-nd", rf"CC[- ]BY[- ]NC[- ]ND{_VERSION}", commercial=False, derivatives=False),
    Licence("CC-BY-NC", "cc-by-nc", rf"CC[- ]BY[- ]NC{_VERSION}", commercial=False),
    Licence("CC-BY-ND", "cc-by-nd", rf"CC[- ]BY[- ]ND{_VERSION}", derivatives=False),
    Licence("CC-BY-SA", "cc-by-sa", rf"CC[- ]BY[- ]SA{_VERSION}", share_alike=True),
    Licence("CC-BY", "cc-by", rf"CC[- ]BY{_VERSION}"),
    Licence("CC0-1.0", "cc0-1.0", r"CC[- ]?0(?:[- ]?1\.0)?", credit=False),
    Licence("Apache-2.0", "apache-2.0", r"Apache(?:[- ]Licen[cs]e)?[- ,]*(?:Version )?2(?:\.0)?"),
    Licence("MIT", "mit", r"MIT"),
    Licence("BSD-3-Clause", "bsd-3-clause", r"BSD-3-Clause"),
    Licence("BSD-2-Clause", "bsd-2-clause", r"BSD-2-Clause"),
    Licence("GPL-3.0-only", "gpl-3.0", r"GPL[- ]?v?3(?:\.0)?(?:-only)?", share_alike=True),
    Licence("ODC-By-1.0", "odc-by", r"ODC[- ]BY(?:[- ]1\.0)?"),
    Licence("ODbL-1.0", "odbl", r"ODbL(?:[- ]1\.0)?", share_alike=True),
    Licence("Unlicense", "unlicense", r"Unlicense", credit=False),
    Licence("LicenseRef-public-domain", "other", r"public domain|公有领域|公版", credit=False),
)

#: What makes a clause doubtful whatever else it names.
DOUBT = re.compile(
    r"\bnot?\b|none (?:is )?stated|states? none|unknown|forbid|consent|all rights reserved|fair use|none granted"
    r"|belongs? to|non-?commercial learning"
    r"|没有|未注明|未说明|未标明|未知|不明|禁止|版权所有|保留所有权利|需.*同意|归.*所有",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Terms:
    """What a statement amounts to: the licences it names, and the clauses that leave doubt."""

    statement: str
    licences: tuple[Licence, ...]
    doubts: tuple[str, ...]

    @property
    def known(self) -> bool:
        """Whether every clause names a licence, and none leaves doubt."""
        return bool(self.licences) and not self.doubts

    def to_dict(self) -> dict[str, Any]:
        """As ``licences.json`` holds it."""
        named = [licence.spdx for licence in self.licences]
        return {"licence": self.statement, "known": self.known, "named": named, "doubts": list(self.doubts)} | (
            {
                "credit": any(each.credit for each in self.licences),
                "commercial": all(each.commercial for each in self.licences),
                "share_alike": any(each.share_alike for each in self.licences),
                "derivatives": all(each.derivatives for each in self.licences),
            }
            if self.known
            else {}
        )


def terms(statement: str) -> Terms:
    """What a licence statement amounts to."""
    found: list[Licence] = []
    doubts: list[str] = []
    for clause in (part.strip() for part in re.split("[;；]", statement)):
        if not clause:
            continue
        named = _named(clause)
        found += [licence for licence in named if licence not in found]
        if not named or DOUBT.search(clause):
            doubts.append(clause)
    return Terms(statement, tuple(found), tuple(doubts))


def _named(clause: str) -> list[Licence]:
    named: list[Licence] = []
    for licence in LICENCES:
        pattern = re.compile(rf"(?<![A-Za-z0-9])(?:{licence.pattern})(?![A-Za-z0-9])", re.IGNORECASE)
        for match in pattern.finditer(clause):
            if pattern.groups and match[1]:
                named.append(replace(licence, spdx=f"{licence.spdx}-{match[1]}", hub=f"{licence.hub}-{match[1]}"))
            else:
                named.append(replace(licence, hub="other") if pattern.groups else licence)
        clause = pattern.sub("\0", clause)
    return list(dict.fromkeys(named))


def hub_licence(every: Sequence[Terms]) -> str:
    """The Hub's name for the licence of a dataset: that of all its sources if it is one, ``other`` for several,
    ``unknown`` where one of them is."""
    if not every or not all(each.known for each in every):
        return "unknown"
    names = {licence.hub for each in every for licence in each.licences}
    return names.pop() if len(names) == 1 else "other"
