"""Pictures: well-formed whatever the numbers and names, true to them, with a text that stands for each."""

import itertools
import math
import re
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cqia.report.charts import svg
from cqia.report.charts.bars import Bar, bars, columns
from cqia.report.charts.heat import heat
from cqia.report.charts.ranges import Range, ranges
from cqia.report.charts.sankey import sankey
from cqia.report.charts.scatter import dots, scatter
from cqia.report.charts.sunburst import Slice, sunburst

#: What XML can hold at all; the page writes no other characters.
NAMES = st.text(st.characters(exclude_categories=("Cc", "Cs", "Cn")), max_size=12)
COUNTS = st.integers(0, 10**9)
HOSTILE = '</svg><script>alert(1)</script>" onload="x'


def parsed(picture: str) -> ElementTree.Element:
    """The picture as XML; it has a text that stands for it, and no script."""
    root = ElementTree.fromstring(picture)
    assert root.get("role") == "img"
    assert " / " in (root.get("aria-label") or "")
    tags = {element.tag.rpartition("}")[2] for element in root.iter()}
    assert tags <= {"svg", "g", "path", "rect", "line", "circle", "text", "title"}
    assert not any(name.startswith("on") for element in root.iter() for name in element.attrib)
    numbers = re.findall(r"-?\d+\.?\d*|nan|inf", " ".join(element.get("d", "") for element in root.iter()))
    assert all(math.isfinite(float(number)) for number in numbers)
    return root


@given(st.lists(st.tuples(NAMES, st.sampled_from([*svg.KIND]), COUNTS), max_size=25))
def test_sunbursts(slices):
    picture = sunburst([Slice(name, name, kind, kind, n) for name, kind, n in slices], "来源", "Sources")
    paths = [e for e in parsed(picture).iter() if e.get("stroke") == "#fff" and e.tag.endswith("path")]
    shown = [each for each in slices if each[2]]
    assert len(paths) == len(shown) + len({kind for _, kind, _ in shown})


@given(st.lists(st.tuples(NAMES, COUNTS), max_size=20))
def test_bars(rows):
    root = parsed(bars([Bar(name, name, n, str(n)) for name, n in rows], "条", "Bars"))
    widths = [float(e.get("width", 0)) for e in root.iter() if e.tag.endswith("rect") and list(e)]
    most = max((n for _, n in rows), default=0)
    for (_, n), width in zip(rows, widths, strict=True):
        assert (width == 0) == (n == 0)
        if n == most and n:
            assert width == max(widths)


def test_what_stands_beside_a_bar_stays_in_the_picture():
    drawn = parsed(bars([Bar("问答", "Q", 1, "1,000,000　100.0%"), Bar("少", "few", 0.1, "1")], "条", "Bars"))
    (label,) = [e for e in drawn.iter() if (e.text or "").startswith("1,000,000")]
    assert float(label.get("x")) + 12 * svg.wide("1,000,000　100.0%") <= float(drawn.get("width"))


@given(st.lists(COUNTS, max_size=60), st.lists(st.floats(0, 100), max_size=5))
def test_columns(counts, marks):
    names = [str(n) for n in range(len(counts))]
    parsed(columns(counts, names, "柱", "Columns", marks=[(mark, f"{mark:.0f}") for mark in marks]))


@pytest.mark.parametrize("at", [0, 30, 60])
def test_the_label_of_a_mark_stays_in_the_picture(at):
    drawn = columns([1] * 50, [""] * 50, "柱", "Columns", marks=[(at, "95% 1,234,567")])
    (label,) = [e for e in parsed(drawn).iter() if (e.text or "").startswith("95%")]
    half = svg.wide("95% 1,234,567") * 11 / 2
    assert half <= float(label.get("x")) <= 480 - half


@given(st.lists(st.tuples(NAMES, st.lists(COUNTS, min_size=5, max_size=5).map(sorted)), max_size=12))
def test_ranges(rows):
    parsed(ranges([Range(name, name, tuple(at), svg.INK) for name, at in rows], "长度", "Lengths"))


@given(
    st.integers(0, 8).flatmap(
        lambda n: st.lists(st.lists(st.floats(0, 1), min_size=n, max_size=n), min_size=n, max_size=n)
    )
)
def test_heat(shares):
    names = [f"名{n}" for n in range(len(shares))]
    parsed(heat([(name, name) for name in names], shares, [[f"{v:.1f}" for v in row] for row in shares], "热", "Heat"))


