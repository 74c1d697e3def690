"""WARC files: whatever the slice size, every record is in exactly one page; a broken record costs itself."""

import gzip
import io
import itertools
import tracemalloc
import zlib
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cqia.errors import NotADocument
from cqia.readers.slices import cut, pages

SHARED = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
URL = "http://a.example/{}"


def record(number, block, kind="response", content_type="application/http; msgtype=response", **more):
    """The bytes of one record; ``more`` are headers, with _ for -."""
    headers = {"WARC-Type": kind, "WARC-Target-URI": URL.format(number), "WARC-Date": "2024-05-06T07:08:09Z",
               "Content-Type": content_type, "Content-Length": str(len(block))}  # fmt: skip
    headers |= {name.replace("_", "-"): value for name, value in more.items()}
    head = "WARC/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in headers.items() if value is not None)
    return head.encode() + b"\r\n" + block + b"\r\n\r\n"


def http(body, status="200 OK", **headers):
    headers = {"Content-Type": "text/html; charset=GBK", **{n.replace("_", "-"): v for n, v in headers.items()}}
    head = f"HTTP/1.1 {status}\r\n" + "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return head.encode() + b"\r\n" + body


def body(number):
    return f"<p>第{number}页</p>".encode() * (1 + number % 7)


INFO = record(0, b"software: test\r\n", kind="warcinfo", content_type="application/warc-fields")


def file(folder, records, compressed, members=1):
    """A WARC file; compressed, with ``members`` records in each gzip member."""
    path = folder / ("a.warc.gz" if compressed else "a.warc")
    if compressed:
        groups = [records[n : n + members] for n in range(0, len(records), members)]
        path.write_bytes(b"".join(gzip.compress(b"".join(group), mtime=0) for group in groups))
    else:
        path.write_bytes(b"".join(records))
    return path


def read(path, slice_bytes=1 << 30, limit=1_000_000):
    found = cut(path, slice_bytes=slice_bytes, whole=())
    assert [slice.start for slice in found] == [0, *(slice.end for slice in found[:-1])]
    assert found[-1].end == path.stat().st_size
    return [raw for slice in found for raw in pages(slice, max_page_bytes=limit)]


def said(raw):
    return raw.trouble.reason if raw.trouble else raw.data


both = pytest.mark.parametrize("compressed", [False, True], ids=["plain", "gzip"])


@both
@SHARED
@given(count=st.integers(0, 25), size=st.integers(1, 4000), members=st.integers(1, 4))
def test_records_are_tiled_whatever_the_slice(tmp_path, compressed, count, size, members):
    records = [INFO, *(record(n, http(body(n))) for n in range(count))]
    path = file(tmp_path, records, compressed, members)
    got = [raw for raw in read(path, size) if raw.locator]
    assert [raw.data for raw in got] == [body(n) for n in range(count)]
    assert [raw.url for raw in got] == [URL.format(n) for n in range(count)]
    assert len({raw.locator for raw in got}) == count
    if members == 1 or not compressed:
        data = path.read_bytes()
        for raw in got:
            at = data[int(raw.locator.removeprefix("warc=")) :]
            assert (zlib.decompressobj(31).decompress(at) if compressed else at).startswith(b"WARC/1.1\r\n")


@both
def test_what_a_page_brings_with_it(tmp_path, compressed):
    (raw,) = read(file(tmp_path, [INFO, record(1, http(body(1)))], compressed))
    assert (raw.url, raw.charset, raw.name) == (URL.format(1), "gbk", "1")
    assert raw.fetched == datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)


CHUNKED = b"4\r\n<p>a\r\n5;x=y\r\nb</p>\r\n0\r\n\r\n"


