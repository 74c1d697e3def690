"""What a group of texts speaks of and others do not, in a few terms."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable

import polars as pl

LENGTHS = (2, 3, 4)  # characters of a term: most Chinese words have two, names and idioms up to four
#: Particles and pronouns: no term has one, so they are where a sentence can be cut without a dictionary.
PARTICLES = "的了是和与或吗呢吧啊请我你您这那么什怎如何哪就都也很并将把"
#: English words and parts of addresses that say nothing of what a text is about.
EMPTY = frozenset(
    """a an and are as at be by can com do does each for from give has have how http https if in into is it its me my no
    not of on one or org please that the their them then there these they this to using was what when where which who
    why will with would write www you your""".split()  # noqa: SIM905 - a list of eighty strings reads worse
)
LOOKED_AT = 300  # texts of the group
BESIDE = 2000  # texts of all
CHARACTERS = 60
NAMED = 3
_RUNS = re.compile(rf"[^\W\d_a-zA-Z{PARTICLES}]+|[A-Za-z][A-Za-z+#]+")


def terms(group: pl.Series, every: pl.Series) -> list[str]:
    """The terms of ``group``, best first.

    A term is rated by the share of the group's texts that have it, and how much higher that is than among all; a
    longer one is preferred to a part of it that is not more frequent.
    """
    step = max(1, len(every) // BESIDE)
    mine, all_ = _counted(group.head(LOOKED_AT)), _counted(every.gather_every(step))
    texts, beside = min(len(group), LOOKED_AT), len(every.gather_every(step))

    def rated(term: str) -> float:
        within, outside = mine[term] / texts, (all_[term] + 1) / (beside + 1)
        return within * math.log(within / outside) * math.sqrt(len(term))

    named: list[str] = []
    for term in sorted((t for t, n in mine.items() if n > 1 or texts < 4), key=lambda t: (-rated(t), t)):
        if not any(term in other or other in term or _overlap(term, other) for other in named):
            named.append(term)
        if len(named) == NAMED:
            break
    return named


def _counted(texts: Iterable[str]) -> Counter[str]:
    """In how many texts each term is."""
    found: Counter[str] = Counter()
    for text in texts:
        found.update({term for run in _RUNS.findall(text[:CHARACTERS]) for term in _terms(run)})
    return found


def _terms(run: str) -> set[str]:
    if run.isascii():
        return {run.lower()} - EMPTY
    # Only what a run begins or ends with: a window in its middle is seldom a word.
    return {part for size in LENGTHS if size <= len(run) for part in (run[:size], run[-size:])}


def _overlap(one: str, other: str) -> bool:
    """Whether the end of one is the beginning of the other, as with two windows on one phrase."""
    shorter = min(len(one), len(other))
    return any(one[-n:] == other[:n] or other[-n:] == one[:n] for n in range(1, shorter))