def stage(
    source: str, name: str, taken: int, dropped: dict[str, int], pending: int = 0, out: int | None = None
) -> dict:
    left = taken - sum(dropped.values()) - pending
    return {"source": source, "stage": name, "in": taken, "dropped": dropped, "quarantined": 0, "pending": pending,
            "out": left if out is None else out}  # fmt: skip


def test_a_funnel_shows_every_number():
    rows = [
        stage("甲", "collect", 10, {}, out=30), stage("甲", "filter", 30, {"likes": 12, "short": 3}),
        stage("甲", "assign", 15, {}),
        stage("乙", "collect", 5, {"same_id": 1}), stage("乙", "assign", 4, {}, pending=2),
    ]  # fmt: skip
    root = parsed(sankey(rows, {"甲": "Forum"}, {"甲": ("甲源", "A"), "乙": ("乙源", "B")}))
    texts = [e.text for e in root.iter() if e.tag.endswith("text")]
    for shown in ("15", "34", "19", "17", "甲源", "A"):
        assert shown in texts, shown
    below = list(itertools.pairwise(texts))  # a reason and, below it, its number
    assert {("likes", "12"), ("short", "3"), ("same_id", "1"), ("pending", "2")} <= set(below)
    assert root.get("aria-label") == "漏斗图：采集 15，过滤 34，指派 19 / Funnel: collect 15, filter 34, assign 19"


@given(
    st.lists(
        st.tuples(st.sampled_from(["a", "b"]), st.sampled_from(["collect", "filter", "judge"]), COUNTS),
        unique_by=lambda r: r[:2],
    )
)
def test_funnels_of_any_numbers(rows):
    parsed(sankey([stage(source, name, n, {"r": n // 3}) for source, name, n in rows], {}, {}))


def test_what_names_hold_is_escaped():
    bad = HOSTILE
    pictures = (
        sunburst([Slice(bad, bad, "Forum", bad, 3)], bad, bad),
        bars([Bar(bad, bad, 1, bad)], "", " / "),
        sankey([stage(bad, "filter", 9, {bad: 4})], {}, {bad: (bad, bad)}),
        heat([(bad, bad)], [[1.0]], [[bad]], "", ""),
        columns([1], [bad], "", "", marks=[(0, bad)]),
        ranges([Range(bad, bad, (1, 2, 3, 4, 5), svg.INK)], "", ""),
    )
    for picture in pictures:
        assert "<script" not in picture
        parsed(picture)


def test_the_map_has_every_point():
    series = [{"name": "甲", "x": [1, 2, 3], "y": [4, 5, 6]}, {"name": "乙", "x": [0], "y": [1000]}]
    assert dots([1, 2], [3, 4]) == "M1 3h0M2 4h0"
    paths = {
        e.get("data-series"): e.get("d")
        for e in parsed(scatter(series, "图", "Map")).iter()
        if e.get("class") == "dots"
    }
    assert paths == {"0": "M1 4h0M2 5h0M3 6h0", "1": "M0 1000h0"}


@pytest.mark.parametrize(
    ("end", "want"), [(0, [0]), (10, [0, 2, 4, 6, 8, 10]), (3, [0, 1, 2, 3]), (4000, [0, 1000, 2000, 3000, 4000])]
)
def test_ticks_are_round(end, want):
    assert svg.ticks(end) == want


@given(st.floats(0.1, 1e9), st.integers(2, 10))
def test_ticks_stay_below_the_end(end, count):
    found = svg.ticks(end, count)
    assert found[0] == 0
    assert found[-1] <= end * 1.0001
    assert len(found) <= count + 1


@pytest.mark.parametrize(
    ("text", "ems", "want"),
    [
        ("短", 5, "短"),
        ("一二三四五六", 4, "一二三…"),
        ("abcdef", 3, "abc…"),
        ("", 1, ""),
        ("zh-data-part-01", 8, "zh-dat…art-01"),
        ("a-b", 0, "a…b"),
        ("near_duplicate", 6, "near_dup…"),
    ],
)
def test_cutting_to_a_width(text, ems, want):
    assert svg.cut(text, ems) == want
