"""How well the sources are read: real pages and items against what they themselves say, by other means.

    python benchmarks/sources.py [--data DIR]

Every check counts what it looked at and what came out right, and shows each miss. The other means are the standard
library: its HTML parser (``zhihu_accuracy.Oracle``), regular expressions over the bytes, its JSON and CSV readers.

    zhihu         every answer in the saved pages (``zhihu_accuracy.py`` tells more of it), articles, old fragments
    douban        rating, cast, summary and every long review of each page
    tieba         every floor with its author, number and time
    xiaohongshu   every card of the page's JSON
    news          every page becomes an article of the source, with title, date and text
    blogs         blocks of code and tables, character for character, against people's marking
    exams         every item of Gaokao, AGIEval, LogiQA, TAL and JEC-QA becomes a record or is dropped with a reason;
                  and each record's answer names the options of the bank's own key, by letter or in their words

Exit code 1 below the share that each check must reach (``LEAST``).
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path

import polars as pl
import zhihu_accuracy

from cqia.errors import NotADocument, Unreadable
from cqia.readers import article, douban, tieba, xiaohongshu, zhihu
from cqia.readers.raw import Raw
from cqia.readers.slices import cut, pages
from cqia.sources import SOURCES
from cqia.sources.source import Source
from cqia.stages import assign, collect, filter

DATA = Path(__file__).resolve().parents[2] / "shared/data"
#: Where a solution names its answer: the end of it.
ENDING = 200
#: The lowest share that passes; what is not said here must be 1.
LEAST = {"zhihu answers": 0.99, "exam answers": 0.995}


@dataclass
class Check:
    """What one check looked at: how many, how many came out right, and the misses in words."""

    name: str
    total: int = 0
    misses: list[str] = field(default_factory=list)
    told: Counter[str] = field(default_factory=Counter)

    def see(self, right: bool, what: str) -> None:
        """Count one thing; a miss is ``what``."""
        self.total += 1
        if not right:
            self.misses.append(what)

    @property
    def share(self) -> float:
        return 1 - len(self.misses) / self.total if self.total else 0.0


def bare(text: str) -> str:
    """Without tags, white space, and the signs of Markdown and LaTeX's dollars."""
    return re.sub(r"[\s*#>|`~$\\\-_（）()．.。]", "", unescape(re.sub(r"<[^>]*>", "", text)))


def page_of(path: Path) -> Raw:
    """A file as a reader gets it."""
    data = path.read_bytes()
    return Raw(str(path), "", "", len(data), data=data)


def check_zhihu(data: Path) -> Iterator[Check]:
    """Answers of pages, articles, fragments."""
    web = data / "web"
    total, misses, _ = zhihu_accuracy.pages(web / "zhihu_archive")
    yield Check("zhihu answers", total, misses)
    articles = Check("zhihu articles")
    for path in sorted((web / "zhihu_archive/articles_dev").glob("*.json")):
        row = json.loads(path.read_bytes())
        page = row["rawHtml"].encode()
        (found,) = zhihu.read(Raw(path.name, "", "", len(page), data=page))
        right = found["title"] == " ".join(unescape(row["title"]).split()) and bool(found["id"])
        articles.see(right and zhihu_accuracy.same(row["content"], found), path.name)
    yield articles
    fragments = Check("zhihu fragments of 2014")
    for path in sorted((web / "zhihu_2014_fragments").glob("*.html")):
        try:
            fragments.told["read"] += len(zhihu.read(page_of(path)))
            fragments.see(True, "")
        except (NotADocument, Unreadable) as error:  # a reason is an answer, a crash would end this script
            fragments.told[error.reason] += 1
            fragments.see(True, "")
    yield fragments


def check_douban(data: Path) -> Iterator[Check]:
    """Each fact that a page marks up stands in the documents."""
    facts, reviews = Check("douban rating, cast, summary"), Check("douban long reviews")
    for path in sorted((data / "web/douban").glob("*.html")):
        html = path.read_text("utf-8")
        try:
            subject, *found = douban.read(page_of(path))
        except NotADocument as error:
            facts.told[error.reason] += 1
            continue
        extra = json.loads(subject["extra"] or "{}")
        rating = re.search(r'property="v:average">\s*([\d.]*)\s*<', html)
        stars = [unescape(name) for name in re.findall(r'rel="v:starring">([^<]+)</a>', html)]
        summaries = re.findall(r'property="v:summary"[^>]*>(.*?)</span>|<div class="intro">(.*?)</div>', html, re.S)
        if rating and rating[1]:
            facts.see(subject.get("rating") == float(rating[1]), f"{path.name}: rating {subject.get('rating')}")
        if stars:
            facts.see(extra.get("cast") == list(dict.fromkeys(stars)), f"{path.name}: cast {extra.get('cast')}")
        shown = bare(subject.get("text") or "")
        facts.see(any(bare("".join(pair)) in shown or shown in bare("".join(pair)) for pair in summaries if any(pair)),
                  f"{path.name}: summary")  # fmt: skip
        known = {document["id"]: document for document in found}
        for ident in dict.fromkeys(re.findall(r'class="main review-item" id="(\d+)"', html)):
            document = known.get(f"review-{ident}", {})
            whole = all(document.get(key) for key in ("title", "text", "author", "created"))
            reviews.see(whole, f"{path.name}: review {ident}")
    yield facts
    yield reviews


