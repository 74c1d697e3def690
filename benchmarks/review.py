"""The review desk under load: a queue of a million records, 100 accounts, 20 requests always in flight.

    python benchmarks/review.py [--records 1000000] [--seconds 120] [--kills 20] [--processes 1]
                                [--database sqlite|postgresql|both] [--folder DIR] [--postgres URL]

The desk is ``cqia review serve`` itself, in processes of its own, on the same two cores as the load and PostgreSQL: the
real pages, over HTTP, with the forms' own tokens. Each of 20 workers asks for a record as one account, decides it
(which claims the next one and shows it in the same answer), asks again as another account, and now and then searches as
a senior. PostgreSQL is Debian's, with its settings as they are, syncing every commit. The time of a request is from its
first byte sent to its last byte received.

Counted as a failure, also while warming up: an answer that is not 200, or that has no record in it; a decision that was
answered and is not in the database afterwards; a record that was decided twice. Then the server is killed (SIGKILL) at
random moments under the same load, and after that everything that it had acknowledged must be in the database.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import urlopen

import numpy as np
import polars as pl
import psutil
from corpus import sentences, shards
from sqlalchemy import func, select

from cqia.desk.security import csrf_of
from cqia.pipeline import for_the_desk
from cqia.project import load
from cqia.review import accounts, items, sessions
from cqia.review.database import Database, connected
from cqia.review.tables import decisions
from cqia.schema import FIRED, RECORD, digest

ROOT = Path(__file__).resolve().parents[1]
CORES = 2  # of this machine, for all that runs here
PART = 10_000  # records
SEARCHES = 0.1  # of all requests
WANTED = {"next": 100.0, "save": 100.0, "search": 300.0}  # p95 in milliseconds
SOURCE = """
import polars as pl

from cqia.sources.source import Published, Source, Task

MADE = Source(
    name="made", title="样本", kind="Yours", description="for a benchmark", licence="none needed",
    read=lambda raw: iter(()),
    tasks=(Task(name="answer", wordings=("{title}",), fields={"title": pl.col("title")}, output=pl.col("text"),
                major=("问答",), minor=("问答",), domain=("通用",)),),
    published=Published("made", {"answer": "answers"}),
)
"""
TOML = '[sources.made]\npython = "made.py"\nraw = ["made.py"]\n[review]\nrequire = "all"\ngold = 0\n'


def prepare(folder: Path, records: int) -> None:
    """A project whose workspace holds so many judged records: the one that is there, or a new one."""
    if (folder / "cqia.toml").exists():
        there = sum(pl.scan_parquet(file).select(pl.len()).collect().item()
                    for file in (folder / "work/made/judge/out").glob("part-*.parquet"))  # fmt: skip
        if there != records:
            raise SystemExit(f"{folder} holds {there:,} records, not {records:,}: "
                             f"give --records {there}, or another folder.")  # fmt: skip
        return
    shutil.rmtree(folder / "work/made", ignore_errors=True)  # of a run that was killed while it wrote them
    for file in folder.glob("work/review.sqlite*"):
        file.unlink()
    places = [folder / "work/made" / name for name in ("judge/out", "judge/status", "dedup/out")]
    for place in places:
        place.mkdir(parents=True)
    number = 0
    for made in shards(records):
        for some in made.iter_slices(PART):
            for place, frame in zip(places, _part(some, number), strict=True):
                frame.write_parquet(place / f"part-{number:05}.parquet")
            number += 1
    (folder / "made.py").write_text(SOURCE, "utf-8")
    (folder / "cqia.toml").write_text(TOML, "utf-8")  # last: what is there is whole


def _part(documents: pl.DataFrame, number: int) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Records, statuses and documents; one record in ten is undecided."""
    rng = np.random.default_rng((11, number))
    score = pl.Series([None if x < 0.1 else 8 + 2 * x for x in rng.random(documents.height)], dtype=pl.Float64)
    fields = pl.Series(["通用", "医学", "法律", "历史"]).gather(rng.integers(0, 4, documents.height))
    digests = [digest(title, "", text)[:32] for title, text in documents.select("title", "text").iter_rows()]
    chosen = documents.select(
        id=pl.col("id") + "/answer", document_id="id", source="source", task=pl.lit("answer"), template=pl.lit("t"),
        instruction="title", input=pl.lit(""), output="text", metadata=pl.lit(""), score=pl.lit(score),
        domain=pl.concat_list(pl.lit(fields)), human_verified=pl.lit(False), text_digest=pl.Series(digests),
    )  # fmt: skip
    records = pl.concat([pl.DataFrame(schema=RECORD), chosen], how="diagonal_relaxed").select(list(RECORD))
    nobody = pl.lit(score).is_null()
    fired = pl.struct(rule=pl.lit("undecided"), value=pl.lit(None, pl.Float64), detail=pl.lit(None, pl.String))
    statuses = documents.select(
        id=pl.col("id") + "/answer", reason=pl.when(nobody).then(pl.lit("undecided")), by=pl.lit("heuristic"),
        fired=pl.when(nobody).then(pl.concat_list(fired)).otherwise(pl.lit([], FIRED)),
    )  # fmt: skip
    return records, statuses, documents.select("id", "title", "url", "author", "media", "raw")


