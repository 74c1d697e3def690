"""The accounting identity: whatever the rows are, every input of every stage has exactly one status, and counts agree
with parts; and where something was taken out or put in, the funnel says so."""

import json
import tempfile
from contextlib import contextmanager
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from cqia import pipeline
from cqia.engine import manifest as manifests
from cqia.project import load
from made import Inline, counted, make_project, note

SHARED = settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=25)
HUGE = 10**30
STAGES = ("collect", "filter", "dedup", "assign", "judge", "review")

texts = (
    st.text(st.characters(), max_size=12)  # lone surrogates among them
    | st.sampled_from(
        ["", " ", "\u200b", "\x00", "\u202e反", "\ufeff", "a\r\nb", "\ud83d", "谢邀，好", "加微信abc", "①②", "𠮷" * 6]
    )
    | st.text("人民大会堂很高兴见到你", min_size=6, max_size=30)
)
numbers = st.integers() | st.sampled_from(
    [0, -1, 2**63 - 1, 2**63, -(2**63), HUGE, float("nan"), float("inf"), 1e308, 2.5]
)
anything = st.none() | st.booleans() | texts | numbers | st.lists(texts | numbers, max_size=2) | st.just({"甲": [1]})
rows = st.fixed_dictionaries(
    {},
    optional={
        "id": st.sampled_from(["a", "b", "c/d", "e:f", "", " ", "g\nh", "i\ud800"]) | texts | anything,
        "title": texts | anything,
        "text": texts | anything,
        "likes": numbers | anything,
        "author": texts | anything,
        "do": st.sampled_from(["raise", "wall", "twice", "nothing"]),
    },
).map(lambda row: row | {"id": str(row.get("id"))} if row.get("do") == "twice" else row)
raw_lines = rows.map(lambda row: json.dumps(row)) | st.sampled_from(  # ASCII, so that surrogates can be written
    [
        "{",
        "[]",
        "null",
        "3",
        '"文"',
        '{"id": NaN}',
        '{"likes": 1e999}',
        "\x00",
        "{}",
        " ",
        '{"id":"a"}{"id":"b"}',
        "[" * 500,
    ]
)


@contextmanager
def a_run(rows, shard_mib=0.001, **named):
    with tempfile.TemporaryDirectory() as folder:
        project = load(make_project(Path(folder) / "p", rows, toml=f"[run]\nshard_mib = {shard_mib}"))
        pipeline.run(project, **named)
        yield project


def check(project):
    """The identity, computed again from the parts alone."""
    found = counted(project)
    assert found.balanced, found.faults
    before = None
    for row in found.rows:
        assert not row.stale
        folder = project.work / row.source / row.stage
        inputs = before if before is not None else ids(folder / "pages")
        status = read(folder / "status")
        assert sorted(status["id"]) == sorted(inputs)
        assert status["id"].n_unique() == status.height
        assert status["status"].is_in(["kept", "dropped", "quarantined", "pending"]).all()
        assert status.filter(pl.col("status").is_in(["dropped", "quarantined", "pending"]))["reason"].null_count() == 0
        out = ids(folder / "out")
        assert len(set(out)) == len(out)
        counts = row.counts
        assert (counts.inputs, counts.out) == (len(inputs), len(out))
        assert (
            counts.kept + sum(counts.dropped.values()) + sum(counts.quarantined.values()) + sum(counts.pending.values())
            == counts.inputs
        )
        for name, said in (
            ("dropped", counts.dropped),
            ("quarantined", counts.quarantined),
            ("pending", counts.pending),
        ):
            assert said == dict(status.filter(pl.col("status") == name)["reason"].value_counts().iter_rows())
        before = out
    return found


def read(folder):
    return pl.concat([pl.read_parquet(part) for part in sorted(folder.glob("*.parquet"))])


def ids(folder):
    return read(folder)["id"].to_list()


@SHARED
@given(lines=st.lists(raw_lines, max_size=12))
@example(lines=[json.dumps(note(n)) for n in range(5)])
@example(lines=[json.dumps({"id": "a", "text": "同一个号的两条，" + "长" * n, "likes": 9}) for n in range(3)])
@example(lines=[json.dumps({"id": "a\ud800b", "text": "号里有半个字符的一条", "likes": 9})])
@example(lines=['{"text": "' + "很" * 9 + '", "likes": ' + "9" * 5000 + "}"])
def test_every_input_has_exactly_one_status(inline, lines):
    with a_run(lines) as project:
        found = check(project)
        written = [line for line in lines if line.strip(" \r\t\n\x0b\x0c")]
        assert found.rows[0].counts.inputs == max(len(written), 1)  # a file without rows is one page, quarantined


