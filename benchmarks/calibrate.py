"""A recorded judge beside people: GPT-4's stars and people's for the same answers (LLMEval-2).

    python benchmarks/calibrate.py FOLDER OUT

FOLDER holds ``human-score/`` and ``gpt-score/``, a JSON file for each subject. Into OUT go the files that the commands
take: ``people.jsonl`` and ``judge.jsonl``, and of the people's ``three.jsonl`` and ``others.jsonl``, three subjects and
the other three. Then the figures of docs/calibrate.md and docs/judge.md are printed: how well the two agree, and the
heuristic with people, and whether what is claimed of a threshold comes true on other questions and in other subjects.
"""

from __future__ import annotations

import argparse
import itertools
import json
from pathlib import Path

import numpy as np
import polars as pl

from cqia.judge.calibrate import calibrate, check, pair
from cqia.judge.compare import Agreement, compare
from cqia.judge.heuristic import score
from cqia.judge.labels import by_id
from cqia.stats.correlation import spearman

# Stars of an answer to a question of either type: the least and the most that there are.
STARS = {"A": (2, 5), "B": (4, 14)}
GOOD_AT = 7.0  # of 10: two thirds of the stars that can be had
THREE = ("Biological_Science", "Chinese_Language_and_Literature", "Medicine")
SPLITS = 40


def written(folder: Path, who: str, to: Path, only: tuple[str, ...] | None = None) -> None:
    """Stars as scores from 1 to 10: the share of those that could be had, in half points."""
    with to.open("w", encoding="utf-8") as file:
        for path in sorted((folder / who).glob("*.json")):
            subject = path.stem.removesuffix("_data")
            if only is not None and subject not in only:
                continue
            for row in json.loads(path.read_text("utf-8")):
                stars = sum(row["stars"].values())
                least, most = STARS[row["type"]]
                if stars < least:
                    continue  # eleven answers that people gave no star at all: nobody judged them
                score = round((1 + 9 * (stars - least) / (most - least)) * 2) / 2
                *_, question, answer = (turn["content"] for turn in row["dialog"])
                line = {"id": row["dialog_uuid"], "score": score, "group": row["question_uuid"], "source": subject,
                        "instruction": question, "output": answer}  # fmt: skip
                file.write(json.dumps(line, ensure_ascii=False) + "\n")


def raw_stars(folder: Path) -> float:
    """The rank correlation of the bare stars, the two types of questions in one column."""
    columns = []
    for who in ("human-score", "gpt-score"):
        rows = [row for path in sorted((folder / who).glob("*.json")) for row in json.loads(path.read_text("utf-8"))]
        columns.append({row["dialog_uuid"]: sum(row["stars"].values()) for row in rows})
    people, judge = columns
    ids = sorted(people.keys() & judge.keys())
    return spearman([people[id] for id in ids], [judge[id] for id in ids])


def heuristic(out: Path) -> Agreement:
    """The heuristic, by the rubric of exams, beside people."""
    said = score(pl.read_ndjson(out / "people.jsonl").with_columns(input=pl.lit("")), "exam")
    said.write_ndjson(out / "heuristic.jsonl")
    return compare(by_id(out / "people.jsonl"), by_id(out / "heuristic.jsonl"))


def other_questions(both: pl.DataFrame, precision: float) -> tuple[int, int]:
    """Fitted on half of the questions, tried on the other half: how often a threshold is named, and how often the
    precision lies in the interval that is claimed."""
    questions = both["group"].unique().sort()
    named = held = 0
    for seed in range(SPLITS):
        half = questions.gather(np.random.default_rng(seed).permutation(len(questions))[: len(questions) // 2])
        inside = pl.col("group").is_in(half.implode())
        found = calibrate(both.filter(inside), precision)
        if found.threshold is not None:
            tried = check(both.filter(~inside), found)
            claim = found.threshold.precision
            named, held = named + 1, held + (claim.low <= tried.precision.value <= claim.high)
    return named, held


def other_subjects(both: pl.DataFrame, precision: float) -> None:
    """Fitted on three subjects, tried on the other three, in all twenty ways."""
    subjects = sorted(both["source"].unique())
    named = narrow = held = one_by_one = 0
    for chosen in itertools.combinations(subjects, 3):
        inside = pl.col("source").is_in(chosen)
        found = calibrate(both.filter(inside), precision)
        if found.threshold is None:
            print(f"  {', '.join(chosen)}: none named")
            continue
        tried = check(both.filter(~inside), found)
        claim = found.threshold.precision
        named += 1
        narrow += claim.low <= tried.precision.value <= claim.high
        held += tried.claimed
        one_by_one += sum(claimed for *_, claimed in tried.sources)
        print(f"  {', '.join(chosen)}: from {found.threshold.score:g} on {claim}; elsewhere {found.elsewhere}; "
              f"found {tried.precision}, {'as' if tried.claimed else 'NOT as'} claimed")  # fmt: skip
    print(f"other subjects, precision {precision:g}: named {named} of 20; the others' lies in the interval for the "
          f"sources fitted on {narrow} times, in that for other sources {held} times, subject by subject {one_by_one} "
          f"of {3 * named}")  # fmt: skip


def main() -> None:
    """Writes the files and prints the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("out", type=Path)
    chosen = parser.parse_args()
    out: Path = chosen.out
    out.mkdir(parents=True, exist_ok=True)
    subjects = tuple(path.stem.removesuffix("_data") for path in sorted((chosen.folder / "human-score").glob("*.json")))
    written(chosen.folder, "gpt-score", out / "judge.jsonl")
    written(chosen.folder, "human-score", out / "people.jsonl")
    written(chosen.folder, "human-score", out / "three.jsonl", THREE)
    written(chosen.folder, "human-score", out / "others.jsonl", tuple(set(subjects) - set(THREE)))
    people, judge = by_id(out / "people.jsonl"), by_id(out / "judge.jsonl")
    found = compare(people, judge)
    print(f"{found.both} answers: rank correlation {found.rank}, weighted kappa {found.agreement}; of the bare stars, "
          f"both types of questions in one column, {raw_stars(chosen.folder):.3f}")  # fmt: skip
    form = heuristic(out)
    print(f"the heuristic with people, {form.both} answers: rank correlation {form.rank}", flush=True)
    both = pair(people, judge, GOOD_AT)
    named, held = other_questions(both, 0.7)
    print(f"other questions, precision 0.7: named {named} of {SPLITS}, as claimed {held}", flush=True)
    other_subjects(both, 0.75)


if __name__ == "__main__":
    main()
