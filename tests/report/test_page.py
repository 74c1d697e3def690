"""The page: valid, whole without scripts, in two languages, escaped, and with the same numbers as report.json."""

import base64
import hashlib
import json
import re

import html5lib
import polars as pl
import pytest
from made_records import made, many, row

from cqia.report import page
from cqia.report.makeup import Facts
from cqia.report.numbers import About, numbers
from cqia.report.table import TABLE
from cqia.rules.rule import Rule

HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(2)>{{ 7 * 7 }}\u2028]]>"
RULE = Rule(name="short", why="too short", value=pl.col("text").str.len_chars(), at_least=5, missing="drop")
FACTS = {"甲": Facts("甲源", "Forum", "forum", 100, ("collect", "assign", "release"))}


def about(**given):
    return About(**({"name": "试", "judge": "heuristic", "sources": FACTS, "rules": {"甲": [RULE]}} | given))


def whole(html: str) -> None:
    """That the page is valid HTML, asks for nothing from elsewhere, and stands in both languages."""
    parser = html5lib.HTMLParser(strict=True)
    parser.parse(html)
    assert not re.search(r"""(?:src|href|action|data)\s*=\s*["']?(?:https?:)?//""", html)
    assert "url(" not in html
    assert " style=" not in html
    assert len(re.findall(r'class="zh"', html)) == len(re.findall(r'class="en"', html))


DATASETS = {
    "empty": [],
    "one record": [row()],
    "one source": [row(instruction=f"第{n}个问题怎么办？") for n in range(40)],
    "many": many(150),
    "long": [row(instruction="很长的指令" * 2000, input="入" * 10_000, output="答" * 50_000)],
    "nothing said": [row(major=[], minor=[], domain=[], answer_from=None, human_verified=None)] * 3,
    "empty texts": [row(instruction="", output="")] * 2,
    "hostile": [row(source=HOSTILE, instruction=HOSTILE, output=HOSTILE, answer_from=HOSTILE, id=HOSTILE, task=HOSTILE,
                    template=HOSTILE, major=[HOSTILE], minor=[HOSTILE], domain=[HOSTILE])] * 3,
    "odd characters": [row(instruction="\x00\x01\ufeff\u202e�𠮷👩‍👩‍👧", output="\r\n\x0b\x1f\x7f\x85\ufffe\U0001ffff")],
}  # fmt: skip


@pytest.mark.parametrize("rows", DATASETS.values(), ids=DATASETS)
def test_a_page_of_any_dataset(rows):
    found = numbers(made(rows) if rows else TABLE.to_frame(), about())
    json.dumps(found, allow_nan=False)
    html = page.html(found)
    whole(html)
    assert "<script" not in html
    assert "<img" not in html
    assert ("{{ 7 * 7 }}" in html) == any(HOSTILE in each["instruction"] for each in rows)  # as it stands, not 49


def test_an_empty_dataset_says_so_and_draws_nothing():
    html = page.html(numbers(TABLE.to_frame(), About(name="空")))
    assert "这个数据集里没有记录。" in html
    assert "<svg" not in html.split('id="people"')[0]
    linked = set(re.findall(r'href="#([\w-]+)"', html))
    assert linked - set(re.findall(r'id="([\w-]+)"', html)) == set()
    assert "lengths" not in linked


def test_the_page_shows_the_numbers_of_the_json(tmp_path):
    written = page.write(tmp_path, numbers(made(many(150)), about()))
    found = json.loads((tmp_path / "report.json").read_text("utf-8"))
    html = written.read_text("utf-8")
    assert found["records"] == 150
    assert found["written"]["verified"] == 0.5
    assert "50.0%" in html
    for each in found["clusters"]:
        assert " · ".join(each["terms"]) in html
    for source in found["beginnings"]["by_source"]:
        assert f"{source['entropy']}" in html


def test_only_our_own_style_and_script_may_run():
    found = numbers(made(many(60)), about())
    found["map"] = {
        "of": 1,
        "drawn": 1,
        "by": "source",
        "series": [{"name": HOSTILE, "x": [1], "y": [2], "texts": [HOSTILE]}],
    }
    html = page.html(found)
    whole(html)
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', html)[1].replace("&#39;", "'")
    assert "default-src 'none'" in policy
    for kind, tag in (("style-src", "style"), ("script-src", "script")):
        text = re.search(rf"<{tag}>(.*?)</{tag}>", html, re.DOTALL)[1]
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{kind} 'sha256-{digest}'" in policy
    data = re.search(r'<script type="application/json" id="map-texts">(.*?)</script>', html, re.DOTALL)[1]
    assert json.loads(data) == [{"name": HOSTILE, "english": HOSTILE, "texts": [HOSTILE]}]
    assert html.count("</script>") == 2


