"""Rules and word lists that a project adds to a source of ours: what they do, and what is said of wrong ones."""

from __future__ import annotations

import json
import re
from pathlib import Path

import polars as pl
import pytest

from cqia import pipeline, project
from cqia.errors import ProjectError

RULE = """import polars as pl
from cqia.rules.rule import Rule
WATER = Rule(name="water", why="says nothing of water", value=~pl.col("text").str.contains("水"), missing="keep")
"""
TOML = """[sources.zhihu]
raw = ["raw/*.jsonl"]
own_rules = "mine.py"
own_words = ["words/brands.yaml"]
rules.short.at_least = 1
rules.brands.at_most = 30
"""
ANSWERS = {
    1: "遇到冷空气，水汽凝成小水滴。",
    2: "因为冷。",
    3: "水汽凝成小水滴，我推荐某 某-牌的加湿器。",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "raw").mkdir()
    (tmp_path / "words").mkdir()
    rows = [
        {"id": n, "type": "answer", "voteup_count": 90, "question": {"id": 7, "title": "为什么？"}, "content": text}
        for n, text in ANSWERS.items()
    ]
    (tmp_path / "raw/a.jsonl").write_text("\n".join(json.dumps(row) for row in rows), "utf-8")
    (tmp_path / "words/brands.yaml").write_text("title: 品牌\nsevere: [某某牌]\n", "utf-8")
    (tmp_path / "mine.py").write_text(RULE, "utf-8")
    (tmp_path / "cqia.toml").write_text(TOML, "utf-8")
    return tmp_path


def reasons(folder: Path) -> dict[str, tuple[str | None, list[str | None]]]:
    """Of each answer why it was dropped, and what the rules that fired showed."""
    pipeline.run(project.load(folder), until="filter")
    status = pl.read_parquet(folder / "work/zhihu/filter/status/*.parquet")
    return {row["id"]: (row["reason"], [each["detail"] for each in row["fired"]]) for row in status.rows(named=True)}


def test_they_drop_and_show_what_fired_where_it_stands(folder: Path) -> None:
    assert reasons(folder) == {
        "zhihu:answer-1": (None, []),
        "zhihu:answer-2": ("water", [None]),
        "zhihu:answer-3": ("brands", ["某 某-牌@11"]),
    }


def test_a_changed_list_and_a_changed_rule_are_seen(folder: Path) -> None:
    reasons(folder)
    (folder / "words/brands.yaml").write_text("title: 品牌\nsevere: [小水滴]\n", "utf-8")
    assert reasons(folder)["zhihu:answer-1"] == ("brands", ["小水滴@10"])


def test_they_come_after_the_rules_of_the_source(folder: Path) -> None:
    names = [rule.name for rule in project.load(folder).sources["zhihu"].rules]
    assert names[-2:] == ["water", "brands"]
    assert names[0] == "likes"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('own_rules = "mine.py"', 'own_rules = "yours.py"', "there is no file .*yours.py"),
        ("words/brands.yaml", "words/brand.yaml", "There is no word list .*brand.yaml'\\.\n"),
        ("words/brands.yaml", "words", "is no word list"),
        ("rules.brands", "rules.brand", "Did you mean 'brands'"),
        ("own_words", "own_word", "Did you mean 'own_words'"),
    ],
)
def test_a_wrong_key_says_what_there_is(folder: Path, old: str, new: str, said: str) -> None:
    (folder / "cqia.toml").write_text(TOML.replace(old, new), "utf-8")
    with pytest.raises(ProjectError) as caught:
        project.load(folder)
    assert re.search(said, str(caught.value))


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("", "holds no rule.*\n.*TOPIC = Rule"),
        ("raise SystemExit", "cannot be imported: SystemExit"),
        ("value=5", "5 is no expression of Polars"),
        ('value=pl.col("txt")', "unable to find column .txt.\\.\n.*A document has id, source"),
        ('value=pl.col("text")', "yes or no .Boolean., since it has no bounds; it is String"),
        ('at_most=3, value=pl.col("text")', "a number, which its bounds are for; it is String"),
        ('value=pl.col("words:nope")', "There is no word list 'nope'"),
        ('value=pl.col("wrds:x")', "'wrds:…', which nothing measures"),
        ('value=pl.col("text").map_elements(bool, return_dtype=pl.Boolean)', "'water' calls a Python function"),
        ('value=pl.col("text").str.contains("(")', "regex"),
        ('value=pl.col("likes") > "a"', "water"),
    ],
)
def test_a_wrong_rule_says_what_is_wrong(folder: Path, rule: str, said: str) -> None:
    whole = RULE.replace('value=~pl.col("text").str.contains("水")', rule) if "=" in rule else rule
    (folder / "mine.py").write_text(whole, "utf-8")
    with pytest.raises(ProjectError) as caught:
        project.load(folder)
    assert re.search(said, str(caught.value))


def test_a_text_may_look_like_python(folder: Path) -> None:
    (folder / "mine.py").write_text(RULE.replace("value=", 'value=pl.lit(".reduce(").is_null() | '), "utf-8")
    project.load(folder)


def test_a_rule_of_two_names_is_one_rule(folder: Path) -> None:
    (folder / "mine.py").write_text(RULE.replace("WATER =", "WATER = DROUGHT ="), "utf-8")
    assert reasons(folder)["zhihu:answer-2"] == ("water", [None])


def test_a_name_that_is_taken_is_refused(folder: Path) -> None:
    (folder / "mine.py").write_text(RULE.replace('"water"', '"likes"'), "utf-8")
    with pytest.raises(ProjectError, match="a rule 'likes' already"):
        project.load(folder)


@pytest.mark.parametrize("text", ["mild: [信]", "mild: 词", "[", ""])
def test_a_wrong_list_is_told_before_anything_is_read(folder: Path, text: str) -> None:
    (folder / "words/brands.yaml").write_text(text, "utf-8")
    with pytest.raises(ProjectError, match="Source zhihu: "):
        project.load(folder)
