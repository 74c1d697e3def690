"""How well Zhihu is read: every answer that stands in a saved page, against what the page itself says.

    python benchmarks/zhihu_accuracy.py [--data DIR]

For each ``.AnswerItem`` of each page the reader's document must have the page's id, votes and author, and the complete
text. The text is held against a reading by other means: the element's HTML through the standard library's parser, with
white space, Markdown's signs and zero-width characters taken out of both. The same is done with the content in the
page's own JSON, and votes and authors are held against the archive's records (a check, not the truth). Every miss is
shown. Then all rows, articles and old fragments are read, their texts held against the same oracle, and counted by
what became of them.

Exit code 1 below 99 % of answers read right.
"""

from __future__ import annotations

import argparse
import csv
import json
import re
import sys
from collections import Counter
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

from selectolax.lexbor import LexborHTMLParser

from cqia.errors import NotADocument, Unreadable
from cqia.readers.raw import Raw
from cqia.readers.zhihu import NOBODY, read
from cqia.schema import Document

WEB = Path(__file__).resolve().parents[2] / "shared/data/web"
ENOUGH = 0.99

# A sign is taken out of both texts wherever it stands.
SIGNS = re.compile("[\\s*#>|`~\\-\u200b\u200c\u200d\u2060\ufeff]|<br>|\\\\(?=\\|)")


class Oracle(HTMLParser):
    """The text of an element by another parser: icons, buttons and scripts out, formulas as LaTeX, items numbered,
    the language before a block of code."""

    skip = frozenset({"script", "style", "svg", "button", "noscript"})
    void = frozenset({"img", "br", "hr", "meta", "input", "link", "source", "wbr"})

    def __init__(self) -> None:
        super().__init__()
        self.out: list[str] = []
        self.stack: list[tuple[str, bool]] = []
        self.counters: list[int] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        classes = (given.get("class") or "").split()
        hidden = bool(self.stack and self.stack[-1][1])
        if tag == "img":
            if not hidden and given.get("eeimg"):
                self.out.append(self.tex(given.get("alt") or ""))
            return
        if tag in self.void:
            return
        if tag in ("ol", "ul"):
            self.counters.append(int(given.get("start") or 1) if tag == "ol" else -1)
        if tag == "li" and self.counters and not hidden and self.counters[-1] >= 0:
            self.out.append(f"{self.counters[-1]}.")
            self.counters[-1] += 1
        if "data-tex" in given and not hidden:
            self.out.append(self.tex(given["data-tex"] or ""))
        if "LinkCard" in classes:
            self.out.append(given.get("data-text") or given.get("href") or "")
        if tag == "code" and "pre" in [name for name, _ in self.stack] and not hidden:
            self.out.append("".join(c[9:] for c in classes if c.startswith("language-") and c != "language-text"))
        gone = {"ReferenceList-backLink", "ztext-math", "LinkCard", "video-box"} & set(classes)
        self.stack.append((tag, hidden or tag in self.skip or bool(gone)))

    def handle_endtag(self, tag: str) -> None:
        if tag in self.void or tag not in [name for name, _ in self.stack]:
            return
        while self.stack.pop()[0] != tag:
            pass
        if tag in ("ol", "ul") and self.counters:
            self.counters.pop()

    def handle_data(self, data: str) -> None:
        if not (self.stack and self.stack[-1][1]):
            self.out.append(data)

    @staticmethod
    def tex(latex: str) -> str:
        latex = latex.strip()
        return f"$${latex[:-2].strip()}$$" if latex.endswith("\\\\") else f"${latex}$" if latex else ""

    @classmethod
    def text(cls, html: str) -> str:
        parser = cls()
        parser.feed(html)
        parser.close()
        return "".join(parser.out)


def bare(text: str) -> str:
    """Without white space and signs."""
    return SIGNS.sub("", text)


def pages(folder: Path) -> tuple[int, list[str], Counter[str]]:
    """Answers looked at, the misses in words, and side checks."""
    records = {}
    for line in (folder / "answers_dev.jsonl").open("rb"):
        record = json.loads(line)
        records[record["id"]] = record
    total, misses, side = 0, [], Counter[str]()
    for path in sorted((folder / "pages_dev").glob("*.html")):
        data = path.read_bytes()
        documents = {str(d.get("id")): d for d in read(Raw(path.name, "", "", len(data), data=data))}
        tree = LexborHTMLParser(data)
        script = tree.css_first("#js-initialData")
        known = json.loads(script.text())["initialState"]["entities"]["answers"] if script is not None else {}
        shown = set()
        for item in tree.css(".AnswerItem"):
            total += 1
            ident = item.attributes.get("name") or ""
            shown.add(ident)
            wrong = list(faults(documents.get(f"answer-{ident}"), item.html or ""))
            misses += [f"{path.name} answer {ident}: {', '.join(wrong)}"] if wrong else []
            found = documents.get(f"answer-{ident}", {})
            if ident in known:
                side[f"text as in the page's JSON: {same(known[ident]['content'], found)}"] += 1
                side[f"votes as in the page's JSON: {known[ident]['voteupCount'] == found.get('likes')}"] += 1
            if record := records.get(ident):
                side[f"votes as in the archive's record: {record['voteupCount'] == found.get('likes')}"] += 1
                name = record["author"].get("name") or ""
                side[f"author as in the archive's record: {null(name) == found.get('author')}"] += 1
        side["answers in the JSON alone, read"] += sum(f"answer-{i}" in documents for i in known if i not in shown)
        side["answers in the JSON alone, missed"] += sum(f"answer-{i}" not in documents for i in known)
    return total, misses, side


