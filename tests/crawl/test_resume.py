"""Killed anywhere and run again: nothing written is fetched again, nothing torn is left, the ledger balances."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
from crawl_server import Site, text
from warcio.archiveiterator import ArchiveIterator

from cqia.errors import UsageError, WorkspaceError

PAGES = 30


def start(out: Path, seeds: list[str]) -> subprocess.Popen[str]:
    command = [str(Path(sys.executable).parent / "cqia"), "crawl", *seeds, "--out", str(out), "--rate", "0",
               "--allow-private"]  # fmt: skip
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONWARNINGS": "error"})


def kept(out: Path) -> set[str]:
    """What the ledger says is on disk."""
    if not (out / "ledger.sqlite").exists():
        return set()
    db = sqlite3.connect(out / "ledger.sqlite", timeout=30)
    try:
        return {url for (url,) in db.execute("select url from urls where state = 'kept'")}
    except sqlite3.OperationalError:
        return set()  # not made yet
    finally:
        db.close()


def in_warc(out: Path) -> list[str]:
    """What warcio finds in the files, digests checked."""
    found = []
    for path in sorted(out.glob("*.warc.gz")):
        with path.open("rb") as file:
            for record in ArchiveIterator(file, check_digests="raise"):
                record.content_stream().read()
                if record.rec_type == "response":
                    found.append(record.rec_headers.get_header("WARC-Target-URI"))
    return found


def slowly(asked):
    time.sleep(0.02)
    asked.answer(f"<p>{asked.path}</p>" * 300)


def test_killed_and_run_again(site: Site, tmp_path: Path) -> None:
    site.pages["*"] = slowly
    out = tmp_path / "out"
    seeds = [f"{site.url}/{n}" for n in range(PAGES)]
    for killed_at in (1, 10, 20):
        process = start(out, seeds)
        while len(kept(out)) < killed_at:
            assert process.poll() is None
            time.sleep(0.005)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        written = kept(out)
        before = len(site.asked)
        time.sleep(0.1)
        again = {f"{site.url}{path}" for path in (each.path for each in site.asked[before:])}
        assert not written & again
    asked_before = {url: sum(f"{site.url}{each.path}" == url for each in site.asked) for url in kept(out)}
    process = start(out, seeds)
    said, _ = process.communicate(timeout=60)
    assert process.returncode == 0, said
    assert f"In all {PAGES}: {PAGES} kept, 0 skipped, 0 failed, 0 pending." in said
    assert "Balanced" in said
    for url, count in asked_before.items():
        assert sum(f"{site.url}{each.path}" == url for each in site.asked) == count
    assert sorted(in_warc(out)) == sorted(seeds)  # each exactly once, none torn
    asked = len(site.asked)
    process = start(out, seeds)
    assert "0 addresses asked." in process.communicate(timeout=60)[0]
    assert len(site.asked) == asked


def names(rows):
    return {url.rpartition("/")[2]: row[0] for url, row in rows().items()}


@pytest.mark.parametrize("torn", [1, 100, -1])
def test_a_torn_record_is_cut_off(site, fetch, rows, stored, tmp_path, torn):
    site.pages["*"] = text("文" * 500)
    fetch(f"{site.url}/1", f"{site.url}/2")
    (path,) = (tmp_path / "out").glob("*.warc.gz")
    whole = path.read_bytes()
    db = sqlite3.connect(tmp_path / "out" / "ledger.sqlite")
    (at,) = db.execute("select offset from urls where url like '%/2'").fetchone()
    db.close()
    path.write_bytes(whole + whole[at:][:torn])
    crawled = fetch(f"{site.url}/3")
    assert (crawled.adopted, crawled.cut_off) == (0, len(whole[at:][:torn]))
    assert path.read_bytes().startswith(whole)
    assert [url for url, _ in stored()] == [f"{site.url}/{n}" for n in (1, 2, 3)]


def test_a_page_that_was_written_but_not_written_down_is_not_fetched_again(site, fetch, rows, stored, tmp_path):
    """As a kill between the two leaves it."""
    site.pages["*"] = text("a", ETag='"1"')
    fetch(f"{site.url}/1", f"{site.url}/2")
    db = sqlite3.connect(tmp_path / "out" / "ledger.sqlite", isolation_level=None)
    before = db.execute("select * from urls order by url").fetchall()
    (at,) = db.execute("select offset from urls where url like '%/2'").fetchone()
    db.execute("update files set bytes = ?", (at,))
    db.execute("update urls set state = 'pending', attempts = 0, status = null, fetched = null, etag = null, "
               "digest = null, warc = null, offset = null, length = null where url like '%/2'")  # fmt: skip
    crawled = fetch(f"{site.url}/1", f"{site.url}/2")
    assert (crawled.asked, crawled.adopted, crawled.cut_off) == (0, 1, 0)
    after = db.execute("select * from urls order by url").fetchall()
    db.close()
    assert [row[:9] + row[10:] for row in after] == [row[:9] + row[10:] for row in before]  # but for the attempts
    assert site.paths() == ["/1", "/2"]


def test_a_warc_file_that_is_full_is_followed_by_another(site, fetch, stored, tmp_path):
    site.pages["*"] = text("a")
    fetch(*(f"{site.url}/{n}" for n in range(4)), warc_bytes=500)
    assert len(list((tmp_path / "out").glob("*.warc.gz"))) > 1
    assert [url for url, _ in stored()] == [f"{site.url}/{n}" for n in range(4)]
    assert fetch(f"{site.url}/9", warc_bytes=500).counts.kept == 5


def test_a_file_that_someone_cut_is_told(site, fetch, tmp_path):
    site.pages["*"] = text("a")
    fetch(site.url)
    (path,) = (tmp_path / "out").glob("*.warc.gz")
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(WorkspaceError, match="were written to it"):
        fetch(site.url)
    path.unlink()
    with pytest.raises(WorkspaceError, match="has 0 bytes"):
        fetch(site.url)


@pytest.mark.parametrize("seed", ["ftp://a.example/", "a.example", "http://", "http://a b/", "http://u:p@a.example/"])
def test_a_seed_that_is_no_address(cqia, tmp_path, seed):
    said = cqia("crawl", seed, "--out", tmp_path / "out")
    assert said.code == 2
    assert "http://" in said.err
    assert not (tmp_path / "out").exists()


def test_nothing_to_do(tmp_path, fetch):
    with pytest.raises(UsageError, match="nothing to fetch"):
        fetch()


def test_two_crawls_do_not_share_a_folder(site, tmp_path, cqia):
    site.pages["*"] = lambda asked: (time.sleep(1), asked.answer("a"))
    out = tmp_path / "out"
    process = start(out, [site.url])
    while not site.asked:
        time.sleep(0.01)
    said = cqia("crawl", site.url, "--out", out, "--allow-private")
    assert said.code == 1
    assert "in use by process" in said.err
    assert "1 kept" in process.communicate(timeout=30)[0]


def test_interrupted_by_hand(site, tmp_path):
    site.pages["*"] = slowly
    out = tmp_path / "out"
    process = start(out, [f"{site.url}/{n}" for n in range(PAGES)])
    while len(kept(out)) < 3:
        time.sleep(0.005)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=5)
    assert process.returncode == 130
    assert len(in_warc(out)) >= 3
