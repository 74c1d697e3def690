"""COIG's inspection of a batch of records, in two stages.

    first     every case is checked; the batch goes on if the share of correct ones reaches the pass mark (0.95)
    second    experts check a sample (200 cases, drawn by seed); it passes only if all of them are correct
    passed, failed

One wrong case of the sample fails the batch at once. A failed batch goes back to the annotators, and comes again for
another round: all of it is checked anew, and another sample is drawn. (COIG, section 3; as its readers tell it, the
translated part passed its first stage with 97.24 % and the exam part with 98.20 %.)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from cqia.schema import digest
from cqia.stats.intervals import Estimate, wilson

PASS_MARK = 0.95  # COIG's; reached is passed
SAMPLE = 200  # COIG's

#: In the place of an action, of a record whose batch has not passed: it is decided and under inspection, or its batch
#: has failed and it must be decided again.
HELD = ("in_inspection", "needs_review")

Stage = Literal["first", "second", "passed", "failed"]


@dataclass(frozen=True)
class Checks:
    """What came of one stage of one round.

    Attributes:
        of: cases to check. checked: those that were. wrong: those found wrong.
    """

    of: int
    checked: int
    wrong: int

    @property
    def correct(self) -> Estimate:
        """The share of correct cases among those checked, with Wilson's interval."""
        return wilson(self.checked - self.wrong, self.checked)

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {"of": self.of, "checked": self.checked, "wrong": self.wrong, "correct": self.correct.to_dict()}


def after(stage: Stage, checks: Checks, pass_mark: float = PASS_MARK) -> Stage:
    """The stage that a batch is in once its current stage has come to ``checks``."""
    if stage == "first" and checks.checked == checks.of:
        return "second" if (checks.checked - checks.wrong) / checks.of >= pass_mark else "failed"
    if stage == "second":
        return "failed" if checks.wrong else "passed" if checks.checked == checks.of else "second"
    return stage


def sample(ids: Sequence[str], size: int, *, seed: int, round: int) -> list[str]:
    """The cases that experts check: ``size`` of them, or all where there are fewer; another draw in another round."""
    return sorted(ids, key=lambda id: digest(str(seed), str(round), id))[:size]
