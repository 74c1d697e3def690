"""How fast pages are read: Zhihu's question pages, beside trafilatura and resiliparse.

    python benchmarks/read.py [--pages DIR] [--peers PYTHON] [--rounds N]

The peers are not dependencies: name a Python that has them (``python -m venv /tmp/peers``, then its ``pip install
trafilatura lxml_html_clean resiliparse``). Without ``--peers`` only this package is timed.

What is compared: from the bytes of a page to text. Ours yields every answer as Markdown with its votes, author and
time; the peers look for one main text. Each program reads all pages in a process of its own, ``rounds`` times in turn,
so that a busy machine slows all alike; the figure is the median over rounds of processor time per page.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

PAGES = Path(__file__).resolve().parents[2] / "shared/data/web/zhihu_archive/pages_dev"


def ours() -> Callable[[bytes], object]:
    """This package's reader of Zhihu."""
    from cqia.readers.raw import Raw
    from cqia.readers.zhihu import read

    return lambda data: read(Raw("page.html", "", "", len(data), data=data))


def trafilatura() -> Callable[[bytes], object]:
    """The best known extractor of main text, in its Markdown form."""
    from trafilatura import extract  # type: ignore[import-not-found]

    return lambda data: extract(data, output_format="markdown")


def resiliparse() -> Callable[[bytes], object]:
    """A fast extractor of main text."""
    from resiliparse.extract.html2text import extract_plain_text  # type: ignore[import-not-found]
    from resiliparse.parse.html import HTMLTree  # type: ignore[import-not-found]

    return lambda data: extract_plain_text(HTMLTree.parse_from_bytes(data, "utf-8"), main_content=True)


PROGRAMS = {"cqia": ours, "trafilatura": trafilatura, "resiliparse": resiliparse}


def timed(name: str, pages: Path) -> float:
    """Milliseconds of processor time per page, after a warm-up on the first three pages."""
    data = [path.read_bytes() for path in sorted(pages.glob("*.html"))]
    program = PROGRAMS[name]()
    for page in data[:3]:
        program(page)
    start = time.process_time()
    for page in data:
        program(page)
    return (time.process_time() - start) / len(data) * 1e3


def main() -> None:
    """Prints a table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--pages", type=Path, default=PAGES)
    parser.add_argument("--peers", type=Path, help="a Python interpreter with trafilatura and resiliparse")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--one", choices=PROGRAMS, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.one:
        print(json.dumps(timed(args.one, args.pages)))
        return
    if not any(args.pages.glob("*.html")):
        sys.exit(f"no pages in {args.pages}: name a folder of saved Zhihu pages with --pages")
    pythons = {"cqia": sys.executable} | ({name: str(args.peers) for name in list(PROGRAMS)[1:]} if args.peers else {})
    times: dict[str, list[float]] = {name: [] for name in pythons}
    for _ in range(args.rounds):
        for name, python in pythons.items():
            command = [python, __file__, "--one", name, "--pages", str(args.pages)]
            times[name].append(json.loads(subprocess.run(command, check=True, capture_output=True).stdout))
    base = statistics.median(times["cqia"])
    print(f"{'':12} {'ms/page':>8} {'pages/s':>8} {'x cqia':>7}   least..most over {args.rounds} rounds")
    for name, each in times.items():
        middle = statistics.median(each)
        print(f"{name:12} {middle:8.2f} {1e3 / middle:8.0f} {middle / base:7.1f}   {min(each):.2f}..{max(each):.2f}")


if __name__ == "__main__":
    main()
