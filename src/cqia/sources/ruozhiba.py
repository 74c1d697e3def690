"""弱智吧 (Ruozhiba): a Tieba forum whose thread titles are traps of logic and language (paper, appendix A.1).

Where from: titles with reply counts (github.com/Leymore/ruozhiba, no licence stated), its yearly lists of jokes, and
dumps of the threads that hold those lists (one JSON object per post, a post's replies under the same ``floor``); and
pages of threads as a browser saves them (``readers.tieba``).

    {"title": "被门夹过的核桃还补脑吗", "abs": null, "href": "/p/100?fr=good", "lz": "某人", "n_reply": "67"}

becomes the document ``ruozhiba:thread-100`` with 67 comments. Of the 500 most popular threads the paper keeps those
whose title is a question that can be answered. There is no answer yet: every record waits in ``assign`` as
``needs_answer``, for a model whose answer people then correct.
"""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta, timezone

import polars as pl

from cqia.errors import NotADocument, Unreadable
from cqia.readers import tieba
from cqia.readers.json_rows import parse_json
from cqia.readers.raw import Raw
from cqia.rules.rule import Rule
from cqia.schema import Document
from cqia.sources.source import Published, Source, Task, wordings

# A floor as a dump has it, and how many replies it has.
Head = tuple[Mapping[str, object], int | None]

BEIJING = timezone(timedelta(hours=8))
# A thread whose author numbers at least so many floors is a list of jokes; its other floors are the audience.
LISTED_FLOORS = 10
# Tieba shows 31 characters of a title at most; what it cut off stands at the beginning of the abstract.
FULL_TITLE_CHARS = 200

_THREAD = re.compile(r"/p/(\d{1,20})")
_NUMBERED = re.compile(r"\s*[*＊]?\s*(\d{1,3})\s*[*＊]?(?:\s*[.．、,，]\s*|\s+|(?=[“「《]))[*＊]?(?=\S)")
_RATED = re.compile(r"\s*评分\s*[:：]\s*(\d(?:\.\d+)?)\s*$")
_SPACED = re.compile(r"(?<=[\u4e00-\u9fff]) +(?=[\u4e00-\u9fff])")


def read(raw: Raw) -> Iterable[Document]:
    """The threads, jokes or floors of a page.

    Raises:
        Unreadable: ``unknown_shape`` for a row that is neither a thread, a joke nor a post; ``bad_json`` for a dump
            with a broken line; what ``readers.page`` finds wrong with a page.
        NotADocument: as ``tieba.thread``: the page is a list of threads, or a wall; ``not_data`` for a note
            beside the data.
    """
    if raw.row is None:
        if raw.name.lower().endswith((".md", ".txt")) or raw.name == "LICENSE":
            raise NotADocument("not_data", "a note that lies beside the data")
        return _page(raw) if (raw.data or b"").lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<") else _dump(raw)
    if "href" in raw.row:
        return [_thread(raw.row)]
    if "l_num" in raw.row:
        return [_annual(raw.row)]
    if "pid" in raw.row:
        return [_floor(raw.row, 0)]
    raise Unreadable(
        "unknown_shape",
        f"{raw.path}: a row with the fields {sorted(map(str, raw.row))[:10]}; "
        "there should be href (a thread), l_num (a joke) or pid (a post)",
    )


def _thread(row: Mapping[str, object]) -> Document:
    href = _text(row.get("href")) or ""
    found = _THREAD.search(href)
    title, context = _text(row.get("title")), _text(row.get("abs"))
    if title and context and _bare(context).startswith(_bare(title)):
        title, context = context if len(context) <= FULL_TITLE_CHARS else title, None
    return {
        "id": f"thread-{found[1]}" if found else None,
        "url": f"https://tieba.baidu.com/p/{found[1]}" if found else None,
        "title": _despaced(title),
        "context": context if context and _bare(context) else None,
        "comments": _count(row.get("n_reply")),
        "author": _text(row.get("lz")),
    }


def _annual(row: Mapping[str, object]) -> Document:
    number, joke, rating = _joke(_text(row.get("content")) or "")
    created = None
    with contextlib.suppress(ValueError, OverflowError):  # midnight of the year 1 in Beijing is no year in UTC
        created = datetime.strptime(str(row.get("ctime")), "%Y-%m-%d %H:%M").replace(tzinfo=BEIJING).astimezone(UTC)
    return {
        "title": joke,
        "rating": rating,
        "created": created,
        "author": _text(row.get("author")),
        "extra": json.dumps({"floor": row.get("l_num"), "place": number}, ensure_ascii=False),
    }


def _dump(raw: Raw) -> Iterator[Document]:
    """The floors of a thread. Where its author lists jokes, those; else every floor."""
    posts = []
    for number, line in enumerate((raw.data or b"").splitlines(), 1):
        if line.strip():
            try:
                post = parse_json(line.decode("utf-8-sig"))
            except ValueError as error:
                raise Unreadable("bad_json", f"line {number} of {raw.path} is not JSON: {error}") from None
            if not isinstance(post, dict):
                raise Unreadable("unknown_shape", f"line {number} of {raw.path} is not an object")
            posts.append(post)
    floors: dict[object, list[Mapping[str, object]]] = {}
    for post in posts:
        floors.setdefault(str(post.get("floor")), []).append(post)
    heads: list[Head] = [(posts[0], len(posts) - 1) for posts in floors.values()]
    for post, replies in _listed(heads) or heads:
        yield _floor(post, replies)


