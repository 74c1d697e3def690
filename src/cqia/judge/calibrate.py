"""A judge fitted to people: from which score may it be believed, how far, and where it is biased.

    found = calibrate(pair(labels.by_id(people), labels.by_id(judge), good_at=8.0), precision=0.9)

All intervals are of 95 %. Where rows have a ``group`` (answers to one question), whole groups are drawn, since answers
to one question are right and wrong together.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from cqia.errors import UsageError
from cqia.stats.agreement import kappa
from cqia.stats.correlation import spearman
from cqia.stats.intervals import Estimate, bootstrap, one_more, ratios, wilson

FEWEST = 50  # labels below which nothing is said: the interval of a share is then 0.28 wide and more
PARTS = 4  # into which lengths and positions are cut
LARGE = 30  # rows of a source that its bias is shown for

Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Point:
    """What stands at one score, and what a threshold there would do.

    Attributes:
        labels, good: rows with this score, and the share of them that people call good (Wilson).
        above: rows with this score or a higher one; precision: the share of them that are good, and recall: the share
            of the good that is among them (bootstrap, and never narrower than Wilson's).
    """

    score: float
    labels: int
    good: Estimate
    above: int
    precision: Estimate
    recall: Estimate

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "score": self.score, "labels": self.labels, "good": self.good.to_dict(), "above": self.above,
            "precision": self.precision.to_dict(), "recall": self.recall.to_dict(),
        }  # fmt: skip


@dataclass(frozen=True)
class Bias:
    """How far the judge overrates one part of the rows: the share of good rows that their scores stand for elsewhere,
    less the share that are good. ``by`` is length, source or position, ``part`` the range or the name."""

    by: str
    part: str
    labels: int
    overrates: Estimate

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {"by": self.by, "part": self.part, "labels": self.labels, "overrates": self.overrates.to_dict()}


@dataclass(frozen=True)
class Calibration:
    """What ``calibrate`` found.

    Attributes:
        labels: rows that people labelled and the judge scored; good: of them.
        unscored: rows that people labelled and the judge did not score, by outcome, or ``missing``.
        precision: that was wanted. threshold: the lowest score at and above which it is reached with certainty: the low
            end of the interval is no lower. None where ``refused`` says why no score is named.
        curve: a point for each score, rising: the reliability curve.
        by_source: the precision at the threshold in each source that has ``LARGE`` rows there.
        elsewhere: the precision to expect in a source that is not among them, from how much they differ: None for
            fewer than three. Where sources differ it is wide, and then no threshold holds for a source without labels.
        rank: Spearman's correlation of the judge's scores with people's, or with their labels.
        agreement: quadratically weighted kappa of the scores, where people gave scores.
        decisions: kappa of the two decisions, keep or drop, at the threshold.
        bias: by length, source and position, as far as they are known.
    """

    labels: int
    good: int
    unscored: dict[str, int]
    precision: float
    threshold: Point | None
    refused: str
    curve: tuple[Point, ...]
    by_source: tuple[tuple[str, Estimate], ...]
    elsewhere: Estimate | None
    rank: Estimate
    agreement: Estimate | None
    decisions: Estimate | None
    bias: tuple[Bias, ...]

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "labels": self.labels, "good": self.good, "unscored": self.unscored, "precision": self.precision,
            "threshold": self.threshold.to_dict() if self.threshold else None, "refused": self.refused,
            "curve": [point.to_dict() for point in self.curve],
            "by_source": [{"source": name, "precision": each.to_dict()} for name, each in self.by_source],
            "elsewhere": self.elsewhere.to_dict() if self.elsewhere else None, "rank": self.rank.to_dict(),
            "agreement": self.agreement.to_dict() if self.agreement else None,
            "decisions": self.decisions.to_dict() if self.decisions else None,
            "bias": [each.to_dict() for each in self.bias],
        }  # fmt: skip


def pair(people: pl.DataFrame, judge: pl.DataFrame, good_at: float | None = None) -> pl.DataFrame:
    """People's labels beside a judge's verdicts on the same ids.

    Args:
        people, judge: ``labels.LABELS``.
        good_at: the score from which people call a record good, for people who gave scores.

    Returns: ``id, good, people`` (score, null for labels), ``score`` (the judge's, null without), ``outcome`` (null
        where the judge never saw it), ``length, group, source, position``.

    Raises:
        UsageError: people gave scores and ``good_at`` is missing, or the two are about other ids.
    """
    if people["label"].is_null().any() and good_at is None and not people["score"].is_null().all():
        raise UsageError("The labels are scores, and nothing says which are good.", "Say it: --good-at 8")
    good = pl.coalesce("label", pl.col("score") >= pl.lit(good_at, pl.Float64))
    known = ("length", "group", "source", "position")
    labelled = people.select("id", good=good, people="score", **{name: pl.col(name) for name in known})
    labelled = labelled.filter(pl.col("good").is_not_null())
    if labelled.is_empty():
        raise UsageError("No row of the labels says what is good.", "Each needs a label (1 or 0) or a score.")
    both = labelled.join(judge.select("id", "score", "outcome", *known), on="id", how="left", maintain_order="left")
    if both["outcome"].is_null().all():
        raise UsageError(
            "The labels and the scores are about other records: they have no id in common.",
            f"Ids of the labels are like {labelled['id'][0]!r}, of the scores like "
            f"{judge['id'][0] if judge.height else None!r}.",
        )
    return both.select(
        "id", "good", "people", "score", "outcome", *(pl.coalesce(name, f"{name}_right").alias(name) for name in known)
    )


def calibrate(pairs: pl.DataFrame, precision: float = 0.9, seed: int = 0) -> Calibration:
    """Fit the threshold for a wanted precision, and say how far the judge is to be believed.

    Args:
        pairs: as ``pair`` returns them.
        precision: the share of records at and above the threshold that people are to find good.

    Raises:
        UsageError: there are fewer than ``FEWEST`` labels with a score.
    """
    scored = pairs.filter(pl.col("score").is_not_null())
    unscored = pairs.filter(pl.col("score").is_null())["outcome"].fill_null("missing").value_counts().sort("outcome")
    if scored.height < FEWEST:
        raise UsageError(
            f"{scored.height} records have both a label and a score: too few to say anything.",
            f"Have at least {FEWEST} labelled, drawn at random from what was judged, and rather some hundreds.",
        )
    score, good = scored["score"].to_numpy(), scored["good"].to_numpy()
    groups = _groups(scored) if _grouped(scored) else None
    curve = tuple(_curve(scored, np.unique(score).tolist(), seed))
    named = next((point for point in curve if point.precision.low >= precision), None)
    by_source = _by_source(scored, named)
    people = scored["people"]
    gave_scores = not people.is_null().any()
    decisions = None
    if named is not None:
        kept = score >= named.score
        decisions = bootstrap(lambda a, b: kappa(a, b, "nominal"), kept, good, groups=groups, seed=seed)
    return Calibration(
        labels=scored.height,
        good=int(good.sum()),
        unscored={str(outcome): count for outcome, count in unscored.rows()},
        precision=precision,
        threshold=named,
        refused="" if named else _refusal(curve, precision),
        curve=curve,
        by_source=by_source,
        elsewhere=_elsewhere(by_source),
        rank=bootstrap(spearman, score, people.to_numpy() if gave_scores else good, groups=groups, seed=seed),
        agreement=bootstrap(kappa, score, people.to_numpy(), groups=groups, seed=seed) if gave_scores else None,
        decisions=decisions,
        bias=tuple(_biases(scored, seed)),
    )


@dataclass(frozen=True)
class Check:
    """A threshold tried on other labels than it was fitted on: the precision there, whether it lies in the interval
    that was claimed (``claim``), and the same for each source."""

    precision: Estimate
    claim: Estimate
    claimed: bool
    sources: tuple[tuple[str, Estimate, bool], ...]

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        rows = [{"source": name, "precision": found.to_dict(), "claimed": as_claimed}
                for name, found, as_claimed in self.sources]  # fmt: skip
        return {
            "precision": self.precision.to_dict(), "claim": self.claim.to_dict(), "claimed": self.claimed,
            "sources": rows,
        }  # fmt: skip


def check(pairs: pl.DataFrame, found: Calibration, seed: int = 0) -> Check:
    """Try the threshold that was fitted on other labels.

    What is claimed of a source that was among those fitted on, and of all together where all were, is the precision's
    interval; of another source ``elsewhere``. Raises ``UsageError`` where no threshold was named.
    """
    if found.threshold is None:
        raise UsageError("There is no threshold to check.", found.refused)
    at, fitted = found.threshold.score, found.threshold.precision
    scored = pairs.filter(pl.col("score").is_not_null())
    known = {name for name, _ in found.by_source}
    names = scored["source"].drop_nulls().unique().sort().to_list()

    def claim(here: set[str]) -> Estimate:
        return fitted if here <= known or found.elsewhere is None else found.elsewhere

    def holds(precision: Estimate, claimed: Estimate) -> bool:
        return bool(claimed.low <= precision.value <= claimed.high)

    whole = _curve(scored, [at], seed)[0].precision
    each = {name: _curve(scored.filter(pl.col("source") == name), [at], seed)[0].precision for name in names}
    claimed = claim(set(names))
    sources = tuple((name, found_here, holds(found_here, claim({name}))) for name, found_here in each.items())
    return Check(whole, claimed, holds(whole, claimed), sources)


def needed(precision: float, share: float, above: float) -> int | None:
    """How many labels it takes until the interval of a precision clears the wanted one.

    Args:
        precision: wanted. share: found at the score that does best. above: the share of labels at that score and above.

    Returns: None where no number is enough, because what was found is not above what is wanted.
    """
    if share <= precision or not above:
        return None
    most = 1
    while wilson(share * most, most).low < precision:
        most *= 2
    least = most // 2
    while least + 1 < most:
        middle = (least + most) // 2
        least, most = (least, middle) if wilson(share * middle, middle).low >= precision else (middle, most)
    return max(FEWEST, math.ceil(most / above))


def _curve(scored: pl.DataFrame, at: list[float], seed: int) -> list[Point]:
    """A point for each score in ``at``."""
    score, good = scored["score"].to_numpy()[:, None], scored["good"].to_numpy()[:, None]
    above, here = score >= np.array(at), score == np.array(at)
    # Drawing rows is drawing kinds of rows, and there are few.
    kind = np.unique(np.concatenate([score, good], axis=1), axis=0, return_inverse=True)[1].ravel()
    number = _groups(scored) if _grouped(scored) else kind
    rows = np.bincount(number).astype(float)
    many = None if _grouped(scored) else rows

    def counted(flags: Flags) -> NDArray[np.float64]:
        found = np.stack([np.bincount(number, column, len(rows)) for column in flags.T], axis=1)
        return np.asarray(found if many is None else found / many[:, None], dtype=float)

    hits, all_above = counted(above & good), counted(above)
    goods = np.repeat(counted(good), len(at), axis=1)
    precision, recall = ratios(hits, all_above, many, seed=seed), ratios(hits, goods, many, seed=seed)
    return [
        Point(at[n], int(here[:, n].sum()), wilson(int((here & good)[:, n].sum()), int(here[:, n].sum())),
              int(above[:, n].sum()), precision[n], recall[n])
        for n in range(len(at))
    ]  # fmt: skip


def _grouped(rows: pl.DataFrame) -> bool:
    return not rows["group"].is_null().any()


def _groups(rows: pl.DataFrame) -> NDArray[np.int64]:
    return np.asarray(rows["group"].rank("dense").to_numpy(), dtype=np.int64) - 1


def _refusal(curve: tuple[Point, ...], precision: float) -> str:
    best = max(curve, key=lambda point: (point.precision.value, point.above))
    total = curve[0].above
    enough = [needed(precision, point.precision.value, point.above / total) for point in curve]
    if numbers := [number for number in enough if number is not None]:
        # A grouped bootstrap may want more than Wilson: then the number is the least, and it grows by what is missing.
        return (
            f"{total} labels are too few to be certain of a precision of {precision:g}: about "
            f"{max(min(numbers), total + FEWEST)} are needed, if they come out as these did."
        )
    return (
        f"No score reaches a precision of {precision:g}: the best is {best.precision} from {best.score:g} on. "
        "More labels will not mend that; a better rubric or another judge may."
    )


def _by_source(scored: pl.DataFrame, threshold: Point | None) -> tuple[tuple[str, Estimate], ...]:
    if threshold is None:
        return ()
    above = scored.filter(pl.col("score") >= threshold.score, pl.col("source").is_not_null())
    counts = above.group_by("source").agg(of=pl.len(), hits=pl.col("good").sum()).filter(pl.col("of") >= LARGE)
    return tuple((name, wilson(hits, of)) for name, of, hits in counts.sort("source").rows())


def _elsewhere(by_source: tuple[tuple[str, Estimate], ...]) -> Estimate | None:
    if len(by_source) < 3:
        return None
    shares = [each.value for _, each in by_source]
    return one_more(shares, [LARGE] * len(shares))


def _biases(scored: pl.DataFrame, seed: int) -> list[Bias]:
    """Where the judge overrates and underrates, by what is known of the rows."""
    expected = pl.col("good").cast(pl.Float64).mean().over("score")
    rows = scored.with_columns(overrated=expected - pl.col("good").cast(pl.Float64))
    found = []
    for by in ("length", "position"):
        if rows[by].n_unique() > PARTS and not rows[by].is_null().any():
            bounds = np.unique(np.quantile(rows[by].to_numpy(), np.linspace(0, 1, PARTS + 1)))
            for low, high in pairwise(bounds.tolist()):
                last = pl.col(by) <= high if high == bounds[-1] else pl.col(by) < high
                found.append(_bias(by, f"{low:g} to {high:g}", rows.filter((pl.col(by) >= low) & last), seed))
    names = rows["source"].value_counts().filter(pl.col("count") >= LARGE).drop_nulls().sort("source")["source"]
    if len(names) > 1:
        found += [_bias("source", name, rows.filter(pl.col("source") == name), seed) for name in names]
    return found


def _bias(by: str, part: str, rows: pl.DataFrame, seed: int) -> Bias:
    groups = _groups(rows) if _grouped(rows) else None
    return Bias(by, part, rows.height, bootstrap(np.mean, rows["overrated"].to_numpy(), groups=groups, seed=seed))
