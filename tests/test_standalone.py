"""Filter and dedup of files without a project: whatever stands in them, every row ends somewhere."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from cqia.engine.manifest import Counts
from cqia.errors import RawError, UsageError
from cqia.rules.rule import Rule
from cqia.sources import SOURCES
from cqia.standalone import dedup_path, filter_path, profile

LIKED = replace(
    SOURCES["zhihu"],
    rules=(Rule(name="likes", why="too few likes", value=pl.col("likes"), at_least=51, missing="drop"),),
)
FIRST = replace(
    SOURCES["ruozhiba"],
    rank=pl.col("likes"),
    rules=(Rule(name="rank", why="not the first", value=pl.col("rank"), at_most=1, missing="drop"),),
)


def told(done: int, of: int) -> None:
    """Nobody watches."""


def filtered(path: Path, out: Path) -> Counts:
    return filter_path(path, LIKED, out, told)


def deduplicated(path: Path, out: Path) -> Counts:
    return dedup_path(path, out, told)


def rows(out: Path, what: str) -> pl.DataFrame:
    """What lies in a folder of results, its parts side by side."""
    return pl.concat([pl.read_parquet(part) for part in sorted((out / what).glob("*.parquet"))], how="diagonal")


def written(path: Path, *given: object) -> Path:
    """JSON lines; a string is a line as it stands."""
    lines = [each if isinstance(each, str) else json.dumps(each, ensure_ascii=False) for each in given]
    path.write_text("\n".join(lines), "utf-8")
    return path


@pytest.mark.parametrize("name", ["a.jsonl", "a.parquet"])
def test_an_empty_id_is_none(tmp_path: Path, name: str) -> None:
    given = [{"id": id, "text": f"第{n}篇", "likes": 80} for n, id in enumerate(["", "", None, "好"])]
    path = written(tmp_path / "a.jsonl", *given)
    if name != path.name:
        pl.read_ndjson(path).write_parquet(tmp_path / name)
        path.unlink()
    counts = filtered(tmp_path / name, tmp_path / "out")
    assert (counts.kept, counts.dropped) == (4, {})
    ids = rows(tmp_path / "out", "kept")["id"].to_list()
    assert [id.partition("#")[0] for id in ids] == [name, name, name, "好"]
    assert len(set(ids)) == 4


def test_how_like_near_duplicates_are_can_be_said(tmp_path: Path) -> None:
    text = "".join(chr(0x4E00 + n * 7) for n in range(200))
    like = text[:172] + "".join(chr(0x6E00 + n * 5) for n in range(28))  # Jaccard 168 / 224
    path = written(tmp_path / "a.jsonl", {"id": "a", "text": text, "likes": 2}, {"id": "b", "text": like})
    assert dedup_path(path, tmp_path / "as-it-is", told).dropped == {}
    assert dedup_path(path, tmp_path / "looser", told, threshold=0.7).dropped == {"near_duplicate": 1}
    short = [{"id": "c", "text": text[:45]}, {"id": "d", "text": f"{text[:45]}了"}]
    assert dedup_path(written(tmp_path / "b.jsonl", *short), tmp_path / "strict", told, threshold=1).dropped == {}


def test_what_cannot_be_a_document_is_quarantined_with_the_reason_and_the_place(tmp_path: Path) -> None:
    path = written(
        tmp_path / "a.jsonl",
        {"id": "good", "text": "好", "likes": 80},
        {"id": "many", "text": "好", "likes": "many"},
        {"id": "list", "text": ["好"], "likes": 80},
        {"id": "date", "text": "好", "likes": 80, "created": "昨天"},
        {"id": "yes", "text": "好", "likes": True},
        "{broken",
        '["a list"]',
        "",
    )
    counts = filtered(path, tmp_path / "out")
    assert (counts.inputs, counts.kept) == (7, 1)
    assert counts.quarantined == {"bad_value": 4, "bad_json": 1, "bad_row": 1}
    bad = rows(tmp_path / "out", "quarantined")
    said = bad["fired"].explode().struct.field("detail").to_list()
    assert said[:2] == ["likes is 'many', which is no Int64", "text is \"['好']\", which is no String"]
    for row in bad.filter(pl.col("reason") == "bad_value").rows(named=True):
        start, end = (int(n) for n in row["locator"].removeprefix("bytes=").split("-"))
        assert json.loads(path.read_bytes()[start:end])["id"] in {"many", "list", "date", "yes"}


def test_what_means_the_same_is_taken(tmp_path: Path) -> None:
    path = written(
        tmp_path / "a.jsonl",
        {"id": 7, "text": "好", "likes": "80", "created": "2020-01-02", "tags": "家常"},
        {"id": "b", "text": "好", "likes": 80.0, "rating": 4, "tags": ["家常", "米饭"], "accepted": False},
        {"text": "没有编号", "likes": 90},
    )
    filtered(path, tmp_path / "out")
    kept = rows(tmp_path / "out", "kept")
    assert kept["id"].to_list()[:2] == ["7", "b"]
    assert kept["id"][2].startswith("a.jsonl#bytes=")
    assert kept["likes"].to_list() == [80, 80, 90]
    assert kept["tags"].to_list() == [["家常"], ["家常", "米饭"], None]
    assert kept["created"][0].isoformat() == "2020-01-02T00:00:00+00:00"


@pytest.mark.parametrize("stage", [filtered, deduplicated])
def test_columns_of_ones_own_are_carried_along(tmp_path: Path, stage: Callable[[Path, Path], Counts]) -> None:
    path = written(
        tmp_path / "a.jsonl",
        {"id": "a", "text": "先把米淘净", "likes": 80, "n": 1, "mixed": {"x": [1, "二"]}, "big": 2**70, "_place": "p"},
        {"id": "b", "text": "再下锅煮熟", "likes": 80, "n": 2.5, "mixed": "词", "rank": 9},
    )
    stage(path, tmp_path / "out")
    kept = rows(tmp_path / "out", "kept").sort("id")
    assert kept["n"].to_list() == [1.0, 2.5]
    assert kept["mixed"].to_list() == ['{"x": [1, "二"]}', "词"]
    assert kept["big"].to_list() == [2**70, None]
    assert kept["_place"].to_list() == ["p", None]
    assert kept["rank"].to_list() == [None, 9]


def test_a_column_called_rank_is_not_the_rank(tmp_path: Path) -> None:
    path = written(tmp_path / "a.jsonl", *({"id": f"{n}", "text": "好", "likes": n, "rank": -n} for n in range(3)))
    filter_path(path, FIRST, tmp_path / "out", told)
    assert rows(tmp_path / "out", "kept").select("id", "rank").rows() == [("2", -2)]


@pytest.mark.parametrize("stage", [filtered, deduplicated])
def test_a_repeated_id_is_dropped_across_files(tmp_path: Path, stage: Callable[[Path, Path], Counts]) -> None:
    written(tmp_path / "a.jsonl", {"id": "a", "text": "先把米淘净", "likes": 80})
    written(tmp_path / "b.jsonl", {"id": "a", "text": "再下锅煮熟", "likes": 90})
    counts = stage(tmp_path, tmp_path / "out")
    assert (counts.kept, counts.dropped) == (1, {"same_id": 1})
    assert rows(tmp_path / "out", "dropped")["text"].to_list() == ["再下锅煮熟"]


@pytest.mark.parametrize("stage", [filtered, deduplicated])
@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("a.jsonl", b"", "empty_file"),
        ("a.jsonl", '{"text": "半'.encode(), "bad_json"),
        ("a.jsonl", b'{"text": "\xb0\xa1"}', "unreadable_encoding"),
        ("a.parquet", b"PAR1 is not all", "bad_parquet"),
        ("a.parquet", b"", "bad_parquet"),
    ],
)
def test_a_broken_file_does_not_stop_the_others(
    tmp_path: Path, stage: Callable[[Path, Path], Counts], name: str, data: bytes, reason: str
) -> None:
    (tmp_path / name).write_bytes(data)
    written(tmp_path / "good.jsonl", {"id": "a", "text": "好好好好好", "likes": 80})
    counts = stage(tmp_path, tmp_path / "out")
    assert (counts.kept, counts.quarantined) == (1, {reason: 1})


@pytest.mark.parametrize("stage", [filtered, deduplicated])
def test_a_parquet_file_with_a_damaged_page_is_quarantined(
    tmp_path: Path, stage: Callable[[Path, Path], Counts]
) -> None:
    texts = [f"第{n}句话各不相同，说的是第{n * 7919}件事。" for n in range(2000)]
    pl.DataFrame({"id": [str(n) for n in range(2000)], "text": texts, "likes": [80] * 2000}).write_parquet(
        tmp_path / "a.parquet"
    )
    data = bytearray((tmp_path / "a.parquet").read_bytes())
    data[8:4000] = bytes(3992)  # the footer is whole
    (tmp_path / "a.parquet").write_bytes(data)
    written(tmp_path / "good.jsonl", {"id": "a", "text": "好好好好好", "likes": 80})
    counts = stage(tmp_path, tmp_path / "out")
    assert (counts.kept, counts.quarantined) == (1, {"bad_parquet": 1})


def test_a_part_that_cannot_be_read_whole_pushes_nobody_out(tmp_path: Path) -> None:
    texts = [f"第{n}句话各不相同，说的是第{n * 7919}件事。" for n in range(2000)]
    extra = [f"另一列的第{n}行，写着{n * 104729}。" for n in range(2000)]
    table = {"id": [f"a{n}" for n in range(2000)], "text": texts, "likes": [80] * 2000, "extra": extra}
    pl.DataFrame(table).write_parquet(tmp_path / "a.parquet", compression="uncompressed")
    data = bytearray((tmp_path / "a.parquet").read_bytes())
    at = data.index(extra[0].encode())
    data[at - 200 : at + 8000] = b"\xff" * 8200  # a column that no summary needs
    (tmp_path / "a.parquet").write_bytes(data)
    pl.DataFrame({"id": [f"b{n}" for n in range(2000)], "text": texts, "likes": [1] * 2000}).write_parquet(
        tmp_path / "b.parquet"
    )
    counts = deduplicated(tmp_path, tmp_path / "out")
    assert (counts.kept, counts.dropped, counts.quarantined) == (2000, {}, {"bad_parquet": 1})


def test_parquet_is_read_as_json_lines_are(tmp_path: Path) -> None:
    table = pl.DataFrame({"id": [1, 2, 3], "text": ["好"] * 3, "likes": ["80", "x", None], "pair": [{"a": 1}] * 3})
    table.write_parquet(tmp_path / "a.parquet")
    counts = filtered(tmp_path / "a.parquet", tmp_path / "out")
    assert (counts.kept, counts.dropped, counts.quarantined) == (1, {"likes": 1}, {"bad_value": 1})
    kept = rows(tmp_path / "out", "kept")
    assert (kept["id"].item(), kept["likes"].item(), kept["pair"].item()) == ("1", 80, {"a": 1})


@pytest.mark.parametrize("column", [[["好"]], [{"a": 1}]])
def test_a_column_that_cannot_be_read_is_named(tmp_path: Path, column: list[object]) -> None:
    pl.DataFrame({"text": column}).write_parquet(tmp_path / "a.parquet")
    with pytest.raises(RawError, match=r"a\.parquet: the column 'text' holds .*; a document has String there"):
        filtered(tmp_path / "a.parquet", tmp_path / "out")


def test_what_there_is_not_is_said(tmp_path: Path) -> None:
    with pytest.raises(RawError, match="There is no file or folder"):
        filtered(tmp_path / "none", tmp_path / "out")
    (tmp_path / "notes.txt").write_text("x", "utf-8")
    for path in (tmp_path, tmp_path / "notes.txt"):
        with pytest.raises(RawError, match="holds no file that can be read"):
            filtered(path, tmp_path / "out")


def test_results_are_not_written_over_and_not_read_by_mistake(tmp_path: Path) -> None:
    path = written(tmp_path / "a.jsonl", {"id": "a", "text": "好", "likes": 80})
    filtered(path, tmp_path / "out")
    with pytest.raises(UsageError, match="is not empty"):
        filtered(path, tmp_path / "out")
    with pytest.raises(UsageError, match="is a file"):
        filtered(path, path)
    with pytest.raises(UsageError, match=r"what became of documents\.\n  Name those that were kept: .*kept"):
        deduplicated(tmp_path / "out", tmp_path / "more")
    assert filtered(tmp_path, tmp_path / "again").inputs == 1  # the folder's own file, not what was made of it
    assert deduplicated(tmp_path / "out/kept", tmp_path / "more").kept == 1


def test_the_profile_names_every_rule(tmp_path: Path) -> None:
    path = written(tmp_path / "a.jsonl", {"id": "a", "text": "好", "likes": 80}, "{broken")
    seconds = dict(profile(path, SOURCES["zhihu"]))
    assert set(seconds) == {rule.name for rule in SOURCES["zhihu"].rules}
    assert min(seconds.values()) >= 0
