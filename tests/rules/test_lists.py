"""Word lists as files: what they may hold, and what is said about a wrong one."""

import subprocess
import sys

import pytest

from cqia.errors import UsageError
from cqia.rules import lists
from cqia.text.words import Excuse, Word


def test_braces_are_products() -> None:
    listed, ordinary = lists.words("x", 'severe: ["首{存,充}送彩金"]\nmild: [下注, 365]\nordinary: ["{天,}下注册"]')
    assert listed == [
        Word("下注", "x", 1, 1),
        Word("365", "x", 1, 1),
        Word("首存送彩金", "x", 25, 3),
        Word("首充送彩金", "x", 25, 3),
    ]
    assert ordinary == [Excuse("天下注册", "x"), Excuse("下注册", "x")]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: [", "no YAML"),
        ("[词]", "list is unknown"),
        ("serious: [词语]", "serious is unknown"),
        ("mild: 词语", "where words should be"),
        ("title: 空", "has no words"),
        ("", "unknown"),
    ],
)
def test_a_wrong_list_is_an_error_that_says_why(text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        lists.words("x", text)


def test_a_wrong_word_names_itself(tmp_path) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "x.yaml"
    path.write_text("mild: [信]\n", "utf-8")
    with pytest.raises(UsageError, match="'信'"):
        lists.matcher([str(path)])


def test_a_missing_list_names_what_exists() -> None:
    with pytest.raises(UsageError, match="Did you mean 'gambling'"):
        lists.content("gamblin")


def test_a_list_changed_on_disk_is_read_again(tmp_path) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "x.yaml"
    path.write_text("mild: [甲乙]\n", "utf-8")
    assert lists.matcher([str(path)]).words == ("甲乙",)
    path.write_text("mild: [丙丁]\n", "utf-8")
    assert lists.matcher([str(path)]).words == ("丙丁",)


def test_all_our_lists_together_can_be_matched() -> None:
    assert list(lists.matcher(lists.names()).categories) == lists.names()


GARBAGE = """
import gc, sys, weakref
from cqia.errors import UsageError
from cqia.rules import lists

class Knot:
    def __init__(self):
        self.me = self

def knot():
    return weakref.ref(Knot())

gc.disable()
before = knot()
try:
    lists.matcher([sys.argv[1]])
except UsageError:
    wrong = gc.get_freeze_count()
between = knot()
lists.matcher(["abuse"])
frozen = gc.get_freeze_count()
lists.matcher(["porn"])
still = gc.get_freeze_count()
gc.collect()
print(before(), between(), wrong, frozen > 0, still == frozen, gc.isenabled())
"""


def test_what_is_garbage_when_a_matcher_is_made_does_not_stay_with_it(tmp_path):
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text("title: 空\n", "utf-8")
    told = subprocess.run([sys.executable, "-c", GARBAGE, wrong], capture_output=True, text=True, check=True).stdout
    assert told.split() == ["None", "None", "0", "True", "True", "False"]