def _listed(heads: Sequence[Head]) -> list[Head]:
    """The floors in which a thread's author lists jokes; none where the thread is no such list."""
    author = _text(heads[0][0].get("user_name")) if heads else None
    listed = [
        (post, replies)
        for post, replies in heads
        if author and _text(post.get("user_name")) == author and _joke(_text(post.get("text")) or "")[0] is not None
    ]
    return listed if len(listed) >= LISTED_FLOORS else []


def _page(raw: Raw) -> Iterator[Document]:
    """The thread of a page, by its title, as the paper takes them; and the jokes that its author lists in it. Other
    floors answer the title and are no questions of their own."""
    thread = tieba.thread(raw)
    first = next((floor for floor in thread.floors if floor.number == 1), None)
    context = first.text if first is not None and _bare(first.text) != _bare(thread.title or "") else ""
    yield {
        "id": f"thread-{thread.id}" if thread.id else None,
        "url": f"https://tieba.baidu.com/p/{thread.id}" if thread.id else None,
        "title": _despaced(thread.title),
        "context": context if _bare(context) else None,
        "comments": thread.replies,
        "author": first.author if first is not None else None,
        "created": first.created if first is not None else None,
        "media": list(first.media) if first is not None else None,
        "extra": json.dumps({"forum": thread.forum}, ensure_ascii=False),
    }
    heads: list[Head] = [
        (
            {
                "pid": floor.id, "tid": thread.id, "floor": floor.number, "user_name": floor.author, "text": floor.text,
                "time": int(floor.created.timestamp()) if floor.created else None,
                "image_links": [medium["url"] for medium in floor.media if medium["kind"] == "image"],
            },
            floor.replies,
        )
        for floor in thread.floors
    ]  # fmt: skip
    for post, replies in _listed(heads):
        yield _floor(post, replies)


def _floor(post: Mapping[str, object], replies: int | None) -> Document:
    number, joke, rating = _joke(_text(post.get("text")) or "")
    pid, thread, seconds = _count(post.get("pid")), _count(post.get("tid")), _count(post.get("time"))
    links = post.get("image_links")
    return {
        "id": f"post-{pid}" if pid else None,
        "url": f"https://tieba.baidu.com/p/{thread}?pid={pid}" if pid and thread else None,
        "title": joke,
        "comments": replies,
        "rating": rating,
        "created": datetime.fromtimestamp(seconds, UTC) if seconds and seconds < 1 << 35 else None,
        "author": _text(post.get("user_name")),
        "media": [{"kind": "image", "url": link} for link in links if isinstance(link, str)]
        if isinstance(links, Sequence)
        else None,
        "extra": json.dumps({"floor": post.get("floor"), "place": number}, ensure_ascii=False),
    }


def _joke(text: str) -> tuple[int | None, str | None, float | None]:
    """A listed joke without its place in the list and the rating under it; the place and the rating (of 5)."""
    rated = _RATED.search(text)
    text = text[: rated.start()] if rated else text
    numbered = _NUMBERED.match(text)
    return (
        int(numbered[1]) if numbered else None,
        (text[numbered.end() :] if numbered else text).strip() or None,
        float(rated[1]) if rated else None,
    )


def _text(value: object) -> str | None:
    return value.strip() or None if isinstance(value, str) else None


def _count(value: object) -> int | None:
    if isinstance(value, str) and re.fullmatch(r"\d{1,18}", value):
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 63 else None


def _bare(text: str) -> str:
    """Letters and digits alone, to compare a title with an abstract that repeats it."""
    return "".join(character for character in text if character.isalnum())


def _despaced(title: str | None) -> str | None:
    """A title without the blanks set between its characters to slip past a word filter (弱 智 吧)."""
    if title and len(_SPACED.findall(title)) * 4 > len(title):
        return _SPACED.sub("", title)
    return title


