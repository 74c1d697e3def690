"""A record keeps its split for ever, and near duplicates never straddle one."""

import json

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cqia.project import load
from cqia.publish import release
from cqia.release import splits
from cqia.release.layout import SPLITS
from cqia.release.register import ID, register
from cqia.similar.pairs import Pairs
from cqia.stages import release as stage
from made import OWN, counted, make_project, note

SHARES = """[release]
splits = {train = 0.6, validation = 0.2, test = 0.2}
[run]
shard_mib = 0.004
[review]
require = "none"
"""

TALE = (
    "北风把湖面吹皱的那天早晨，摆渡的老人照例把船拴在第三根木桩上，点起一袋烟，等头一个过河的客人。"
    "客人来的时候带着两筐橘子，一只鸭子，还有一封写给对岸学堂的信，信封上的墨迹被露水洇开了一角。"
)


def told(folder, version):
    """Split by id, as the register has it; checked against the files."""
    frame = register(folder / "releases" / version).collect()
    for file, rows in frame.group_by("file"):
        path = folder / "releases" / version / str(file[0])
        lines = [json.loads(line)["metadata"] for line in path.read_text("utf-8").splitlines()]
        ids = pl.DataFrame({"metadata": lines}).select(ID)["id"]
        assert sorted(ids) == sorted(rows["id"])
        split = rows["split"].unique().to_list()
        assert split == [next((name for name in SPLITS[1:] if f".{name}." in str(file[0])), "train")]
    return dict(frame.select("id", "split").iter_rows())


def wrote(folder, rows):
    (folder / "raw/a.jsonl").write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")


def test_a_record_keeps_its_split_for_ever(tmp_path, inline):
    folder = make_project(tmp_path / "p", [note(n) for n in range(60)], toml=SHARES)
    release(load(folder), "v1")
    first = told(folder, "v1")
    assert set(first.values()) == set(SPLITS)
    assert release(load(folder), "v1").unchanged
    wrote(folder, [note(n) for n in range(20, 100)])
    release(load(folder), "v2")
    second = told(folder, "v2")
    assert {id: split for id, split in second.items() if id in first} == {
        id: split for id, split in first.items() if id in second
    }
    # other shares and seed move newcomers alone, and who was away comes back to its own place
    toml = (folder / "cqia.toml").read_text("utf-8").replace("train = 0.6, validation = 0.2, test = 0.2", "train = 1")
    (folder / "cqia.toml").write_text(f"seed = 7\n{toml}", "utf-8")
    wrote(folder, [note(n) for n in range(120)])
    release(load(folder), "v3")
    third = told(folder, "v3")
    assert {id: third[id] for id in first | second} == first | second
    assert {split for id, split in third.items() if id not in first | second} == {"train"}


def test_shares_are_about_kept_and_adding_moves_nothing(tmp_path):
    ids = pl.Series([f"notes:n{n}/answer" for n in range(4000)])
    was = pl.Series([splits.UNPLACED] * 4000).to_numpy()
    drawn = splits._drawn(ids, was, {"train": 0.8, "test": 0.2}, 1)
    assert set(drawn.tolist()) == {0, 2}
    assert 0.17 < (drawn == 2).mean() < 0.23
    assert (splits._drawn(ids[1000:], was[1000:], {"train": 0.8, "test": 0.2}, 1) == drawn[1000:]).all()


def variant(number, text=TALE, **more):
    return {"id": f"v{number}", "title": "这个故事讲了什么？", "text": text, "likes": 50} | more


def story(number):
    """A long text unlike every other."""
    signs = "".join(chr(0x4E00 + (number * 7919 + k * k * 31 + k * number * 17) % 20000) for k in range(150))
    return variant(f"s{number}", "，".join(signs[at : at + 12] for at in range(0, 150, 12)))


@pytest.fixture
def plain(tmp_path):
    """A project of notes that nobody deduplicates: what is nearly the same does reach the release."""
    python = tmp_path / "own.py"
    more = "PLAIN = replace(NOTES, name='plain', stages=('collect', 'assign', 'release'))"
    python.write_text(f"{OWN.read_text('utf-8')}\nfrom dataclasses import replace\n{more}\n", "utf-8")
    return lambda rows: make_project(tmp_path / "p", rows, toml=SHARES, source="plain", python=python)


def test_near_duplicates_go_together(plain, inline):
    rows = [variant(n) for n in range(8)] + [story(n) for n in range(20)]
    folder = plain(rows)
    release(load(folder), "v1")
    first = told(folder, "v1")
    assert len({first[f"plain:v{n}/answer"] for n in range(8)}) == 1
    assert len({first[f"plain:vs{n}/answer"] for n in range(20)}) > 1
    copies = [variant(50), *(story(n) | {"id": f"copy{n}"} for n in range(20))]
    wrote(folder, [*rows, *copies])
    release(load(folder), "v2")
    second = told(folder, "v2")
    assert second["plain:v50/answer"] == first["plain:v0/answer"]
    assert [second[f"plain:copy{n}/answer"] for n in range(20)] == [first[f"plain:vs{n}/answer"] for n in range(20)]


