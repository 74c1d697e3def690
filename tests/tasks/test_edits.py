"""Edits are recorded so that each can be undone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cqia.sources.source import Edit
from cqia.tasks.edits import edit, undone

COURTESY = Edit("courtesy", "^谢邀[，。]?", "")
PHONE = Edit("phone", "1[0-9]{10}", "〔电话〕", ("output", "input"))
DOTS = Edit("dots", "。{2,}", "……")
LONGER = Edit("longer", "好", "很好很好")


@pytest.mark.parametrize(
    ("text", "edits", "now", "names"),
    [
        ("谢邀，先说结论", [COURTESY], "先说结论", ["courtesy"]),
        ("先说谢邀，再说结论", [COURTESY], "先说谢邀，再说结论", []),
        ("打13800000000或13900000000", [PHONE], "打〔电话〕或〔电话〕", ["phone", "phone"]),
        ("谢邀。打13800000000。。。", [COURTESY, PHONE, DOTS], "打〔电话〕……", ["courtesy", "phone", "dots"]),
        ("好好", [LONGER], "很好很好很好很好", ["longer", "longer"]),
        ("", [COURTESY], "", []),
        ("谢邀", [], "谢邀", []),
    ],
)
def test_edits(text, edits, now, names):
    got, spans = edit("output", text, edits)
    assert got == now
    assert [span["name"] for span in spans] == names
    assert undone("output", got, spans) == text


def test_an_edit_is_made_in_its_own_fields_only():
    assert edit("instruction", "打13800000000", [PHONE]) == ("打13800000000", [])
    assert edit("input", "打13800000000", [PHONE])[0] == "打〔电话〕"


def test_a_pattern_that_matches_nothing_in_particular_is_no_edit():
    assert edit("output", "文", [Edit("empty", "x*", "y")]) == ("文", [])


patterns = st.sampled_from(["a", "a+", "ab", "^a", "b$", "[ab]c", "文", ".", "(?i)A", "a|bc", "c*"])
edits = st.lists(st.tuples(patterns, st.text("ab文谢", max_size=3)), max_size=4).map(
    lambda made: [Edit(f"e{number % 2}", pattern, now) for number, (pattern, now) in enumerate(made)]
)


@given(st.text("abc文\n𠮷", max_size=30), edits)
def test_undone_gives_the_original(text, edits):
    got, spans = edit("output", text, edits)
    assert undone("output", got, spans) == text
    for span in spans:
        assert span["was"]
    if got != text:
        assert spans


@given(st.text("ab", max_size=12), st.text("ab", max_size=12), edits)
def test_spans_of_two_fields_are_undone_each_by_itself(one, two, edits):
    every = [Edit(each.name, each.pattern, each.now, ("input", "output")) for each in edits]
    (new_one, spans_one), (new_two, spans_two) = edit("input", one, every), edit("output", two, every)
    both = [*spans_one, *spans_two]
    assert undone("input", new_one, both) == one
    assert undone("output", new_two, both) == two


def test_two_edits_with_one_name():
    edits = [Edit("mask", "ab", "c"), Edit("mask", "x", "y")]
    got, spans = edit("output", "abab后面", edits)
    assert got == "cc后面"
    assert undone("output", got, spans) == "abab后面"
