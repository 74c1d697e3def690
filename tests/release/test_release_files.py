"""A release's files depend on the records, the settings and the seed, and on nothing else."""

import hashlib
import json
import os
import random
import subprocess
import sys

import polars as pl
import pytest

from cqia.errors import ReleaseError
from cqia.project import load
from cqia.publish import release
from cqia.release import files
from cqia.release.layout import SPLIT_OF, placed
from cqia.schema import PUBLISHED, RECORD
from cqia.sources.source import Published
from made import make_project, note

LAYOUT = {
    "notes": Published("notes", {"answer": "answers", "title": "titles"}),
    "forum": Published("forum", {"answer": ((8.5, "best"), (None, "rest"))}),
}


NO_SPLITS = pl.DataFrame(schema=SPLIT_OF)


def records(*rows):
    base = dict.fromkeys(RECORD) | {
        "input": "",
        "task_type": {"major": ["问答"], "minor": []},
        "domain": [],
        "human_verified": False,
        "source": "notes",
        "task": "answer",
        "metadata": "",
    }
    made = [
        base | {"id": f"{row.get('source', 'notes')}:n{n}/answer", "instruction": f"题{n}", "output": f"答\n{n}"} | row
        for n, row in enumerate(rows)
    ]
    return pl.DataFrame(made, schema=RECORD)


def written(folder, *frames, seed=42, layout=LAYOUT):
    (folder / "parts").mkdir(parents=True)
    parts = []
    for number, frame in enumerate(frames):
        parts.append(folder / "parts" / f"part-{number:05d}.parquet")
        frame.write_parquet(parts[-1])
    rows = files.write(folder / "v1", parts, layout, seed)
    return rows, {
        path.relative_to(folder / "v1").as_posix(): path.read_bytes()
        for path in (folder / "v1").rglob("*")
        if path.is_file()
    }


MANY = records(*({"source": "forum", "score": 8.0 + n % 3 * 0.5} if n % 2 else {} for n in range(300)))


@pytest.mark.parametrize("bucket_bytes", [files.BUCKET_BYTES, 2000])
def test_the_bytes_depend_neither_on_the_parts_nor_on_the_order(tmp_path, monkeypatch, bucket_bytes):
    whole = written(tmp_path / "a", MANY)
    monkeypatch.setattr(files, "BUCKET_BYTES", bucket_bytes)
    mixed = MANY.sample(fraction=1, shuffle=True, seed=random.Random(1).randrange(100))
    assert written(tmp_path / "b", mixed[:7], mixed[7:8], mixed[8:]) == whole
    assert written(tmp_path / "c", MANY, seed=7)[1] != whole[1]


def test_every_record_is_in_one_file_with_the_published_fields_and_parquet_says_the_same(tmp_path):
    rows, data = written(tmp_path, MANY)
    assert rows == {
        "forum/best.jsonl": 100,
        "forum/rest.jsonl": 50,
        "notes/answers.jsonl": 150,
        "parquet/forum.parquet": 150,
        "parquet/notes.parquet": 150,
        "register.parquet": 300,
    }
    assert data.keys() == rows.keys()
    lines = {
        name: [json.loads(line) for line in text.decode().splitlines()]
        for name, text in data.items()
        if "jsonl" in name
    }
    assert {name: len(found) for name, found in lines.items()} == {
        name: n for name, n in rows.items() if "jsonl" in name
    }
    assert all(tuple(line) == PUBLISHED for found in lines.values() for line in found)
    assert {line["instruction"] for found in lines.values() for line in found} == set(MANY["instruction"])
    for config in ("notes", "forum"):
        parquet = pl.read_parquet(tmp_path / f"v1/parquet/{config}.parquet")
        assert parquet.columns == [*PUBLISHED, "history"]
        parquet = parquet.drop("history")
        mine = {name: found for name, found in lines.items() if name.startswith(config)}
        assert parquet.height == sum(map(len, mine.values()))
        for found in mine.values():  # each file is in the table, in its order
            assert [row for row in parquet.to_dicts() if row in found] == found