def check_tieba(data: Path) -> Iterator[Check]:
    """Floors against the JSON beside each of them, and times against the page's text."""
    floors = Check("tieba floors")
    for path in sorted((data / "web/tieba").glob("*.html")):
        html = path.read_text("utf-8")
        try:
            found = {each.id: each for each in tieba.thread(page_of(path)).floors}
        except NotADocument as error:
            floors.told[error.reason] += 1
            continue
        for told in map("".join, re.findall(r"class=\"l_post [^>]*data-field=(?:'([^']*)'|\"([^\"]*)\")", html)):
            post = json.loads(unescape(told)) if told.strip() != "{}" else {}
            if not post:
                continue  # an advert
            floor = found.get(str(post["content"]["post_id"]))
            name = post["author"].get("user_name") or post["author"].get("user_nickname")
            right = floor is not None and floor.author == name and floor.number == post["content"]["post_no"]
            time = floor and floor.created and floor.created.astimezone(tieba.BEIJING).strftime("%Y-%m-%d %H:%M")
            floors.see(bool(right and time and time in html), f"{path.name}: {post['content']['post_id']}")
    yield floors


def check_xiaohongshu(data: Path) -> Iterator[Check]:
    """Cards against the script of the page, taken apart by hand."""
    cards = Check("xiaohongshu cards")
    for path in sorted((data / "web/xiaohongshu").glob("*.html")):
        html = path.read_text("utf-8")
        found = {document["id"]: document for document in xiaohongshu.read(page_of(path))}
        for chunk in re.split(r'(?="noteCard":\{)', html)[1:]:
            title = re.search(r'"displayTitle":("(?:[^"\\]|\\.)*")', chunk)
            likes = re.search(r'"likedCount":"([^"]*)"', chunk)
            names = re.findall(r'"nick(?:name|Name)":("(?:[^"\\]|\\.)*")', chunk)
            said = json.loads(title[1]) if title else ""
            right = any(
                (document.get("title") or "") == " ".join(said.split()) and document.get("likes") is not None
                and document.get("author") in [json.loads(name) for name in names] for document in found.values()
            )  # fmt: skip
            cards.see(bool(title and likes and right), f"{path.name}: {said}")
        cards.told["documents"] += len(found)
    yield cards


def check_news(data: Path) -> Iterator[Check]:
    """Pages of sites nobody wrote a reader for, as a project reads them: through the source."""
    pages_read = Check("news: pages read")
    for path in sorted((data / "web/news").rglob("*.html")):
        try:
            (found,) = SOURCES["baike"].read(page_of(path))
        except (NotADocument, Unreadable) as error:
            pages_read.see(False, f"{path.parent.name}/{path.name}: {error.reason}")
            continue
        whole = found["title"] and found["created"] and len(found["text"] or "") > 100
        pages_read.see(bool(whole), f"{path.parent.name}/{path.name}: {found['title']!r} {found['created']}")
    yield pages_read


def check_blogs(data: Path) -> Iterator[Check]:
    """Code and tables that people marked stand in the article; only blanks at the ends of lines are put up with."""
    code, tables = Check("blogs: blocks of code"), Check("blogs: cells of tables")
    folder = data / "web/blogs"
    for path in sorted((folder / "origin").glob("*.html")):
        marked = json.loads((folder / "groundtruth" / f"{path.stem}.jsonl").read_text("utf-8").split("\n")[0])
        text = article.article(path.read_bytes()).text
        blocks = [_lines(block) for block in re.findall(r"^ *```\S*\n(.*?)\n *```$", text, re.S | re.M)]
        for item in (item for part in marked["content_list"] for item in part):
            if item["type"] == "code" and not item.get("inline"):
                code.see(_lines(item["content"]["code_content"]) in blocks, path.name)
            if item["type"] == "table" and "<code" not in item["raw_content"]:
                for cell in re.findall(r"<t[dh]\b[^>]*>(.*?)</t[dh]>", item["raw_content"], re.S):
                    plain = re.sub(r"<br\s*/?>\s*$", "", cell).strip()
                    tables.see(plain in text, f"{path.name}: {plain[:30]!r}")
    yield code
    yield tables


def _lines(code: str) -> list[str]:
    """Lines of code without blanks at their ends and without the indent of a list that the code stands in."""
    lines = [line.rstrip() for line in code.strip("\n").split("\n")]
    indent = min((len(line) - len(line.lstrip()) for line in lines if line), default=0)
    return [line[indent:] for line in lines]


