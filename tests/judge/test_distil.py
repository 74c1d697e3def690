from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cqia.errors import UsageError
from cqia.judge import ngrams
from cqia.judge.distil import SHARES, distil, taught, tried
from cqia.judge.student import Prefiltered, Student, load, probabilities, save
from cqia.judge.verdict import VERDICTS, Verdict, frame
from cqia.schema import RECORD
from made_labels import judged, texts

pytest.importorskip("sklearn", reason="the extra distil is not installed")


@pytest.fixture(scope="module")
def student() -> Student:
    """Taught by scores: good texts have 8.5, others 4."""
    rows, good = texts(1200, slips=0.05)
    return distil(rows, good, scores=np.where(good, 8.5, 4.0), at_least=8.0)


def records(rows: pl.Series) -> pl.DataFrame:
    made = [{"id": f"r:{n}", "instruction": "", "output": text} for n, text in enumerate(rows)]
    return pl.DataFrame(made, schema=RECORD)


def test_it_learns_what_tells_good_from_poor(student: Student) -> None:
    unseen = student.facts["unseen"]
    assert unseen["accuracy"]["value"] > 0.9
    assert unseen["accuracy"]["low"] < unseen["accuracy"]["value"] < unseen["accuracy"]["high"]
    rows, good = texts(500, seed=1)
    odds = student.odds(rows)
    assert ((odds >= 0) == good).mean() > 0.97
    assert unseen["calibration_error"] < 0.1


def test_it_learns_nothing_from_noise() -> None:
    rows, _ = texts(600)
    coin = np.random.default_rng(0).random(600) < 0.5
    assert distil(rows, coin).facts["unseen"]["accuracy"]["low"] < 0.55


def test_copies_of_a_text_are_no_test_of_it() -> None:
    # Each text stands ten times, with a label of its own that nothing in it tells: seen copies would give it away.
    rows, _ = texts(103)  # no multiple of the folds: copies must meet by what they say, not by where they stand
    coin = np.random.default_rng(0).random(103) < 0.5
    found = distil(pl.concat([rows] * 10), np.tile(coin, 10))
    assert found.facts["unseen"]["accuracy"]["value"] < 0.7


def test_asking_the_judge_more_costs_less_recall(student: Student) -> None:
    costs = student.facts["unseen"]["costs"]
    recalls = [cost["recall"]["value"] for cost in costs]
    assert [cost["share"] for cost in costs] == list(SHARES)
    assert recalls == sorted(recalls, reverse=True)
    assert recalls[0] == 1.0
    assert recalls[-1] == student.facts["unseen"]["recall"]["value"]


def test_saved_and_loaded_it_is_the_same(student: Student, tmp_path: Path) -> None:
    save(student, tmp_path / "s")
    again = load(tmp_path / "s")
    rows, _ = texts(50, seed=2)
    assert again.digest == student.digest
    assert again.odds(rows).tolist() == student.odds(rows).tolist()
    assert json.loads((tmp_path / "s/student.json").read_text())["facts"] == student.facts
    save(again, tmp_path / "s")  # over itself


def test_teaching_is_repeatable() -> None:
    rows, good = texts(300)
    assert distil(rows, good).digest == distil(rows, good).digest


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda folder: shutil.rmtree(folder), "There is no student"),
        (lambda folder: (folder / "student.json").write_text("{}"), "damaged"),
        (lambda folder: (folder / "student.json").write_text("[" * 100_000), "damaged"),
        (lambda folder: (folder / "weights.parquet").write_bytes(b"PAR1"), "another file"),
        (lambda folder: (folder / "doubts.parquet").unlink(), "no student"),
        (lambda folder: edited(folder, slope=float("inf")), "damaged"),
        (lambda folder: edited(folder, gram=4), "another version"),
        (lambda folder: edited(folder, at_least=None), "damaged"),
    ],
)
def test_a_damaged_student_is_refused(spoil: object, said: str, student: Student, tmp_path: Path) -> None:
    save(student, tmp_path / "s")
    spoil(tmp_path / "s")  # type: ignore[operator]
    with pytest.raises(UsageError, match=said):
        load(tmp_path / "s")


def edited(folder: Path, **changes: object) -> None:
    manifest = json.loads((folder / "student.json").read_text())
    (folder / "student.json").write_text(json.dumps(manifest | changes))


def test_no_other_folder_is_overwritten(student: Student, tmp_path: Path) -> None:
    (tmp_path / "diary.txt").write_text("…")
    with pytest.raises(UsageError, match="no student"):
        save(student, tmp_path)


@pytest.mark.parametrize("number", [0, 1, 60])
def test_too_few_texts_teach_nothing(number: int) -> None:
    rows, _ = texts(number)
    with pytest.raises(UsageError, match="good texts"):
        distil(rows, np.ones(number, dtype=bool))