def test_of_two_known_records_edited_into_one_another_one_goes_and_none_moves(plain, inline):
    rows = [variant(0), *(story(n) for n in range(20))]
    folder = plain(rows)
    release(load(folder), "v1")
    first = told(folder, "v1")
    far = next(n for n in range(20) if first[f"plain:vs{n}/answer"] != first["plain:v0/answer"])
    wrote(folder, [variant(f"s{far}") if row["id"] == f"vs{far}" else row for row in rows])
    release(load(folder), "v2")
    second = told(folder, "v2")
    gone = first.keys() - second.keys()
    assert len(gone) == 1
    assert gone < {"plain:v0/answer", f"plain:vs{far}/answer"}
    assert second == {id: split for id, split in first.items() if id not in gone}
    every = pl.read_parquet(folder / "work/plain/release/status/*.parquet")
    (status,) = every.filter(pl.col("status") == "dropped").to_dicts()
    assert status["id"] in gone
    assert status["reason"] == "two_splits"
    (fired,) = status["fired"]
    assert {status["id"], fired["detail"]} == {"plain:v0/answer", f"plain:vs{far}/answer"}
    assert 0.8 <= fired["value"] <= 1
    assert counted(load(folder)).balanced


def test_what_is_gone_still_counts(tmp_path, inline):
    """A newcomer that is like a record of an earlier release goes where that was, though it is there no more."""
    folder = make_project(tmp_path / "p", [variant(1), *(note(n) for n in range(20))], toml=SHARES)
    release(load(folder), "v1")
    where = told(folder, "v1")["notes:v1/answer"]
    for number in range(2, 9):  # eight newcomers with the same text, one at a time, each under its own draw
        wrote(folder, [variant(number), *(note(n) for n in range(20))])
        release(load(folder), f"v{number}")
        assert told(folder, f"v{number}")[f"notes:v{number}/answer"] == where


def test_without_splits_everything_is_train_and_stays_so(tmp_path, inline):
    folder = make_project(tmp_path / "p", [note(n) for n in range(10)], toml="")
    release(load(folder), "v1")
    assert set(told(folder, "v1").values()) == {"train"}
    toml = folder / "cqia.toml"
    toml.write_text(toml.read_text("utf-8") + "[release]\nsplits = {train = 0.5, test = 0.5}\n", "utf-8")
    release(load(folder), "v2")
    assert told(folder, "v2") == told(folder, "v1")


@st.composite
def graphs(draw):
    count = draw(st.integers(2, 9))
    was = draw(st.lists(st.sampled_from([-1, -1, -1, 0, 1, 2]), min_size=count, max_size=count))
    drawn = draw(st.lists(st.integers(0, 2), min_size=count, max_size=count))
    edges = draw(st.sets(st.tuples(st.integers(0, count - 1), st.integers(0, count - 1)), max_size=14))
    pairs = {(min(a, b), max(a, b)) for a, b in edges if a != b}
    return was, drawn, sorted((a, b) for a, b in pairs if was[a] != was[b] or was[a] == -1)


@settings(max_examples=300)
@given(graphs(), st.permutations(range(9)))
def test_no_two_joined_records_are_in_two_splits(graph, order):
    import numpy as np

    was, drawn, pairs = graph
    first, second = (np.array([pair[side] for pair in pairs], np.int64) for side in (0, 1))
    found = splits._place(
        Pairs(first, second), np.ones(len(pairs)), np.array(was), np.array(drawn), [f"{n}" for n in order[: len(was)]]
    )
    at = {place: split for place, (split, _, _) in found.items()}
    assert at.keys() == {place for pair in pairs for place in pair}
    for a, b in pairs:
        assert at[a] == at[b] or splits.DROPPED in (at[a], at[b])
    for place, split in at.items():
        assert split in (was[place], splits.DROPPED) if was[place] >= 0 else split in (0, 1, 2, splits.DROPPED)
        if split == splits.DROPPED:  # only for a record that stays, in another split than a second one
            other = found[place][1]
            assert at[other] >= 0
    if all(split < 0 for split in was):  # where nothing is known, nothing goes
        assert splits.DROPPED not in at.values()


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("splits = {train = 0.5, test = 0.4}", "must be 1 together"),
        ("splits = {test = 1}", "splits.train"),
        ("splits = {train = 0.5, dev = 0.5}", "validation"),
        ("splits = 3", "release.splits"),
        ('date = "yesterday"', "release.date"),
        ('datasheet = {purpos = "x"}', "Did you mean 'purpose'"),
    ],
)
def test_wrong_settings_are_explained(project, inline, cqia, table, message):
    said = cqia("release", "v1", "-C", project([note(1)], toml=f"[release]\n{table}\n"))
    assert said.code == 2
    assert message in said.err


@pytest.mark.parametrize("harm", ["edit", "remove"])
def test_a_damaged_register_stops_the_next_release(project, inline, cqia, harm):
    folder = project([note(n) for n in range(5)], toml=SHARES)
    assert cqia("release", "v1", "-C", folder).code == 0
    file = folder / "releases/v1/register.parquet"
    file.write_bytes(file.read_bytes() + b"x") if harm == "edit" else file.unlink()
    said = cqia("release", "v2", "-C", folder)
    assert said.code == 1
    assert "register.parquet" in said.err


def test_the_stage_drops_what_lies_between():
    from cqia.schema import RECORD

    rows = [dict.fromkeys(RECORD) | {"id": f"n{n}", "instruction": "题", "input": "", "output": "答"} for n in range(3)]
    decisions = pl.DataFrame(
        [{"id": "n1", "split": None, "other": "n9", "similarity": 0.9},
         {"id": "n2", "split": "test", "other": None, "similarity": None}],
        schema={name: kind for name, kind in splits.DECISIONS.items() if name != "shard"},
    )  # fmt: skip
    outcome = stage.apply(pl.DataFrame(rows, schema=RECORD), decisions)
    assert outcome.status["reason"].to_list() == [None, "two_splits", None]
    assert outcome.status["fired"].to_list()[1] == [{"rule": "two_splits", "value": 0.9, "detail": "n9"}]
    assert outcome.out["id"].to_list() == ["n0", "n2"]
