"""Cutting: whatever the slice size, every row is in exactly one page; a bad row costs one row."""

import codecs
import csv
import hashlib
import io
import json
import tracemalloc
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cqia.readers.raw import Raw
from cqia.readers.slices import cut, pages

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
SHARED = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


def read(path: Path, slice_bytes: int = 1 << 20, whole: tuple[str, ...] = (), limit: int = 20_000_000) -> list[Raw]:
    found = cut(path, slice_bytes=slice_bytes, whole=whole)
    return [raw for slice in found for raw in pages(slice, max_page_bytes=limit)]


def said(raw: Raw) -> object:
    """What a page holds, in short."""
    return raw.trouble.reason if raw.trouble else raw.row if raw.row is not None else raw.data


def write(folder: Path, name: str, data: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


cells = st.text(st.characters(codec="gb18030", exclude_characters="\r\x00"), max_size=8) | st.sampled_from(
    ['"', ',"', '\n"\n', "弱,智", "，", "\n\n", "\t"]
)


@SHARED
@given(
    rows=st.lists(st.dictionaries(cells, cells | st.integers() | st.none(), max_size=3), max_size=12),
    blanks=st.lists(st.sampled_from(["", " ", "\r"]), max_size=4),
    size=st.integers(1, 120),
    final=st.booleans(),
)
def test_json_lines_are_tiled_whatever_the_slice(tmp_path, rows, blanks, size, final):
    text = "\n".join([*blanks, *(json.dumps(row, ensure_ascii=False) for row in rows)]) + ("\n" if final else "")
    path = write(tmp_path, "a.jsonl", text)
    data = path.read_bytes()
    found = cut(path, slice_bytes=size, whole=())
    assert [slice.start for slice in found] == [0, *(slice.end for slice in found[:-1])]
    assert found[-1].end == sum(slice.size for slice in found) == len(data)
    got = [raw for slice in found for raw in pages(slice) if raw.locator]
    assert [raw.row for raw in got] == rows
    at = 0
    for raw in got:
        start, end = map(int, raw.locator.removeprefix("bytes=").split("-"))
        assert json.loads(data[start:end]) == raw.row
        assert not data[at:start].strip()
        at = end
    assert not data[at:].strip()


@SHARED
@given(
    rows=st.lists(st.lists(cells, min_size=2, max_size=2), max_size=12),
    size=st.integers(1, 120),
    charset=st.sampled_from(["utf-8", "utf-8-sig", "gb18030"]),
    end=st.sampled_from(["\n", "\r\n"]),
    header=st.booleans(),
)
def test_csv_is_tiled_whatever_the_slice(tmp_path, rows, size, charset, end, header):
    names = ["题", "答"] if header else ["1", "2"]
    text = io.StringIO()
    csv.writer(text, lineterminator=end, quoting=csv.QUOTE_ALL).writerows([*([names] if header else []), *rows])
    path = write(tmp_path, "a.csv", text.getvalue().encode(charset))
    found = cut(path, slice_bytes=size, whole=(), headless=() if header else ("*.csv",))
    assert [slice.start for slice in found] == [0, *(slice.end for slice in found[:-1])]
    assert found[-1].end == path.stat().st_size
    got = [raw for slice in found for raw in pages(slice) if raw.locator]
    assert [said(raw) for raw in got] == [dict(zip(names, row, strict=True)) for row in rows]
    assert [raw.locator for raw in got] == [f"row={n}" for n in range(len(rows))]


@pytest.mark.parametrize(
    ("name", "data", "expected"),
    [
        (
            "a.jsonl",
            '{"a": 1}\n\n{"a": \n["x"]\n{"a": NaN, "b": -Infinity}\n',
            [{"a": 1}, "bad_json", "bad_row", {"a": None, "b": None}],
        ),
        (
            "a.ndjson",
            codecs.BOM_UTF8 + b'{"a": "\xe9\xa2\x98"}\r\n{"a": "\xff"}\r\n',
            [{"a": "题"}, "unreadable_encoding"],
        ),
        ("a.jsonl", "[" * 100_000 + "\n" + '{"a": 2}', ["bad_json", {"a": 2}]),
        ("a.jsonl", '{"a": ' + "9" * 5000 + "}", ["bad_json"]),
        ("a.jsonl", r'{"a": "\ud83d\ude00", "b": ["\ud83d!"]}', [{"a": "😀", "b": ["�!"]}]),
        ("a.jsonl", "\n \n", ["empty_file"]),
        ("a.jsonl", "", ["empty_file"]),
        ("a.json", "", ["empty_file"]),
        ("a.json", " \n", ["empty_file"]),
        ("a.json", "[]", ["empty_file"]),
        ("a.json", '{"a": 1}\n{"a": 2}\n', [{"a": 1}, {"a": 2}]),
        ("a.json", '{"a": 1}\n', [{"a": 1}]),
        ("a.json", '{\n"a": 1}\n', [{"a": 1}]),
        ("a.json", '[{"a": 1}, 3, null]', [{"a": 1}, "bad_row", "bad_row"]),
        ("a.json", '[\n{"a": 1},\n{"a": 2}]', [{"a": 1}, {"a": 2}]),
        ("a.json", '"just words"', ["bad_row"]),
        ("a.json", "[{]", ["bad_json"]),
        ("a.json", "[" * 100_000, ["bad_json"]),
        ("a.json", '[{"a": "题"}]'.encode("gb18030"), [{"a": "题"}]),
        ("a.json", '[{"a": "题"}]'.encode("utf-16"), [{"a": "题"}]),
        ("a.json", b'[{"a": "\xff\xff"}]', ["unreadable_encoding"]),
        (
            "a.json",
            '{"keywords": "k", "example": [{"a": 1}, {"a": 2}]}',
            [{"a": 1, "_envelope": {"keywords": "k"}}, {"a": 2, "_envelope": {"keywords": "k"}}],
        ),
        (
            "a.json",
            '{"title": "t", "author": {"name": "n"}, "topics": [{"a": 1}]}',
            [{"title": "t", "author": {"name": "n"}, "topics": [{"a": 1}]}],
        ),
        (
            "a.json",
            json.dumps({"content": "x" * 2000, "topics": [{"a": 1}]}),
            [{"content": "x" * 2000, "topics": [{"a": 1}]}],
        ),
        ("a.json", '{"x": [{"a": 1}], "y": [{"a": 2}]}', [{"x": [{"a": 1}], "y": [{"a": 2}]}]),
        ("a.csv", "", ["empty_file"]),
        ("a.csv", "a,b\n", ["empty_file"]),
        ("a.csv", "a,b\n1,2\n3\n4,5,6\n\n7,8", [{"a": "1", "b": "2"}, "bad_row", "bad_row", {"a": "7", "b": "8"}]),
        ("a.csv", 'a,b\n"1\n,""2""",3\n', [{"a": '1\n,"2"', "b": "3"}]),
        ("a.csv", 'a,b\nx"y,z\n1,2\n', [{"a": 'x"y', "b": "z"}, {"a": "1", "b": "2"}]),
        ("a.csv", 'a,b\n1,2\n3,"4\n5,6\n', [{"a": "1", "b": "2"}, "bad_row"]),
        ("a.csv", "a,b\n1\x00,2\n", [{"a": "1\x00", "b": "2"}]),
        ("a.csv", "a,b\n1\r1,2\n3,4\n", ["bad_row", {"a": "3", "b": "4"}]),
        ("a.csv", "a,a,\n1,2,3\n", [{"a": "1", "a.2": "2", "": "3"}]),
        ("a.csv", "题,b\n好,".encode() + b"\xff\n3,4\n", ["unreadable_encoding", {"题": "3", "b": "4"}]),
        ("a.csv", "a,b\n1,2\n".encode("utf-16"), ["bad_row"]),
        ("a.tsv", "a\tb\n1,1\t2\n", [{"a": "1,1", "b": "2"}]),
        ("a.html", "<p>x", [b"<p>x"]),
        ("a.html", "", ["empty_file"]),
        ("a_dump.jsonl", '{"a": 1}\n{"a": 2}\n', [b'{"a": 1}\n{"a": 2}\n']),
        ("a.parquet", "PAR1 it is not", ["bad_parquet"]),
        ("a.parquet", "", ["bad_parquet"]),
    ],
)
def test_what_pages_hold(tmp_path, name, data, expected):
    path = write(tmp_path, name, data)
    got = read(path, whole=("*_dump.jsonl",))
    assert [said(raw) for raw in got] == expected
    assert {raw.digest for raw in got} == {hashlib.sha256(path.read_bytes()).hexdigest()}


@pytest.mark.parametrize(
    ("name", "head", "line", "tail", "expected"),
    [
        ("a.jsonl", '{"a": "1"}\n', '{"a": "%s"}\n', '{"a": "2"}\n', [{"a": "1"}, "too_large", {"a": "2"}]),
        ("a.csv", "a\n1\n", "%s\n", "2\n", [{"a": "1"}, "too_large", {"a": "2"}]),
        ("a.csv", "a\n1\n", '"\n%s"\n', "2\n", [{"a": "1"}, "too_large", {"a": "2"}]),
        ("a.csv", "a\n1\n", '"%s\n"\n', "2\n", [{"a": "1"}, "too_large", {"a": "2"}]),
        ("a.html", "<p>", "%s", "", ["too_large"]),
    ],
)
@pytest.mark.parametrize("slice_bytes", [1 << 30, 3])
def test_a_page_that_is_too_large_is_never_held(tmp_path, name, head, line, tail, expected, slice_bytes):
    path = write(tmp_path, name, head + line % ("x" * 30_000_000) + tail)
    tracemalloc.start()
    got = read(path, slice_bytes=slice_bytes, limit=1_000_000)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert [said(raw) for raw in got] == expected
    assert peak < 45_000_000  # cutting holds one page of at most 20 MB, and a copy of it


def test_a_huge_json_list_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setattr("cqia.readers.slices.MAX_JSON_BYTES", 10)
    (raw,) = read(write(tmp_path, "a.json", '[{"a": "long enough"}]'))
    assert raw.trouble is not None
    assert raw.trouble.reason == "too_large"
    assert "convert it to JSON lines" in raw.trouble.message


@pytest.mark.parametrize(("slice_bytes", "slices"), [(1 << 30, 1), (1, 10)])
def test_parquet_is_cut_by_row(tmp_path, slice_bytes, slices):
    path = tmp_path / "a.parquet"
    pl.DataFrame({"n": range(10), "t": [["题"]] * 10}).write_parquet(path)
    assert len(cut(path, slice_bytes=slice_bytes, whole=())) == slices
    got = read(path, slice_bytes)
    assert [raw.row for raw in got] == [{"n": n, "t": ["题"]} for n in range(10)]
    assert [raw.locator for raw in got] == [f"row={n}" for n in range(10)]


def test_an_empty_parquet_file_has_a_page(tmp_path):
    path = tmp_path / "a.parquet"
    pl.DataFrame({"n": []}).write_parquet(path)
    assert [said(raw) for raw in read(path)] == ["empty_file"]


def test_a_message_says_where(tmp_path):
    path = write(tmp_path, "a.jsonl", '{"a": 1}\n{"a": }\n')
    trouble = read(path)[1].trouble
    assert trouble is not None
    assert trouble.message == f"the line at byte 9 of {path} is not JSON: Expecting value: line 1 column 7 (char 6)"


@pytest.mark.skipif(not DATA.exists(), reason="the shared data folder is not here")
def test_real_tables_are_read_the_same_in_slices_of_any_size():
    files = [*DATA.glob("nlp/medical/**/*.csv"), *DATA.glob("nlp/**/*.tsv"), *DATA.glob("benchmarks/belle/**/*.json")]
    assert files
    for path in files:
        once, often = read(path, 1 << 40), read(path, 50_000)
        assert once == often
