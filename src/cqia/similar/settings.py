"""What counts as a near duplicate, in numbers."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Settings:
    """How two texts are compared, and how like each other they must be for one of them to go.

    Likeness is the Jaccard similarity of the two sets of ``gram``-character n-grams of the normal forms
    (``similar.normal``): shared n-grams by all n-grams.

    Attributes:
        gram: characters of an n-gram. Chinese is written without spaces, so characters and not words. A word has one
            and a half on average, so five are about three words.
        values: values of a sketch. The standard error of an estimate is at most sqrt(0.25 / 128) = 0.044.
        bands, rows: a pair is looked at if all ``rows`` values agree in one of the ``bands``, which happens with
            probability 1 - (1 - J^rows)^bands: 0.12 at J = 0.35, 0.55 at 0.5, 0.988 at 0.7, 0.99995 at 0.8. Nothing
            is dropped for that alone: every such pair is compared exactly, unless too few of all its values agree
            (``agreeing``). 25 * 5 = 125 of the 128 values.
        threshold: one changed character changes five n-grams on either side, so with one change in L characters
            J = (L - 5) / (L + 5): 0.8 is one change in 45 characters, a copy that somebody touched up.
        short, short_threshold: below 50 n-grams one changed character already leaves J at most 44 / 54 = 0.82, but
            in a short text one word is the difference (the same exam question with another number, the same entry
            with another name). 0.95 is out of reach of any change inside the text; only a character or two more at
            an end pass.
        bucket: a document is compared with the first 256 of its bucket in keep order. The best of a cluster of copies
            is among them, and a boilerplate shared by the whole corpus does not cost its square. With 64, six of
            11,739 real pairs at or above the threshold were missed, all in one exam template; with 256 none.
    """

    gram: int = 5
    values: int = 128
    bands: int = 25
    rows: int = 5
    threshold: float = 0.8
    short: int = 50
    short_threshold: float = 0.95
    bucket: int = 256

    def __post_init__(self) -> None:
        if self.bands * self.rows > self.values:
            raise ValueError(
                f"{self.bands} bands of {self.rows} need {self.bands * self.rows} values of a sketch, "
                f"there are {self.values}"
            )
        if self.values & (self.values - 1) or self.values < 2:
            raise ValueError(f"the values of a sketch must be a power of two, not {self.values}")

    @property
    def fields(self) -> tuple[int, int]:
        """What a band of 64 bits keeps of a sketch: of how many of its values, and how many bits of each."""
        kept = min(self.rows, 64)
        return kept, 64 // kept

    @property
    def agreeing(self) -> int:
        """So many of the values kept in all bands agree at least where two texts are as like as ``threshold``.

        Of a billion such pairs one has fewer, by the binomial distribution: 70 of 125 at 0.8.
        """
        count, below = self.bands * self.fields[0], 0.0
        for agree in range(count):
            below += math.comb(count, agree) * self.threshold**agree * (1 - self.threshold) ** (count - agree)
            if below > 1e-9:
                return agree
        return count

    @property
    def band_columns(self) -> tuple[str, ...]:
        """The columns of a summary that hold the bands."""
        return tuple(f"b{band}" for band in range(self.bands))
