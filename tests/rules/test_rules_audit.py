"""The audit of rules: rates with their intervals, on labels of our own and on real ones where they are at hand."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from cqia.errors import UsageError
from cqia.rules import adverts, safety
from cqia.rules.audit import audit, labelled
from made import Said

LABELS = (
    next(p for p in Path(__file__).resolve().parents if (p / "pyproject.toml").exists()).parent / "shared/data/labels"
)


def test_rates(tmp_path: Path) -> None:
    path = tmp_path / "train.txt"
    path.write_text("请加微信==1\n诚招代理，加盟咨询==1\n卖东西==1\n今天天气不错==0\n没有标签\n==0\n", "utf-8")
    rows = audit(path, (adverts.contact(), adverts.promotion())).rows_by_key("rule", named=True, unique=True)
    assert rows["contact"]["right"] == 1
    assert rows["any"]["texts"] == 4
    assert rows["any"]["positive"] == 3
    assert rows["any"]["recall"] == pytest.approx(2 / 3)
    assert rows["any"]["precision"] == 1
    assert rows["any"]["over_blocking"] == 0
    assert (rows["any"]["over_blocking_low"], rows["any"]["over_blocking_high"]) == (0, pytest.approx(0.7935, abs=1e-4))


def test_a_share_of_nothing_has_no_rate(tmp_path: Path) -> None:
    path = tmp_path / "train.txt"
    path.write_text("今天天气不错==0\n", "utf-8")
    row = audit(path, (adverts.contact(),)).row(0, named=True)
    assert {row[f"{rate}{end}"] for rate in ("precision", "recall") for end in ("", "_low", "_high")} == {None}


def test_labels_from_csv(tmp_path: Path) -> None:
    path = tmp_path / "dev.csv"
    path.write_text('﻿,split,label,TEXT\n1,dev,1,"坏，话"\n2,dev,0,好话\n3,dev,x,什么\n', "utf-8")
    assert labelled(path).rows() == [("坏，话", True), ("好话", False)]


@pytest.mark.parametrize("name", ["a.txt", "a.csv"])
def test_a_file_without_labels_says_what_it_should_have(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("一行字\n两行字\n", "utf-8")
    with pytest.raises(UsageError, match="label"):
        labelled(tmp_path / name)
    with pytest.raises(UsageError):
        labelled(tmp_path / f"missing-{name}")


def test_in_a_project_the_rules_have_its_bounds(cqia: Callable[..., Said], tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text("{}\n", "utf-8")
    table = '[sources.zhihu]\nraw = ["a.jsonl"]\nrules.likes.at_least = 7\nrules.contact.at_most = 1000\n'
    (tmp_path / "cqia.toml").write_text(table, "utf-8")
    rows = json.loads(cqia("rules", "-C", tmp_path, "--json").out)
    assert {row["source"] for row in rows} == {"zhihu"}
    assert next(row["at_least"] for row in rows if row["rule"] == "likes") == 7
    (tmp_path / "labels.txt").write_text("请加微信 abc12345==1\n", "utf-8")
    fired = [
        json.loads(cqia("rules", "audit", "--labels", tmp_path / "labels.txt", "--json", *where).out)[-1]["fired"]
        for where in ([], ["-C", tmp_path])
    ]
    assert fired == [1, 0]


@pytest.mark.skipif(not LABELS.exists(), reason="real labels (../shared/data/labels) are not here")
def test_real_labels() -> None:
    ads = audit(LABELS / "ads/train.txt", (adverts.contact(), adverts.promotion())).row(-1, named=True)
    assert ads["precision_low"] > 0.9
    assert ads["recall_low"] > 0.4
    assert ads["over_blocking_high"] < 0.01
    cold = audit(LABELS / "cold/dev.csv", safety.all_words()).row(-1, named=True)
    assert cold["precision_low"] > 0.85
    assert cold["recall_low"] > 0.05
    assert cold["over_blocking_high"] < 0.01
