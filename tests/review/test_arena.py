"""Battles: blinded, balanced, seeded; and files of prompts and votes, right and wrong."""

import json
from collections import Counter
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cqia.errors import UsageError
from cqia.review.arena import Prompt, battles, joined, read_file, same_answers
from made import lines


def prompts(count, systems="甲乙丙"):
    return [
        Prompt(id=f"p{n}", instruction=f"第{n}问", answers={s: f"{s}答第{n}问" for s in systems}) for n in range(count)
    ]


@settings(max_examples=40)
@given(st.integers(1, 30), st.integers(2, 5), st.integers(0, 10**6))
def test_every_pair_once_a_prompt_and_sides_balanced(count, systems, seed):
    names = "甲乙丙丁戊"[:systems]
    made = battles(prompts(count, names), seed=seed)
    assert Counter((b.prompt, *sorted((b.first, b.second))) for b in made) == {
        (f"p{n}", *sorted(pair)): 1 for n in range(count) for pair in combinations(names, 2)
    }
    for one, other in combinations(sorted(names), 2):
        sides = [b.first == one for b in made if {b.first, b.second} == {one, other}]
        assert abs(2 * sum(sides) - len(sides)) <= 1
    order = [b.priority for b in made]
    assert order == sorted(order)


def test_however_early_people_stop_all_pairs_were_seen_equally_often():
    made = battles(prompts(20), seed=3)
    for stop in range(1, len(made)):
        seen = Counter(frozenset((b.first, b.second)) for b in made[:stop])
        counts = [seen[frozenset(pair)] for pair in combinations("甲乙丙", 2)]
        assert max(counts) - min(counts) <= 1


def test_the_seed_decides_and_the_order_of_the_prompts_does_not():
    given = prompts(20)
    assert battles(given, seed=1) == battles(given[::-1], seed=1)
    assert battles(given, seed=1) != battles(given, seed=2)


def test_equal_answers_make_no_battle_and_are_counted():
    given = [Prompt(id="p", instruction="问", answers={"甲": "同", "乙": "同", "丙": "异"})]
    assert {frozenset((b.first, b.second)) for b in battles(given, seed=1)} == {frozenset("甲丙"), frozenset("乙丙")}
    assert same_answers(given) == 1


def test_against_one_system_only():
    made = battles(prompts(4), seed=1, against="乙")
    assert all("乙" in (b.first, b.second) for b in made)
    assert len(made) == 8
    with pytest.raises(UsageError, match="No prompt has an answer of '丁'"):
        battles(prompts(1), seed=1, against="丁")


def test_later_battles_go_on_balancing():
    made = battles(prompts(3, "乙甲"), seed=1, ahead={("乙", "甲"): 3})
    assert [b.first for b in made] == ["甲", "甲", "甲"]


GOOD = {"id": "p1", "instruction": "问", "answers": {"甲": "一", "乙": "二"}}
VOTE = {"prompt": "p1", "first": "甲", "second": "乙", "winner": "tie", "judge": "丙"}


def test_prompts_and_votes_in_one_file(tmp_path):
    file = tmp_path / "a.jsonl"
    file.write_text("\ufeff" + lines([GOOD, "", VOTE]), "utf-8")
    asked, votes = read_file(file)
    assert [(where, prompt.key) for where, prompt in asked] == [(f"{file}, line 1", "p1")]
    assert [(where, vote.winner) for where, vote in votes] == [(f"{file}, line 3", "tie")]


def test_a_prompt_without_an_id_is_known_by_its_text(tmp_path):
    file = tmp_path / "a.jsonl"
    bare = {name: value for name, value in GOOD.items() if name != "id"}
    file.write_text(lines([bare, bare | {"input": "另一段"}]))
    one, other = (prompt.key for _, prompt in read_file(file)[0])
    assert one != other


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", "not JSON"),
        ("[]", "not a JSON object"),
        ("[" * 5000, "not JSON: recursion limit"),
        ('{"instruction": "\\ud800", "answers": {"甲": "一", "乙": "二"}}', "not JSON"),
        (GOOD | {"answers": {"甲": "一"}}, "answers is .* at least 2"),
        (GOOD | {"answers": {"甲": "一", "乙": 2}}, "answers.乙 is 2: .*valid string"),
        (GOOD | {"instruction": ""}, "instruction is '': .* at least 1"),
        (GOOD | {"model": "甲"}, "unknown key 'prompt.model'"),
        ({"id": "p1", "answers": GOOD["answers"]}, "instruction is missing"),
        (VOTE | {"winner": "both"}, "winner is 'both'"),
        (VOTE | {"judge": None}, "judge is None: .*valid string"),
    ],
)
def test_a_wrong_line_is_named(tmp_path, line, message):
    file = tmp_path / "a.jsonl"
    file.write_text(lines([GOOD | {"id": "p0"}, line]))
    with pytest.raises(UsageError, match=f"a.jsonl, line 2: .*{message}"):
        read_file(file)


def test_a_prompt_twice_names_both_lines(tmp_path):
    file = tmp_path / "a.jsonl"
    file.write_text(lines([GOOD, GOOD]))
    with pytest.raises(UsageError, match=r"line 2: the prompt 'p1' stands at .*line 1 already"):
        read_file(file)


def test_files_of_one_system_each_are_joined_by_what_was_asked(tmp_path):
    for name, rows in (
        ("a", [("问一", "", "甲一"), ("问二", "料", "甲二")]),
        ("b", [("问二", "料", "乙二"), ("问三", None, "乙三")]),
    ):
        examples = [{"instruction": i, "input": x, "output": o, "metadata": "id:1"} for i, x, o in rows]
        (tmp_path / name).write_text(lines(examples))
    ((where, prompt),) = joined({"甲": tmp_path / "a", "乙": tmp_path / "b"})
    assert where.endswith("a, line 2")
    assert (prompt.instruction, prompt.input, prompt.answers) == ("问二", "料", {"甲": "甲二", "乙": "乙二"})
    (tmp_path / "b").write_text(json.dumps({"instruction": "别的", "output": "答"}))
    with pytest.raises(UsageError, match="No prompt stands in two of"):
        joined({"甲": tmp_path / "a", "乙": tmp_path / "b"})