@both
@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (record(1, http(b"<p>a")), [b"<p>a"]),
        (record(1, http(b"<p>a"), WARC_Target_URI="<http://a.example/1>"), [b"<p>a"]),
        (record(1, b"<p>a", kind="resource", content_type="text/html"), [b"<p>a"]),
        (record(1, b"a", kind="conversion", content_type="text/plain"), [b"a"]),
        (record(1, b"GET / HTTP/1.1\r\n\r\n", kind="request"), ["empty_file"]),
        (record(1, b"x: y", kind="metadata", content_type="application/warc-fields"), ["empty_file"]),
        (record(1, http(b""), kind="revisit"), ["empty_file"]),
        (record(1, http(b"gone", "404 Not Found")), ["http_status"]),
        (record(1, http(b"", "301 Moved", Location="/x")), ["http_status"]),
        (record(1, http(b"\x89PNG", Content_Type="image/png")), ["media_type"]),
        (record(1, http(b"a{}", Content_Type="text/css")), ["media_type"]),
        (record(1, b"\x89PNG", kind="resource", content_type="image/png"), ["media_type"]),
        (record(1, http(b"%PDF", Content_Type="application/pdf")), [b"%PDF"]),
        (record(1, http(CHUNKED, Transfer_Encoding="chunked")), [b"<p>ab</p>"]),
        (record(1, http(CHUNKED[:12], Transfer_Encoding="chunked")), ["truncated"]),
        (record(1, http(b"<p>a", Transfer_Encoding="chunked")), [b"<p>a"]),
        (record(1, http(gzip.compress(b"<p>a"), Content_Encoding="gzip")), [b"<p>a"]),
        (record(1, http(zlib.compress(b"<p>a"), Content_Encoding="deflate")), [b"<p>a"]),
        (record(1, http(zlib.compress(b"<p>a")[2:-4], Content_Encoding="deflate")), [b"<p>a"]),
        (record(1, http(b"<p>a", Content_Encoding="gzip")), [b"<p>a"]),
        (record(1, http(gzip.compress(b"<p>a" * 99)[:-12], Content_Encoding="gzip")), ["truncated"]),
        (record(1, http(b"x", Content_Encoding="br")), ["content_encoding"]),
        (record(1, http(b"<p>a"), WARC_Truncated="length"), ["truncated"]),
        (record(1, http(b"<p>a"), WARC_Segment_Number="1"), ["truncated"]),
        (record(1, b"no head of http"), ["bad_http"]),
        (record(1, http(b"<p>a"), WARC_Date="yesterday"), [b"<p>a"]),
        (record(1, http(b"<p>a"), WARC_Date="0001-01-01T00:00:00+14:00"), [b"<p>a"]),
        (record(1, http(b"<p>" + b"a" * 2_000_000)), ["too_large"]),
        (record(1, http(gzip.compress(b"a" * 2_000_000), Content_Encoding="gzip")), ["too_large"]),
        (b"", ["empty_file"]),
    ],
)
def test_what_a_record_is(tmp_path, compressed, made, expected):
    got = read(file(tmp_path, [INFO, made], compressed))
    assert [said(raw) for raw in got] == expected
    for raw in got:
        if expected[0] in ("http_status", "media_type"):
            assert isinstance(raw.trouble, NotADocument)
            assert raw.url == URL.format(1)


@both
@pytest.mark.parametrize("name", ["Content-Length", "WARC/1.1", "WARC-Type: response"])
@pytest.mark.parametrize("slice_bytes", [1 << 30, 1])
def test_a_broken_record_costs_itself(tmp_path, compressed, name, slice_bytes):
    broken = {
        "Content-Length": record(1, http(body(1)), Content_Length="many"),
        "WARC/1.1": record(1, http(body(1))).replace(b"WARC/1.1", b"WORK/1.1"),
        "WARC-Type: response": record(1, http(body(1))).replace(b"WARC-Type: response", b"WARC-Type response"),
    }[name]
    path = file(tmp_path, [INFO, record(0, http(body(0))), broken, record(2, http(body(2)))], compressed)
    assert [said(raw) for raw in read(path, slice_bytes)] == [body(0), "bad_warc", body(2)]


@both
@pytest.mark.parametrize("length", ["999999999999", "9999"])
def test_a_length_beyond_the_file_does_not_swallow_the_records_after_it(tmp_path, compressed, length):
    broken = record(1, http(body(1)), kind="request", Content_Length=length)
    path = file(tmp_path, [broken, *(record(n, http(body(n))) for n in range(2, 5))], compressed)
    got = [said(raw) for raw in read(path)]
    assert got in (["truncated", body(2), body(3), body(4)], ["bad_warc", body(2), body(3), body(4)])


