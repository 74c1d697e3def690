"""Rules of adverts: ways to get in touch off the site with their disguises, and what is on offer."""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from cqia.rules.lists import SEVERITY
from cqia.rules.rule import Rule
from cqia.rules.safety import density, listed
from cqia.text import marks

# 复制这条信息，￥Ab3dEf6hIj9￥，到【手机淘宝】: eleven letters and digits between two of a sign of money, which changes
# with the years; letters of both cases, and a digit before a letter, which no word with its number has (¥iPhone12345¥).
_TAOBAO = "|".join(f"{sign}[0-9A-Za-z]{{11}}{sign}" for sign in "￥¥€₤₳₴")
_MIXED = ("[a-z]", "[A-Z]", "[0-9][A-Za-z]")

_A_NUMBER = 10  # the weight of a number or name to write to: between a strong word and a severe one


def contact(at_most: float = 20) -> Rule:
    """At most this density of invitations to get in touch (加微信 and its disguises), with the numbers to do so.

    An account of WeChat, QQ or Telegram named as such is an invitation by itself. Telephones and mail addresses count
    only where words invite: who quotes the number of an office advertises nothing.
    """
    accounts = pl.col("pii:wechat") + pl.col("pii:qq") + pl.col("pii:telegram")
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


def _passwords(text: pl.Expr) -> pl.Expr:
    """Taobao's passwords in a text, as a list."""
    mixed = pl.all_horizontal(pl.element().str.contains(each) for each in _MIXED)
    return text.str.extract_all(_TAOBAO).list.eval(pl.element().filter(mixed))


def promotion(at_most: float = 20) -> Rule:
    """At most this density of words of selling: codes, vouchers, groups to join, links to buy by; one of Taobao's
    passwords weighs as much as a severe word."""
    text = pl.col("text")
    perhaps = (pl.col("marks:reading") & marks.AT) > 0
    passwords = _passwords(pl.when(perhaps).then(text)).list.len().fill_null(0)
    weight, _ = SEVERITY["severe"]
    rule = listed("promotion", "promotion", "advertises goods or services", at_most)
    shown = pl.concat_str(rule.detail, _passwords(text).list.first(), separator=", ", ignore_nulls=True)
    return replace(rule, value=density(pl.col("words:promotion") + weight * passwords), detail=shown)