# What a title quotes is somebody else's question, and a plea after a question is no sentence of its own.
_QUOTED = r"“[^”]*”|「[^」]*」|\"[^\"]*\"|《[^》]*》|爸爸去哪儿?|哪吒"
_PLEA = (
    r"(?:[，,。.！!\s~～…]*(?:在线等|挺?急的?|求解答?|求助|求教|谢谢|跪求|救救我|我还有救[么吗]))+"
    r"[，,。.！!？?\s~～…]*$"
)
# Interrogative words that ask nothing: indefinite ("谁都"), exclamations ("怎么这么"), indirect questions.
_NOT_ASKING = (
    r"谁知道?|谁都|谁也|谁能想到[^。]*|谁让|谁说|什么都|什么也|什么的|没什么|没有什么|哪怕|哪[儿里]都|怎么[也都]|不怎么|怎么这么|"
    r"无论(?:如何|谁|什么)|不管(?:谁|什么|怎么)|几乎|[十百千前好过这那]几|几[十百千]|多少有点|或多或少|没多少|"
    r"(?:为了|不知道?|验证|忘记|忘了|抱怨|教教?[你我他大]|知道是|告诉[你我他])[^，。！？?]*"
)
_WHY = r"[为為](?:[什甚][么麼麽]|啥|何)|凭什么|怎[么麼麽样樣]"
_ASKING = (
    rf"{_WHY}|[吗嗎嘛]$|呢$|[么麼麽]$|咋|如何|什[么麼麽]|啥|[谁誰]|哪|多少|几[个岁点次斤块位只]|几$|是否|能否|可否|难道|何时|何处|"
    r"是不是|能不能|会不会|要不要|该不该|行不行|值不值|算不算|敢不敢|想不想|好不好|对不对|用不用|可不可以|有没有|还是不|是[^不，。]+还是|"
    r"多[大高长久远重]$"
)
_ABOUT_THE_FORUM = r"弱\s*智?吧|本吧|贴吧|吧友|吧主|病友|楼主|水贴|神回复|发帖|回帖|本院|我院|青龙山"
_NEEDS_PICTURE = r"看图|如图|贴图|有图|图片|上图|下图|这图|张图|截图|照片里|视频"
# Our own short list; the general word lists come on top of it.
_TOXIC = (
    r"强[奸暴]|轮奸|鸡奸|乱伦|兽交|性交|做爱|性爱|口交|嫖|妓|婊|自慰|手淫|打飞机|撸管|阴[茎道毛]|鸡[巴鸡]|屌|奶子|裸[照体聊]|内裤|胸罩|"
    r"操[你他她]|日[你他她]妈|[草艹槽][泥你][马玛]|[他妈吗]的?妈的?|[妈吗]的(?:[我你他]|$)|尼玛|按摩.{0,3}棒|傻[逼比×xX]|煞笔|(?i:\bsb\b)|"
    r"自杀|割腕|上吊|跳楼|碎尸|分尸|尸体|杀[了人死]|杀还是|弄死|吸毒|贩毒|恐怖分子|黑鬼|支那|智障|[屎粪]"
)


def _asks(title: pl.Expr) -> pl.Expr:
    """Whether a title asks: a question mark with little after it, or, as most titles have no question mark, an
    interrogative word in the last clause or "why" at the beginning."""
    plain = title.str.replace_all(_QUOTED, "").str.replace(_PLEA, "").str.strip_chars(" 　~～…。.！!，,：:")
    asking = plain.str.replace_all(_NOT_ASKING, "")
    marked = asking.str.contains(r"[？?][^？?：:\n]{0,8}$")
    last_clause = asking.str.extract(r"([^，,：:。！!；;…？?]*)$")
    begins = asking.str.contains(rf"^(?:请问|讨论)?\s*(?:{_WHY})[^：:。！!？?]*$")
    return marked | last_clause.str.contains(_ASKING) | begins


_title = pl.col("title")
_question = (
    pl.when(_title.str.contains(r"[？?！!。…~～）)]$")).then(_title).otherwise(pl.concat_str(_title, pl.lit("？")))
)

RUOZHIBA = Source(
    name="ruozhiba",
    title="弱智吧",
    kind="Forum",
    description="Tieba subcommunity interested in logical traps",
    quantity=240,
    licence="none stated; the posts belong to their authors",
    exercised_on="real rows",
    read=read,
    whole=("*_dump.jsonl",),
    rank=pl.col("comments"),
    rules=(
        # Paper, A.1: "the 500 most upvoted threads". Tieba has no votes on threads; replies are what the data holds.
        Rule(name="unpopular", why="not among the most popular", value=pl.col("rank"), at_most=500, missing="drop"),
        Rule(
            name="not_a_question",
            why="the title asks nothing",
            value=~_asks(_title),
            missing="drop",
        ),
        Rule(
            name="about_the_forum",
            why="only the forum's own people could answer",
            value=_title.str.contains(_ABOUT_THE_FORUM),
            missing="drop",
            detail=_title.str.extract(f"({_ABOUT_THE_FORUM})"),
        ),
        Rule(
            name="needs_picture",
            why="the question is about a picture",
            value=_title.str.contains(_NEEDS_PICTURE),
            missing="drop",
            detail=_title.str.extract(f"({_NEEDS_PICTURE})"),
        ),
        Rule(
            name="toxic",
            why="sexual, violent or insulting words",
            value=_title.str.contains(_TOXIC),
            missing="drop",
            detail=_title.str.extract(f"({_TOXIC})"),
        ),
    ),
    tasks=(
        Task(
            name="answer",
            wordings=wordings(__file__, "answer"),
            fields={"question": _question},
            output=pl.col("text"),
            major=("问答",),
            minor=("逻辑问答", "隐喻理解"),
            domain=("通用",),
            answer_from="llm",
        ),
    ),
    rubric="forum",
    published=Published("ruozhiba", {"answer": "ruozhiba_ruozhiba"}),
)