@both
def test_a_file_cut_anywhere_keeps_what_is_whole(tmp_path, compressed):
    records = [INFO, *(record(n, http(body(n))) for n in range(3))]
    whole = file(tmp_path, records, compressed).read_bytes()
    ends = list(itertools.accumulate(len(gzip.compress(r, mtime=0)) if compressed else len(r) for r in records))
    path = tmp_path / ("cut.warc.gz" if compressed else "cut.warc")
    for size in range(ends[0] + 1, len(whole)):
        path.write_bytes(whole[:size])
        got = [said(raw) for raw in read(path)]
        kept = [each for each in got if isinstance(each, bytes)]
        # A plain record is whole when only the line ends behind it are missing.
        least = sum(end <= size for end in ends[1:])
        assert kept == [body(n) for n in range(len(kept))]
        assert least <= len(kept) <= sum(end - (0 if compressed else 4) <= size for end in ends[1:])
        torn = not compressed and any(end - 4 <= size <= end for end in ends)
        assert got[len(kept) :] == ([] if size in ends or torn else ["truncated"])


def test_a_damaged_member_is_not_believed(tmp_path):
    members = [gzip.compress(record(n, http(body(n))), mtime=0) for n in range(3)]
    members[1] = members[1][:-8] + b"\0\0\0\0" + members[1][-4:]  # the checksum is wrong
    path = tmp_path / "a.warc.gz"
    path.write_bytes(b"".join(members))
    got = read(path)
    assert [said(raw) for raw in got] == [body(0), "bad_warc", body(2)]
    assert len({raw.locator for raw in got}) == 3


@pytest.mark.parametrize("between", [b"\0" * 700, b"\x1f\x8b\x08\x00" * 500, b"WARC/1.1\r\n" * 50])
def test_rubbish_between_members_is_told_once(tmp_path, between):
    first, last = (gzip.compress(record(n, http(body(n))), mtime=0) for n in (1, 2))
    path = tmp_path / "a.warc.gz"
    path.write_bytes(first + between + last)
    assert [said(raw) for raw in read(path)] == [body(1), "bad_warc", body(2)]


@both
def test_what_is_large_is_never_held(tmp_path, compressed):
    path = file(tmp_path, [record(1, http(b"x" * 60_000_000)), record(2, http(body(2)))], compressed)
    tracemalloc.start()
    got = [said(raw) for raw in read(path)]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert got == ["too_large", body(2)]
    assert peak < 10_000_000


@both
@pytest.mark.parametrize("block", [b"a: b\r\n" * 200_000, b"a" * 2_000_000, b" x\r\n" * 500_000])
def test_an_endless_head_is_not_read(tmp_path, compressed, block):
    path = file(tmp_path, [b"WARC/1.0\r\n" + block + b"\r\n", record(2, http(body(2)))], compressed)
    assert [said(raw) for raw in read(path)] == ["bad_warc", body(2)]


@pytest.mark.parametrize("name", ["a.warc.gz", "A.WARC.GZ", "CC-MAIN-1.warc.wet.gz", "a.warc"])
def test_names(tmp_path, name):
    data = record(1, http(body(1)))
    (tmp_path / name).write_bytes(data if name == "a.warc" else gzip.compress(data))
    assert [said(raw) for raw in read(tmp_path / name)] == [body(1)]


def test_other_gzip_files_are_files(tmp_path):
    (tmp_path / "a.html.gz").write_bytes(gzip.compress(b"<p>"))
    (raw,) = read(tmp_path / "a.html.gz")
    assert raw.data == gzip.compress(b"<p>")


def test_what_warcio_writes_is_read(tmp_path):
    warcwriter = pytest.importorskip("warcio.warcwriter", reason="wants the extra crawl")
    out = io.BytesIO()
    writer = warcwriter.WARCWriter(out, gzip=True)
    block = http(body(3))
    writer.write_record(writer.create_warcinfo_record("a.warc.gz", {"software": "test"}))
    writer.write_record(writer.create_warc_record(URL.format(3), "response", io.BytesIO(block), length=len(block)))
    path = tmp_path / "a.warc.gz"
    path.write_bytes(out.getvalue())
    (raw,) = read(path)
    assert (raw.data, raw.url) == (body(3), URL.format(3))
