"""The pictures: well-formed, nothing in them runs, and the bars are as long as the numbers say."""

import math
from xml.etree import ElementTree

import pytest

from cqia.review.arena_chart import bars, dots
from cqia.review.standings import Pair
from cqia.stats.intervals import Estimate

SVG = "{http://www.w3.org/2000/svg}"
PAIRS = [
    Pair("甲", "乙", 50, 30, 20),
    Pair("甲", "丙丁戊己庚辛壬癸子丑寅卯辰巳", 1, 0, 99),
    Pair("甲", "无人", 0, 0, 0),
]


def drawn(text):
    tree = ElementTree.fromstring(text)
    assert not [
        each.tag for each in tree.iter() if each.tag.removeprefix(SVG) in ("script", "foreignObject", "image", "a")
    ]
    names = {name for each in tree.iter() for name in each.attrib}
    assert not [name for name in names if name.startswith("on") or name in ("style", "href")]
    return tree


def test_bars_are_shares():
    tree = drawn(bars(PAIRS))
    heights = {float(each.get("y")) for each in tree.iter(f"{SVG}rect") if each.get("height") == "22"}
    rows = [[float(each.get("width")) for each in tree.iter(f"{SVG}rect") if each.get("y") == f"{y:.0f}"
             and each.get("height") == "22"] for y in sorted(heights)]  # fmt: skip
    whole = sum(rows[0])
    assert rows[0] == pytest.approx([whole * share for share in (0.5, 0.3, 0.2)], abs=0.2)
    assert rows[1] == pytest.approx([whole * 0.01, 0, whole * 0.99], abs=0.2)
    assert rows[2] == [0, 0, 0]
    words = [each.text for each in tree.iter(f"{SVG}text")]
    assert "50.0%" in words
    assert "1.0%" not in words  # no room for it
    assert "丙丁戊己庚辛壬癸子丑寅卯…" in words
    assert "乙: 50 胜 win, 30 平 tie, 20 负 loss" in tree.find(f"{SVG}desc").text


def test_dots_stand_within_their_intervals_and_some_have_none():
    tree = drawn(dots([("强", Estimate(0.8, 0.5, 1.1)), ("弱", Estimate(-0.8, math.nan, math.nan))]))
    lines = [each for each in tree.iter(f"{SVG}line") if each.get("stroke-width")]
    (dot, _) = tree.iter(f"{SVG}circle")
    assert float(lines[0].get("x1")) < float(dot.get("cx")) < float(lines[0].get("x2"))
    assert len(lines) == 1
    assert "nan" not in dots([("单", Estimate(0.0, math.nan, math.nan))])


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", "a&b", '" onload="x', "\x00\x08\u202e反", "]]>", ""])
def test_names_are_only_text(name):
    tree = drawn(bars([Pair(name, name, 1, 1, 1)]))
    drawn(dots([(name, Estimate(0.0, -1.0, 1.0))]))
    assert "script" not in {each.tag for each in tree.iter()}