#: Banks by name: the source that reads them, and where they lie.
BANKS = {
    "Gaokao": ("gaokao", "gaokao/*_Questions/*.json"),
    "AGIEval's Gaokao": ("gaokao", "agieval/gaokao*.jsonl"),
    "TAL-SCQ5K": ("gaokao", "tal_scq5k/**/*.jsonl"),
    "LogiQA": ("logic", "logiqa/**/zh*.txt"),
    "AGIEval's LogiQA": ("logic", "agieval/logiqa-zh*.jsonl"),
    "JEC-QA": ("law", "agieval/jec*.jsonl"),
}


def check_exams(data: Path) -> Iterator[Check]:
    """Every item ends as a record or with a reason; records answer as the bank's own key says."""
    for name, (source_name, pattern) in BANKS.items():
        source = SOURCES[source_name]
        items, answers = Check(f"{name}: items accounted for"), Check(f"{name}: answers as the key says")
        for path in sorted((data / "exams").glob(pattern)):
            raws = [raw for part in cut(path, slice_bytes=1 << 30, whole=source.whole) for raw in pages(part)]
            keys = _keys(path)
            became = _road(source, raws)
            if len(became) != len(keys):
                items.see(False, f"{path.name}: {len(became)} documents of {len(keys)} items")
            for number, ((reason, output), (label, options)) in enumerate(zip(became, keys, strict=False)):
                items.see(bool(reason or output), f"{path.name}: item {number}")
                items.told[reason or "records"] += 1
                if label and output:
                    words = [bare(options[letter]) for letter in label if letter in options]
                    named = all(letter in output[-ENDING:] for letter in label)
                    quoted = bool(words) and all(word in bare(output) for word in words)
                    answers.see(named or quoted, f"{path.name}: item {number}: {label}, not {output[-40:]!r}")
        yield items
        yield answers


def _road(source: Source, raws: list[Raw]) -> list[tuple[str | None, str]]:
    """Of each item, in order: why it was dropped, or its first output."""
    drafted = collect.draft(raws, pl.DataFrame(), source=source.name, copyright="", read=source.read)
    filtered = filter.apply(drafted.out, pl.DataFrame(), rules=source.rules)
    made = assign.apply(filtered.out, pl.DataFrame(), tasks=source.tasks, edits=source.edits, seed=42)
    reasons = dict(pl.concat([filtered.status, made.status]).select("id", "reason").drop_nulls().iter_rows())
    outputs = dict(made.out.filter(pl.col("task") != "blank").select("document_id", "output").iter_rows())
    return [(reasons.get(id), outputs.get(id, "")) for id in drafted.out["id"]]


def _keys(path: Path) -> list[tuple[str, dict[str, str]]]:
    """The bank's own key, item by item: the letters ("" for a question without options), and the options' words."""
    if path.suffix == ".json":
        rows = json.loads(path.read_bytes())["example"]
        return [("".join(row["answer"]) if isinstance(row["answer"], list) else "", {}) for row in rows]
    if path.suffix == ".txt":
        found = re.findall(r"(?m)^([a-d])\n(?:.+\n){2}((?:.+(?:\n|\Z)){4})", path.read_text("utf-8"))
        options = [dict(zip("ABCD", (line[1:] for line in lines.splitlines()), strict=True)) for _, lines in found]
        return [(label.upper(), each) for (label, _), each in zip(found, options, strict=True)]
    keys = []
    for row in map(json.loads, path.read_text("utf-8").splitlines()):
        if "answer_option_list" in row:
            options_of = {each[0]["aoVal"]: each[0]["content"] for each in row["answer_option_list"]}
            keys.append((row["answer_value"], options_of))
        else:
            label = "".join(row["label"] or "") if row.get("options") else ""
            keys.append((label, {words[1]: words[3:] for words in row.get("options") or []}))
    return keys


CHECKS: tuple[Callable[[Path], Iterator[Check]], ...] = (
    check_zhihu, check_douban, check_tieba, check_xiaohongshu, check_news, check_blogs, check_exams,
)  # fmt: skip


def main() -> None:
    """Prints a line for each check, and its misses."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--data", type=Path, default=DATA, help="the folder with web and exams")
    data: Path = parser.parse_args().data
    if not (data / "web").is_dir():
        sys.exit(f"no web in {data}: name the folder with --data")
    failed = False
    for check in (found for each in CHECKS for found in each(data)):
        least = LEAST.get("exam answers" if "as the key says" in check.name else check.name, 1.0)
        failed |= check.share < least
        told = ", ".join(f"{number} {what}" for what, number in check.told.most_common())
        right = check.total - len(check.misses)
        print(f"{check.name}: {right} of {check.total} ({check.share:.2%})" + (f"; {told}" if told else ""))
        for miss in check.misses[:20]:
            print(f"    {miss}")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