def test_the_order_is_shuffled_and_an_added_record_moves_none(tmp_path):
    _, before = written(tmp_path / "a", MANY[:200])
    _, after = written(tmp_path / "b", MANY)
    old, new = (data["notes/answers.jsonl"].decode().splitlines() for data in (before, after))
    assert [line for line in new if line in set(old)] == old
    assert old != sorted(old)


@pytest.mark.parametrize("text", ['"', "\\", "a\nb\tc\u2028d", "𠮷\u0000x", "</script>", "{{}}", "\ufeff"])
def test_odd_texts_come_back_as_they_were(tmp_path, text):
    _, data = written(tmp_path, records({"output": text, "metadata": text}))
    (line,) = data["notes/answers.jsonl"].decode().split("\n")[:-1]
    assert json.loads(line)["output"] == text
    assert pl.read_parquet(tmp_path / "v1/parquet/notes.parquet")["output"].to_list() == [text]


@pytest.mark.parametrize(
    ("score", "file"),
    [
        (None, "forum/rest.jsonl"),
        (8.0, "forum/rest.jsonl"),
        (8.49, "forum/rest.jsonl"),
        (8.5, "forum/best.jsonl"),
        (10.0, "forum/best.jsonl"),
    ],
)
def test_files_by_score(score, file):
    assert placed(records({"source": "forum", "score": score}), LAYOUT, NO_SPLITS)["file"].to_list() == [file]


def test_three_bands_in_any_order():
    layout = {"forum": Published("forum", {"answer": ((8.0, "b"), (9.0, "a"), (None, "c"))})}
    frame = records(*({"source": "forum", "score": score} for score in (9.5, 9.0, 8.9, 8.0, 7.0)))
    assert placed(frame, layout, NO_SPLITS)["file"].to_list() == [f"forum/{name}.jsonl" for name in "aabbc"]


@pytest.mark.parametrize("row", [{"task": "poem"}, {"source": "elsewhere"}])
def test_a_record_without_a_place_is_refused_with_its_name(row):
    with pytest.raises(ReleaseError, match=next(iter(row.values()))):
        placed(records({}, row), LAYOUT, NO_SPLITS)


def test_nothing_to_write(tmp_path):
    assert written(tmp_path, records())[0] == {}


def test_a_release_has_the_digests_of_its_files_and_a_card_that_names_the_judge(tmp_path, inline):
    folder = make_project(tmp_path / "p", [note(n) for n in range(5)])
    made = release(load(folder), "v1")
    manifest = json.loads((made.folder / "manifest.json").read_text("utf-8"))
    on_disk = {path.relative_to(made.folder).as_posix() for path in made.folder.rglob("*") if path.is_file()}
    assert manifest["files"].keys() == on_disk - {"manifest.json"}
    for name, facts in manifest["files"].items():
        data = (made.folder / name).read_bytes()
        assert (facts["bytes"], facts["sha256"]) == (len(data), hashlib.sha256(data).hexdigest())
    assert manifest["files"]["notes/answers.jsonl"]["rows"] == 5
    assert manifest["judge"] == "heuristic"
    card = (made.folder / "README.md").read_text("utf-8")
    assert "heuristic" in card
    assert "notes/answers.jsonl" in card
    assert "parquet" not in card.split("---")[1]  # one format a config, or loading doubles the rows
    assert [path.name for path in made.folder.parent.iterdir()] == ["v1"]


RELEASE = (
    "import sys; from pathlib import Path; from cqia.project import load; from cqia.publish import release\n"
    "release(load(Path(sys.argv[1])), 'v1')"
)


def test_the_bytes_do_not_depend_on_the_number_of_threads(tmp_path):
    found = []
    for threads in ("1", "4"):
        settings = "[run]\nworkers = 1\nshard_mib = 0.003"
        folder = make_project(tmp_path / threads / "p", [note(n) for n in range(40)], toml=settings)
        environment = os.environ | {"POLARS_MAX_THREADS": threads}
        subprocess.run([sys.executable, "-c", RELEASE, str(folder)], check=True, env=environment, timeout=120)
        release_folder = folder / "releases/v1"
        found.append(
            {
                path.relative_to(release_folder): path.read_bytes()
                for path in release_folder.rglob("*")
                if path.is_file()
            }
        )
    assert found[0] == found[1]
    assert len(found[0]) == 11
