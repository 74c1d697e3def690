"""Rules of adverts: ways to get in touch off the site with their disguises, and what is on offer."""

from __future__ import annotations

import polars as pl

from cqia.rules.rule import Rule
from cqia.rules.safety import density, listed

_A_NUMBER = 10  # the weight of a number or name to write to: between a strong word and a severe one


def contact(at_most: float = 20) -> Rule:
    """At most this density of invitations to get in touch (加微信 and its disguises), with the numbers to do so.

    A WeChat or QQ account named as such is an invitation by itself. Telephones and mail addresses count only where
    words invite: who quotes the number of an office advertises nothing.
    """
    accounts = pl.col("pii:wechat") + pl.col("pii:qq")
    lines = pl.col("pii:mobile") + pl.col("pii:landline") + pl.col("pii:email")
    words = pl.col("words:contact")
    weight = words + _A_NUMBER * (accounts + pl.when(words > 0).then(lines).otherwise(0))
    return Rule(
        name="contact",
        why="invites to get in touch off the site",
        value=density(weight),
        at_most=at_most,
        missing="keep",
        detail=pl.concat_str("found:contact", "found:pii", separator=", ", ignore_nulls=True),
    )


def promotion(at_most: float = 20) -> Rule:
    """At most this density of words of selling: codes, vouchers, groups to join, links to buy by."""
    return listed("promotion", "promotion", "advertises goods or services", at_most)