def null(name: str) -> str | None:
    """The name of somebody; nobody is null."""
    return None if name in NOBODY else name


def same(html: str, found: Document) -> bool:
    """Whether a document says what the HTML says."""
    return bare(Oracle.text(html)) == bare(found.get("text") or "")


def faults(found: Document | None, html: str) -> Iterator[str]:
    """What is wrong with a document, by the HTML of its element."""
    if found is None:
        yield "not read"
        return
    element = LexborHTMLParser(html)
    metas = {m.attributes.get("itemprop"): m.attributes.get("content") or "" for m in element.css("meta")}
    content = element.css_first(".RichText")
    if str(found.get("likes")) != metas.get("upvoteCount"):
        yield f"votes {found.get('likes')} instead of {metas.get('upvoteCount')}"
    if found.get("author") != null(metas.get("name", "")):
        yield f"author {found.get('author')!r} instead of {metas.get('name')!r}"
    expected = bare(Oracle.text((content.html if content is not None else "") or ""))
    got = bare(found.get("text") or "")
    if expected != got:
        at = next((i for i, (a, b) in enumerate(zip(expected, got, strict=False)) if a != b), len(got))
        yield f"text differs at {at} of {len(expected)}: ...{got[at : at + 12]!r} instead of {expected[at : at + 12]!r}"


def rows(web: Path) -> Iterator[tuple[str, Raw]]:
    """Every other row and page, with the name of its collection."""
    csv.field_size_limit(1 << 24)
    for kind in ("answers", "comments"):
        for path in sorted((web / "zhihu_api_rows" / kind).glob("*.csv")):
            with path.open(newline="", encoding="utf-8") as file:
                for row in csv.DictReader(file):
                    yield f"zhihu_api_rows/{kind}", Raw(path.name, "", "row", 0, row=row)
    for name in ("answers", "articles"):
        for row in json.loads((web / f"zhihu_api_backup/{name}.json").read_bytes()):
            yield f"zhihu_api_backup/{name}", Raw(name, "", "row", 0, row=row)
    for path in sorted((web / "zhihu_archive/articles_dev").glob("*.json")):
        row = json.loads(path.read_bytes())
        yield "articles_dev", Raw(path.name, "", "", 0, row=row)
        yield "articles_dev, their pages", Raw(path.name, "", "", 0, data=row["rawHtml"].encode())
    for name in ("answers_dev", "questions_meta"):
        for line in (web / f"zhihu_archive/{name}.jsonl").open("rb"):
            yield name, Raw(name, "", "row", 0, row=json.loads(line))
    for path in sorted((web / "zhihu_2014_fragments").glob("*")):
        yield "zhihu_2014_fragments", Raw(path.name, "", "", 0, data=path.read_bytes())


def outcome(raw: Raw) -> str:
    """What becomes of one row or page."""
    try:
        documents = list(read(raw))
    except NotADocument as no:
        return f"not a document: {no.reason}"
    except Unreadable as no:
        return f"unreadable: {no.reason}"
    if any(not d.get("id") or d.get("text") is None for d in documents):
        return "read, without id or text"
    if raw.row is not None and (html := raw.row.get("content")) and not same(str(html), documents[0]):
        paid = "truncated" in (documents[0].get("extra") or "")
        return "read, the note on payment taken off" if paid else "read, part of the text missing"
    return "read" if any(d.get("text") for d in documents) else "read, empty or media only"


def main() -> None:
    """Prints the misses, the share read right, and the counts."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--data", type=Path, default=WEB, help="the folder with zhihu_archive and the others")
    web: Path = parser.parse_args().data
    if not (web / "zhihu_archive").is_dir():
        sys.exit(f"no zhihu_archive in {web}: name the folder with --data")
    total, misses, side = pages(web / "zhihu_archive")
    for miss in misses:
        print(miss)
    right = (total - len(misses)) / total
    print(f"answers shown in pages: {total}, read right (id, votes, author, complete text): {right:.2%}")
    for what, n in sorted(side.items()):
        print(f"  {n:6} {what}")
    counted: dict[str, Counter[str]] = {}
    for name, raw in rows(web):
        counted.setdefault(name, Counter())[outcome(raw)] += 1
    for name, outcomes in counted.items():
        print(f"{name}: " + ", ".join(f"{n} {what}" for what, n in outcomes.most_common()))
    sys.exit(0 if right >= ENOUGH else 1)


if __name__ == "__main__":
    main()