def test_as_a_judge_it_scores_on_the_scale_and_never_contradicts_itself(student: Student) -> None:
    rows, _ = texts(300, seed=3)
    verdicts = student(records(rows))
    assert verdicts.schema == VERDICTS
    assert set(verdicts["by"]) == {student.name}
    said_good = probabilities(student.odds(ngrams.of_records(records(rows)))) >= 0.5
    assert ((verdicts["score"] >= 8.0).to_numpy() == said_good).all()
    assert verdicts["score"].is_between(1, 10).all()


def test_taught_by_yes_and_no_it_does_not_judge() -> None:
    rows, good = texts(300)
    with pytest.raises(UsageError, match="knows no scores"):
        distil(rows, good)(records(rows.head(2)))


class Teacher:
    """A judge that remembers whom it was asked about."""

    name = "teacher"
    digest = "t"

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __call__(self, records: pl.DataFrame) -> pl.DataFrame:
        self.asked += records["id"].to_list()
        return frame(records["id"].to_list(), [Verdict("abstained", None, "")] * records.height, self.name)


@pytest.mark.parametrize("share", [0.0, 0.2, 1.0])
def test_the_judge_is_asked_about_whom_the_student_is_least_sure_of(share: float, student: Student) -> None:
    rows, _ = texts(400, seed=4, slips=0.05)
    teacher = Teacher()
    asked = Prefiltered(student, teacher, share)(records(rows))
    odds = np.abs(student.odds(ngrams.of_records(records(rows))))
    assert asked["id"].to_list() == records(rows)["id"].to_list()
    assert asked.filter(by="teacher")["id"].to_list() == teacher.asked
    sure = ~asked["id"].is_in(teacher.asked).to_numpy()
    if sure.any() and not sure.all():
        assert odds[~sure].max() <= odds[sure].min()
    assert len(teacher.asked) / 400 == pytest.approx(share, abs=0.15)


def test_what_is_asked_does_not_depend_on_shards(student: Student) -> None:
    rows, _ = texts(100, seed=5)
    behind = Prefiltered(student, Teacher(), 0.3)
    parts = [behind(part) for part in records(rows).iter_slices(7)]
    assert pl.concat(parts).equals(behind(records(rows)))


def test_learning_and_trying_from_labelled_rows() -> None:
    rows, good = texts(400)
    ids = [str(n) for n in range(400)]
    learned = judged(ids, [9.0 if each else 3.0 for each in good], text=rows)
    by_student = judged(["s"] * 200, [9.0] * 200, text=["学生说好"] * 200, by=["student:0"] * 200)
    student = taught(pl.concat([learned, by_student]), 8.0)
    assert student.at_least == 8.0
    assert student.facts["texts"] == 400  # what a student said teaches nothing
    other, other_good = texts(100, seed=9)
    labels = judged(ids[:110], [None] * 110, text=pl.concat([other, rows.head(10)]),
                    label=[*other_good.tolist(), *good[:10].tolist()])  # fmt: skip
    found = tried(student, labels, learned, 8.0)
    assert (found["texts"], found["also_learned"]) == (110, 10)
    with pytest.raises(UsageError, match="has no text"):
        taught(judged(["a"], [9.0]), 8.0)


@given(st.lists(st.text(max_size=60), max_size=8))
@settings(max_examples=60)
def test_any_text_is_read_the_same_for_learning_and_for_judging(rows: list[str]) -> None:
    clean = [text.encode("utf-8", "replace").decode() for text in rows]
    series = pl.Series(clean, dtype=pl.String)
    weights = np.random.default_rng(0).normal(size=ngrams.BUCKETS).astype(np.float32)
    if not clean:
        assert ngrams.margins(series, weights, 1.0).tolist() == []
        return
    counted = ngrams.matrix(series)
    expected = (counted @ weights) / np.sqrt(np.diff(counted.indptr)) + 1.0
    assert ngrams.margins(series, weights, 1.0) == pytest.approx(expected, abs=1e-4)


def test_width_case_and_white_space_say_nothing() -> None:
    weights = np.random.default_rng(0).normal(size=ngrams.BUCKETS).astype(np.float32)
    same = pl.Series(["ＡＢＣ　一二", "abc  一二", "Abc\n\t一二"])
    assert len(set(ngrams.margins(same, weights, 0.0).tolist())) == 1


def test_a_long_text_is_read_to_a_bound() -> None:
    long = pl.Series(["好" * 3000 + "一二三" * 1_000_000, "﷽" * 500_000])
    assert np.isfinite(ngrams.margins(long, np.ones(ngrams.BUCKETS, np.float32), 0.0)).all()


def test_sentences_that_people_labelled_are_learned(real_data: Path) -> None:
    """The student on real labels: 90 % of sentences it never saw, told right."""
    from cqia.judge.labels import read

    learned, other = (read(real_data / f"labels/cold/{part}.csv") for part in ("train", "dev"))
    found = tried(taught(learned, 8.0), other, learned, 8.0)
    assert found["accuracy"]["low"] >= 0.90, found
    assert found["new"]["low"] >= 0.90, found
