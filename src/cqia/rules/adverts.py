"""Rules of adverts: ways to get in touch off the site with their disguises, and what is on offer."""

from __future__ import annotations

import polars as pl

from cqia.rules.rule import Rule
from cqia.rules.safety import density

_NUMBERS = ("mobile", "landline", "wechat", "qq", "email")
_A_NUMBER = 10  # weight of a number or name to write to beside the words that ask one to: between strong and severe


def contact(at_most: float = 20) -> Rule:
    """At most this density of invitations to get in touch (加微信 and its disguises), numbers to do so included.

    Numbers count only where words invite: a reader who quotes the number of an office advertises nothing.
    """
    inviting = pl.col("words:contact")
    numbers = pl.sum_horizontal(pl.col(f"pii:{kind}") for kind in _NUMBERS) * _A_NUMBER
    weight = pl.when(inviting > 0).then(inviting + numbers).otherwise(0)
    return Rule(name="contact", why="invites to get in touch off the site",
                value=density(weight), at_most=at_most, missing="keep",
                detail=pl.concat_str("found:contact", "found:pii", separator=", ", ignore_nulls=True))


def promotion(at_most: float = 20) -> Rule:
    """At most this density of words of selling: codes, vouchers, groups to join, links to buy by."""
    return Rule(name="promotion", why="advertises goods or services", value=density(pl.col("words:promotion")), at_most=at_most,
                missing="keep", detail=pl.col("found:promotion"))
