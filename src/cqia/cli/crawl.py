"""The command that fetches: crawl."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from cqia.cli.app import UNBALANCED, Json, app


@app.command()
def crawl(
    out: Annotated[Path, typer.Option("--out", help="The folder for WARC files and ledger; an earlier crawl goes on.")],
    seeds: Annotated[
        list[str] | None, typer.Argument(metavar="SEED…", help="Addresses of pages.", show_default=False)
    ] = None,
    sitemap: Annotated[
        list[str] | None, typer.Option("--sitemap", help="The address of a sitemap; repeatable.", show_default=False)
    ] = None,
    rate: Annotated[float, typer.Option("--rate", min=0.0, help="Seconds between requests to one host.")] = 1.0,
    limit: Annotated[
        int | None, typer.Option("--limit", min=1, help="Ask no more addresses than N in this run.")
    ] = None,
    allow_private: Annotated[
        bool, typer.Option("--allow-private", help="Allow private and loopback addresses.")
    ] = False,
    contact: Annotated[
        str, typer.Option("--contact", help="Your mail address or page, told to every server.", show_default=False)
    ] = "",
    again: Annotated[
        bool, typer.Option("--again", help="Ask once more for what is done; what has not changed is not sent.")
    ] = False,
    json: Json = False,
) -> None:
    """Fetch pages politely into WARC files, with a ledger of what became of each address."""
    from cqia.cli.show import show_json
    from cqia.crawl.crawl import crawl as go
    from cqia.crawl.ledger import Counts
    from cqia.crawl.settings import Settings

    def told(counts: Counts) -> None:
        print(f"crawl: {counts.known - counts.pending} of {counts.known} done, {counts.kept} kept", file=sys.stderr)

    settings = Settings(rate=rate, limit=limit, allow_private=allow_private, contact=contact)
    crawled = go(out, seeds or [], sitemap or [], settings, again=again, told=told)
    counts = crawled.counts
    if json:
        show_json({**counts.to_dict(), "asked": crawled.asked})
    else:
        if crawled.adopted or crawled.cut_off:
            print(
                f"Taken over from a run that was killed: {crawled.adopted} pages; {crawled.cut_off} torn bytes cut off."
            )
        print(f"{crawled.asked} addresses asked. In all {counts.known}: {counts.kept} kept, {counts.skipped} skipped, "
              f"{counts.failed} failed, {counts.pending} pending.")  # fmt: skip
        if counts.reasons:
            print("reasons: " + ", ".join(f"{reason} {number}" for reason, number in counts.reasons.items()))
        for host in crawled.given_up:
            print(f"{host} does not answer, or asks to be left alone; its addresses stay pending.")
        if counts.pending:
            print("To go on, run the same command again.")
        print("Balanced: every address is accounted for." if counts.balanced else "NOT BALANCED.")
    if not counts.balanced:
        raise typer.Exit(UNBALANCED)