BAD_DOCUMENTS = [
    {"id": "a\ud800", "text": "号里有半个字符的一条"},
    {"id": "控\x00制", "text": "号里有控制符的一条"},
    {"id": "x", "text": "\ud83d半个字符在文里"},
    {"id": "x", "tags": [1, "甲"]},
    {"id": "x", "tags": ["\ud800"]},
    {"id": "x", "tags": [None]},
    {"id": "x", "media": [1]},
    {"id": "x", "media": [{"kind": "image", "url": "\udfff"}]},
    {"id": "x", "media": [{"kind": "image", "url": 3}]},
    {"id": "x", "media": [{"sort": "image"}]},
    {"id": "x", "rating": float("nan")},
    {"id": "x", "likes": True},
    {"id": "x", "likes": 2.0},
    {"id": "x", "likes": HUGE},
    {"id": "x", "rating": 10**400},
    {"id": 3},
    {"id": "x", "votes": 3},
    {"id": "x", "created": "2020"},
    "不是文档",
    None,
]


@pytest.mark.parametrize("document", BAD_DOCUMENTS, ids=lambda d: ascii(d)[:60])
def test_a_document_of_the_wrong_shape_costs_its_page_at_most(tmp_path, inline, document):
    own = tmp_path / "own.py"
    source = (Path(__file__).parents[1] / "own" / "notes.py").read_text("utf-8")
    bad = f"    if row.get('do') == 'bad':\n        yield {document!r}\n        return\n"
    bad = bad.replace(": nan", ": float('nan')")
    own.write_text(source.replace('    match row.get("do"):', bad + '    match row.get("do"):'), "utf-8")
    project = load(make_project(tmp_path / "p", [note(0), note(1, do="bad"), note(2)], python=own))
    pipeline.run(project)
    found = check(project)
    assert found.rows[0].counts.inputs == 3
    assert found.rows[0].counts.kept >= 2


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A project with every kind of status in it, gone the road."""
    with pytest.MonkeyPatch.context() as patch:

        @contextmanager
        def of(project):
            yield Inline()

        patch.setattr(pipeline, "executor_of", of)
        rows = [
            *(note(n) for n in range(12)),
            note(20, text="短"),
            note(21, likes=1),
            note(22, id="n3"),
            "坏的一行",
            note(23, do="wall"),
            {"id": "n24", "title": "还没有人答", "likes": 5},
        ]
        folder = make_project(
            tmp_path_factory.mktemp("finished") / "p",
            rows,
            toml="[sources.notes.rules.short]\nmissing = 'keep'\n[run]\nshard_mib = 0.001",
        )
        pipeline.run(load(folder))
        return folder


@pytest.fixture
def project_done(finished, tmp_path):
    """A copy of it to harm."""
    import shutil

    shutil.copytree(finished, tmp_path / "p")
    (tmp_path / "p/cqia.toml").write_text(
        (tmp_path / "p/cqia.toml").read_text("utf-8").replace(str(finished), str(tmp_path))
    )
    return load(tmp_path / "p")


def test_the_workspace_that_is_harmed_below_balances_and_has_everything_in_it(project_done):
    found = check(project_done)
    rows = {row.stage: row.counts for row in found.rows}
    assert tuple(rows) == STAGES
    assert rows["collect"].dropped == {"login_wall": 1, "same_id": 1}
    assert rows["collect"].quarantined == {"bad_json": 1}
    assert rows["filter"].dropped == {"likes": 1, "short": 1}
    assert rows["assign"].pending == {"needs_answer": 1}
    assert len(list((project_done.work / "notes/filter/out").glob("*"))) > 2


def change(folder, name, how):
    """Rewrite the first part in a folder that has rows for ``how``."""
    for part in sorted((folder / name).glob("*.parquet")):
        frame = pl.read_parquet(part)
        changed = how(frame)
        if not changed.equals(frame):
            part.unlink()
            changed.write_parquet(part)
            return
    raise AssertionError("nothing was changed")


def invented(frame):
    return pl.concat([frame, frame.head(1).with_columns(pl.lit("notes:没有过").alias("id"))])


FAULTS = {
    "a status removed": ("status", lambda frame: frame[1:], "without a status"),
    "a status doubled": ("status", lambda frame: pl.concat([frame, frame[:1]]), "two statuses"),
    "a status invented": ("status", invented, "without an input"),
    "a status of no known kind": (
        "status",
        lambda f: f.with_columns(status=pl.lit("verloren")),
        "none of kept, dropped",
    ),
    "an output removed": ("out", lambda frame: frame[1:], "kept inputs without output"),
    "an output doubled": ("out", lambda frame: pl.concat([frame, frame[:1]]), "share an id"),
}


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_found(project_done, stage, fault):
    name, how, words = FAULTS[fault]
    change(project_done.work / "notes" / stage, name, how)
    found = counted(project_done)
    assert not found.balanced
    assert any(
        (words in line and line.startswith(f"notes/{stage}, part-")) or (words == "share an id" and words in line)
        for line in found.faults
    ), found.faults


@pytest.mark.parametrize("stage", STAGES)
def test_an_invented_output_is_found(project_done, stage):
    key = {"collect": "page", "assign": "document_id"}.get(stage, "id")

    def how(frame):
        return pl.concat(
            [frame, frame.head(1).with_columns(pl.lit("notes:没有过").alias(name) for name in {key, "id"})]
        )

    change(project_done.work / "notes" / stage, "out", how)
    assert any("without a kept input" in fault for fault in counted(project_done).faults)


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("name", ["out", "status"])
@pytest.mark.parametrize("harm", ["deleted", "cut short", "empty", "not Parquet"])
def test_a_part_that_is_gone_or_damaged_is_found(project_done, stage, name, harm):
    part = next((project_done.work / "notes" / stage / name).glob("*.parquet"))
    data = part.read_bytes()
    part.unlink()
    if harm != "deleted":
        part.write_bytes({"cut short": data[: len(data) // 2], "empty": b"", "not Parquet": b"PAR1" * 20}[harm])
    found = counted(project_done)
    (fault,) = [fault for fault in found.faults if fault.startswith(f"notes/{stage}")]
    assert f"{part} is missing or damaged" in fault


@pytest.mark.parametrize("command", [["why", "notes:n1"], ["list"], ["report"]])
def test_who_meets_a_damaged_part_says_so(project_done, inline, cqia, command):
    part = next((project_done.work / "notes/filter/status").glob("*.parquet"))
    part.write_bytes(b"PAR0" * (part.stat().st_size // 4))
    said = cqia(*command, "-C", project_done.folder)
    assert said.code == 1
    assert "damaged" in said.err
    assert "once you have deleted it" in cqia("status", "-C", project_done.folder).out
    part.unlink()
    assert cqia("run", "-C", project_done.folder).code == 0
    assert cqia(*command, "-C", project_done.folder).code == 0


@pytest.mark.parametrize("stage", STAGES)
def test_a_manifest_edited_by_hand_is_found(project_done, stage):
    file = project_done.work / "notes" / stage / "manifest.json"
    sealed = json.loads(file.read_text("utf-8"))
    first = next(iter(sealed["stage"]["shards"].values()))
    first["counts"]["kept"] += 1
    file.write_text(json.dumps(sealed, ensure_ascii=False), "utf-8")
    assert counted(project_done).faults == (f"notes/{stage}: the manifest was edited or is damaged",)


@pytest.mark.parametrize("count", ["inputs", "kept", "out", "dropped", "quarantined", "pending"])
def test_a_manifest_that_counts_otherwise_than_its_parts_is_found(project_done, count):
    folder = project_done.work / "notes/filter"
    manifest = manifests.load(folder)
    assert manifest is not None
    counts = next(iter(manifest.shards.values())).counts
    if isinstance(getattr(counts, count), dict):
        getattr(counts, count)["erfunden"] = 1
    else:
        object.__setattr__(counts, count, getattr(counts, count) + 1)
    manifests.save(folder, manifest)
    assert any("counts otherwise" in fault for fault in counted(project_done).faults)


def test_an_unbalanced_workspace_has_an_exit_code_of_its_own(project_done, cqia):
    change(project_done.work / "notes/filter", "status", lambda frame: frame[1:])
    said = cqia("status", "-C", project_done.folder)
    assert said.code == 3
    assert "NOT BALANCED" in said.out
    assert "notes/filter, part-00000: 1 inputs without a status" in said.out
    said = cqia("status", "--json", "-C", project_done.folder)
    assert said.code == 3
    assert json.loads(said.out)["balanced"] is False


def test_running_again_after_a_fault_of_size_mends_it(project_done, inline, cqia):
    part = next((project_done.work / "notes/judge/out").glob("*.parquet"))
    part.unlink()
    assert cqia("status", "-C", project_done.folder).code == 3
    assert cqia("run", "-C", project_done.folder).code == 0
    assert cqia("status", "-C", project_done.folder).code == 0


def test_a_stage_that_has_not_run_since_its_input_changed_is_stale_and_no_fault(project_done, inline, cqia):
    file = project_done.folder / "cqia.toml"
    file.write_text(file.read_text("utf-8") + "[sources.notes.rules.likes]\nat_least = 15\n", "utf-8")
    assert cqia("run", "-C", project_done.folder, "--until", "filter").code == 0
    found = counted(load(project_done.folder))
    assert found.balanced
    assert [row.stale for row in found.rows] == [False, False, True, True, True, True]
    assert "(stale)" in cqia("status", "-C", project_done.folder).out