def test_every_picture_has_a_text_and_a_table():
    html = page.html(numbers(made(many(150)), about()))
    pictures = re.findall(r"<svg[^>]*class=\"chart\"[^>]*>", html)
    assert len(pictures) >= 8
    assert all("aria-label=" in each and 'role="img"' in each for each in pictures)
    for id in ("sources", "lengths", "tasks", "variety", "faults", "people"):
        section = re.search(rf'<section id="{id}".*?</section>', html, re.DOTALL)[0]
        assert "<table>" in section, id


def test_titles_and_reasons_stand_in_both_languages():
    facts = {"zhihu": Facts("知乎", "Forum", "Developer forum", 1, ("collect",), "Zhihu")}
    rule = {"rule": "likes", "why": "too few votes", "fires": 4, "first": 4, "alone": 1}
    two = {"rules": ["likes", "short"], "both": [[4, 3], [3, 3]]}
    ruled = {"source": "zhihu", "inputs": 9, "removed": 4, "rules": [rule, {**rule, "rule": "own", "why": "own words"}]}
    judged = {
        **dict.fromkeys(("records", "scored", "abstained", "failed", "waiting", "low", "addressed"), 3), "by": {"j": 3},
        "source": "zhihu", "at_least": 8.0, "why": {}, "mean": 8.0,
        "scores": [{"score": 7.5, "records": 1}, {"score": 9.0, "records": 2}],
    }  # fmt: skip
    road = {
        "funnel": {"balanced": True, "complete": True, "faults": [], "stages": []}, "waiting": [], "audit": None,
        "rules": [{**ruled, "overlap": two}], "judged": [judged], "edited": {}, "turned_away": {},
        "spend": {"calls": 0},
    }  # fmt: skip
    html = page.html(numbers(made([row(source="zhihu")] * 3), about(sources=facts, rules={}, road=road)))
    whole(html)
    for zh, en in (("知乎", "Zhihu"), ("赞同太少", "too few votes"), ("开发者论坛", "Developer forum")):
        assert f'<span class="zh" lang="zh">{zh}</span><span class="en" lang="en">{en}</span>' in html
    assert "own words" in html
    cells = [re.sub("<[^>]*>", " ", each).split() for each in re.findall(r"<tr>.*?</tr>", html, re.DOTALL)]
    assert ["short", "3", "3"] in cells  # below the square of rules
    assert ["知乎", "Zhihu", "1", "2"] in cells  # below the pictures of scores


def test_bounds_are_shown_as_people_read_them():
    bounds = {"at_least_records": 2000, "at_most_by_machine": 0.005, "at_least_verified": 0.95}
    html = page.html(numbers(made(many(1500)), about(bounds=bounds)))
    rows = [re.sub("<[^>]*>", " ", each).split() for each in re.findall(r"<tr><th scope=\"row\">.*?</tr>", html)]
    shown = {row[row.index(each) :][1] + " " + " ".join(row[row.index(each) :][2:4]) for row in rows for each in bounds
             if each in row}  # fmt: skip
    assert "1,500 ≥ 2,000" in shown
    assert {each.split(" ", 1)[1] for each in shown} == {"≥ 2,000", "≤ 0.50%", "≥ 95.0%"}


def test_another_dataset_on_the_map_is_called_as_the_project_calls_it():
    found = numbers(made(many(60)), about())
    series = [{"name": name, "x": [1], "y": [2], "texts": ["问"]} for name in ("试", "甲")]
    html = page.html(found | {"map": {"of": 2, "drawn": 2, "by": "dataset", "series": series}})
    key = re.search(r'<ul class="key">.*?</ul>', html, re.DOTALL)[0]
    assert "甲源" not in key
    data = re.search(r'<script type="application/json" id="map-texts">(.*?)</script>', html, re.DOTALL)[1]
    assert [each["name"] for each in json.loads(data)] == ["试", "甲"]


def test_without_a_fault_there_are_no_examples():
    assert "例子" not in page.html(numbers(made([row()]), about(rules={})))


def test_the_same_numbers_give_the_same_page():
    table = made(many(100))
    assert page.html(numbers(table, about())) == page.html(numbers(table, about()))