@dataclass
class Load:
    """What a load has done: times in milliseconds by kind, failures, and what was acknowledged."""

    times: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    failures: list[str] = field(default_factory=list)
    acknowledged: set[str] = field(default_factory=set)


class Browser:
    """One connection that keeps alive, and just enough HTTP."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, method: str, path: str, cookie: str, form: dict[str, str] | None = None) -> tuple[int, str]:
        """Status and body."""
        if self.streams is None:
            self.streams = await asyncio.open_connection("127.0.0.1", self.port)
        reader, writer = self.streams
        body = urlencode(form).encode() if form is not None else b""
        head = f"{method} {path} HTTP/1.1\r\nhost: 127.0.0.1:{self.port}\r\ncookie: session={cookie}\r\n"
        if form is not None:
            head += (
                f"origin: http://127.0.0.1:{self.port}\r\nhx-request: true\r\n"
                f"content-type: application/x-www-form-urlencoded\r\ncontent-length: {len(body)}\r\n"
            )
        writer.write(head.encode() + b"\r\n" + body)
        answer = await reader.readuntil(b"\r\n\r\n")
        length = re.search(rb"content-length: (\d+)", answer, re.IGNORECASE)
        content = await reader.readexactly(int(length[1])) if length else b""
        return int(answer.split(b" ", 2)[1]), content.decode()


_FIELD = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)"')


async def work(
    browser: Browser, free: asyncio.Queue[tuple[str, str]], senior: str, load: Load, until: float
) -> None:  # fmt: skip
    """One of the requests in flight: as one account after the other, a record, a decision, sometimes a search."""
    pool, _ = sentences()
    if browser.streams is None:  # people do not all sit down at once
        await asyncio.sleep(random.random())
    while time.monotonic() < until:
        name, cookie = await free.get()
        try:
            if random.random() < SEARCHES * 2:
                sentence = pool[random.randrange(len(pool))]
                size = random.choice((2, 3, 4, 6, 8))
                start = random.randrange(max(1, len(sentence) - size))
                words = "".join(re.findall(r"[\u4e00-\u9fff]+", sentence[start : start + size]))
                await timed("search", load, browser, "GET", f"/search?{urlencode({'text': words or '我们'})}", senior)
            page = await timed("next", load, browser, "GET", "/review", cookie)
            form = dict(_FIELD.findall(page.partition('action="/review/save"')[2]))
            if "number" not in form:
                raise RuntimeError("next: no record was handed out")
            sent = {name: unescape(value) for name, value in form.items()} | {
                "action": "accept", "criterion_useful": "5", "csrf": csrf_of(cookie)
            }  # fmt: skip
            await timed("save", load, browser, "POST", "/review/save", cookie, sent)
            load.acknowledged.add(digest("save", name, sent["key"]))
        except (OSError, asyncio.IncompleteReadError) as error:
            load.failures.append(type(error).__name__)
            return
        except RuntimeError as error:
            load.failures.append(str(error))
        finally:
            free.put_nowait((name, cookie))


async def timed(
    kind: str, load: Load, browser: Browser, method: str, path: str, cookie: str, form: dict[str, str] | None = None
) -> str:
    """The body of a request, and its time."""
    begun = time.perf_counter()
    status, body = await browser.ask(method, path, cookie, form)
    load.times[kind].append((time.perf_counter() - begun) * 1000)
    if status != 200:
        raise RuntimeError(f"{kind}: {status} {body[:200]}")
    return body


async def drive(browsers: list[Browser], people: list[tuple[str, str]], senior: str, seconds: float) -> Load:
    """A load of so many seconds, with a request in flight for each browser."""
    load, free = Load(), asyncio.Queue[tuple[str, str]]()
    random.shuffle(people)
    for person in people:
        free.put_nowait(person)
    until = time.monotonic() + seconds
    await asyncio.gather(*(work(browser, free, senior, load, until) for browser in browsers))
    return load


@contextmanager
def desk(project: Path, url: str | None, processes: int) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """``cqia review serve``, and its port."""
    command = [sys.executable, "-m", "cqia", "review", "serve", "-C", str(project), "--port", "0"]
    command += ["--processes", str(processes), *(["--database", url] if url else [])]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)
    assert process.stdout is not None
    said = ""
    for line in process.stdout:
        said += line
        if found := re.search(r"http://127\.0\.0\.1:(\d+)", line):
            break
    else:
        raise RuntimeError(f"the desk did not open: {said}")
    try:
        with urlopen(f"http://127.0.0.1:{found[1]}/login", timeout=120):
            pass  # until then it takes connections and answers nothing
        yield process, int(found[1])
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        process.stdout.close()


def people_of(database: Database, count: int) -> tuple[list[tuple[str, str]], str]:
    """Accounts with a session each: names and cookies; and the cookie of a senior."""
    names = [f"reviewer{n}" for n in range(count)]
    with database.writing() as db:
        there = {each.name for each in accounts.everyone(db)}
        for name in {"senior", *names} - there:
            accounts.add(db, name, "senior" if name == "senior" else "reviewer", None)
        return [(name, sessions.open(db, name)) for name in names], sessions.open(db, "senior")


def cpu_seconds(pid: int) -> float:
    """What a server and its processes have used of the cores."""
    server = psutil.Process(pid)
    times = [each.cpu_times() for each in (server, *server.children(recursive=True))]
    return sum(each.user + each.system for each in times)


def missing(database: Database, acknowledged: set[str]) -> int:
    """How many acknowledged decisions are not in the database."""
    with database.reading() as db:
        there = set(db.execute(select(decisions.c.key)).scalars())
    return len(acknowledged - there)


def twice(database: Database) -> int:
    """How many records were decided more than once."""
    with database.reading() as db:
        several = select(decisions.c.id).group_by(decisions.c.id).having(func.count() > 1).subquery()
        return int(db.execute(select(func.count()).select_from(several)).scalar_one())


def measure(project: Path, url: str | None, args: argparse.Namespace) -> dict[str, object]:
    """One database: loading, the load, the kills."""
    database = connected(url or project / "work" / "review.sqlite")
    begun = time.perf_counter()
    items.sync(database, *for_the_desk(load(project)))
    took = time.perf_counter() - begun
    print(f"  {args.records:,} records onto the desk: {took:,.0f} s", flush=True)
    people, senior = people_of(database, args.accounts)
    with desk(project, url, args.processes) as (server, port):

        async def warm_and_measured() -> tuple[Load, float]:
            warm = await drive([Browser(port) for _ in range(args.in_flight)], people, senior, min(10, args.seconds))
            before = cpu_seconds(server.pid)
            browsers = [Browser(port) for _ in range(args.in_flight)]  # the others' connections may be closed by now
            done = await drive(browsers, people, senior, args.seconds)
            used = cpu_seconds(server.pid) - before
            done.failures[:0] = [f"warming up: {each}" for each in warm.failures]
            done.acknowledged |= warm.acknowledged
            return done, used

        done, used = asyncio.run(warm_and_measured())
    requests = sum(map(len, done.times.values()))
    each = 1000 * used / max(1, requests)
    result: dict[str, object] = {"sync_seconds": round(took, 1), "requests": requests, "server_cpu_ms": round(each, 2),
                                 "failures": done.failures[:5], "lost": missing(database, done.acknowledged),
                                 "twice": twice(database)}  # fmt: skip
    for kind, times in done.times.items():
        p50, p95, p99 = (round(float(np.percentile(times, q)), 1) for q in (50, 95, 99))
        result[kind] = {"n": len(times), "p50_ms": p50, "p95_ms": p95, "p99_ms": p99, "wanted_p95_ms": WANTED[kind]}
        print(f"  {kind:7} n {len(times):6}  p50 {p50:6} ms  p95 {p95:6} ms  p99 {p99:6} ms  (wanted {WANTED[kind]})")
    print(*(f"  {each}" for each in done.failures[:5]), sep="\n")
    print(f"  {requests:,} requests, of the server's time {each:.1f} ms of a core each")
    print(f"  failures {len(done.failures)}, lost {result['lost']}, decided twice {result['twice']}", flush=True)
    result["kills"] = killed(project, url, database, people, senior, args)
    database.close()
    return result


def killed(
    project: Path, url: str | None, database: Database, people: list[tuple[str, str]], senior: str,
    args: argparse.Namespace,
) -> dict[str, int]:  # fmt: skip
    """The server dies at random moments; what it had acknowledged must be there."""
    acknowledged: set[str] = set()
    for _ in range(args.kills):
        with desk(project, url, args.processes) as (process, port):

            async def until_killed(process: subprocess.Popen[str] = process, port: int = port) -> Load:
                browsers = [Browser(port) for _ in range(args.in_flight)]
                running = asyncio.create_task(drive(browsers, people, senior, 30))
                await asyncio.sleep(random.uniform(0.5, 2.5))
                os.killpg(process.pid, signal.SIGKILL)
                return await running

            acknowledged |= asyncio.run(until_killed()).acknowledged
    lost = missing(database, acknowledged)
    print(f"  {args.kills} kills: {len(acknowledged):,} decisions acknowledged, {lost} lost, "
          f"{twice(database)} decided twice", flush=True)  # fmt: skip
    return {"kills": args.kills, "acknowledged": len(acknowledged), "lost": lost, "twice": twice(database)}


def main() -> None:
    """Measure, print, and with --out write JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--accounts", type=int, default=100)
    parser.add_argument("--in-flight", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--processes", type=int, default=1, help="of the server")
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--database", choices=("sqlite", "postgresql", "both"), default="both")
    parser.add_argument("--postgres", metavar="URL",
                        help="a database that holds nothing else; what was put into it is used again. "
                        "Without it a server is started")  # fmt: skip
    parser.add_argument("--folder", type=Path, help="keep the records and SQLite's database here, and use those there; "
                        "PostgreSQL's is kept by --postgres")  # fmt: skip
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:CORES])
    folder = args.folder or Path(tempfile.mkdtemp(prefix="cqia-review-"))
    cores = len(os.sched_getaffinity(0))
    found: dict[str, object] = {
        "machine": f"{platform.machine()}, {cores} of {os.cpu_count()} cores",
        "processes": args.processes,
        "load": os.getloadavg(),
    }
    try:
        prepare(folder, args.records)
        print(f"sentences from {sentences()[1]}; load average before: {os.getloadavg()[0]:.1f}")
        for name in ("sqlite", "postgresql") if args.database == "both" else (args.database,):
            print(f"{name}:", flush=True)
            with _postgres(args.postgres) if name == "postgresql" else nullcontext(None) as url:
                found[name] = measure(folder, url, args)
    finally:
        if not args.folder:
            shutil.rmtree(folder)
    if args.out:
        args.out.write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n", "utf-8")


@contextmanager
def _postgres(url: str | None) -> Iterator[str]:
    if url:
        yield url
        return
    sys.path.insert(0, str(ROOT / "tests"))
    from postgres_server import server  # type: ignore[import-not-found]

    with server() as made:
        yield made


if __name__ == "__main__":
    main()
