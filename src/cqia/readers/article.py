"""The general reader: the main text, title, author and date of a page of a site that nobody wrote a reader for.

Every piece of text has a weight: running text (it has the punctuation of sentences), code and tables count whole,
other text a little, text of links and of the site's furniture (menus, comments, recommendations) nothing. From the
body the reader goes down into the child that holds nearly all the weight, as long as there is one; what is then left is
the article, less its own furniture. There is no list of sites.

Measured on 27 news pages and 7 blog pages (``tests/readers/test_article.py`` runs it where they are).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from selectolax.lexbor import LexborNode

from cqia.errors import NotADocument, Unreadable
from cqia.readers.article_head import Head, head
from cqia.readers.charset import decode
from cqia.readers.html import GONE, prose
from cqia.readers.page import MESSAGES, wall
from cqia.readers.tree import parse
from cqia.schema import Medium

#: The reader goes down into a child that holds this share of the weight. On the 34 pages at hand the elements on the
#: way to the article hold 0.79 or more, and in an article no child holds more than 0.7, but for a single paragraph.
MOST = 0.75
#: Text without the punctuation of sentences: names of sections, dates, bylines.
LOOSE = 0.2
#: Below this weight there is no article, but links or a log-in wall; the shortest article at hand has 169 characters.
LEAST = 60
#: An element of an article with this share of its text in links, and no sentence in it, is furniture.
LINKED = 0.6

#: Elements that the reader does not go down into: they are parts of a text, not its place.
PARTS = frozenset({"p", "pre", "code", "blockquote", "dd", "a", "b", "strong", "h1", "h2", "h3", "span", "font"})
#: Elements of tables, which old sites lay pages out with: gone through, never stayed at.
TABULAR = frozenset({"table", "tbody", "thead", "tr"})
NEVER = GONE | frozenset({"nav", "footer", "aside", "form", "iframe", "label"})

_FURNITURE = re.compile(
    r"(?:^|[\s_-])(?:comments?|reply|sidebar|side-?bar|recommends?|related|relate|share|sharing|footer|foot|nav|navbar|"
    r"menu|breadcrumbs?|crumbs?|copyright|advert\w*|ads?|banner|toolbar|hot-?(?:list|news)|rank(?:ing)?|login|qrcode|"
    r"qr_?code|pagination|pager|tags?-?(?:list|box)|popup|modal|dialog|toc|catalog|author-?(?:info|card|box)|"
    r"prev-?next|next-?prev|statement|disclaimer|ep-(?:source|editor)|(?:left|right)-?bar|tags|"
    r"tuijian|fenxiang|pinglun|shen?g?ming|daohang|guanggao|xiangguan)(?:[\s_-]|$)",
    re.I,
)
_SENTENCE = re.compile(r"[，。！？；：、…]|[,.!?;](?:\s|$)")
#: Lines before the first sentence, or after the last, that belong to the page and not to the text.
_BYLINE = re.compile(
    r"^(?:[\d\s年月日时分秒:：/.-]{6,}.{0,60}|(?:来源|作者|编辑|责任编辑|责编|发布时间|发布日期|时间|日期|浏览|阅读|点击|字体|字号|分享到?|"
    r"打印|记者|文章来源|信息来源|图集|标签|上一篇|下一篇|阅读全文|收藏|举报|关注|原创|稿源|【字体)[\s】]*(?:[:：|(（/大小].{0,80}|\d.{0,30})?|"
    r"[（(]?(?:本文)?原标题[:：].{0,120})$"
)
_LAST = re.compile(
    r"^(?:\+\d{1,3}|[（(【\[]?\s*(?:纠错[】\])）]?\s*)?(?:责任编辑|责编|编辑|本文来源|来源|原标题|作者|声明|免责声明|版权声明|更多精彩|"
    r"延伸阅读|相关阅读|相关推荐|推荐阅读|上一篇|下一篇|打印本页|关闭窗口|扫一扫|长按|喜欢此内容|阅读全文|阅读原文|返回搜狐|标签|分享到?|本文标签)(?:[\s:：|】)）_].{0,120})?)$"
)
#: A caption whose picture is gone.
_CAPTION = re.compile(
    r"^[▲△▼↑↓]?\s?(?:图片?为?[^。\n]{0,60}[。.]?\s?[（(][^（()）\n]{1,12}摄[)）]|[^。\n]{0,60}。?\s?(?:视频截图|资料图片?|"
    r"[^。，\s]{0,20}供图(?:\s[^。，\s]{1,12})?|[（(][^（()）\n]{1,12}摄[)）])|(?:图片)?来[自源][^。\n]{0,20}(?:截图)?|图片来[自源于]+[^。\n]{0,30})[。.]?$"
)
#: Who wrote it, on a line of its own or behind the last sentence.
_CREDIT = re.compile(
    r"[（(](?:[^（()）。，！？\n]{2,24}|(?:综合)?整理自[^（()）\n]{2,40})[)）]"
    r"|[^\s。，]{2,10}记者[：: ]\s?\S{2,4}(?:[ 、]\S{2,4})?"
    r"|[^。，\n]{0,24}供稿[^。，\n]{0,40}|(?:图片|信息|内容|文章)均?来(?:自|源于)网络|返?回上一[页頁]"
)
_CREDIT_BEHIND = re.compile(r"(?<=[。！？”])[ \u3000]?[（(][^（()）。，！？\n]{2,24}[)）]\Z")
#: What begins the part of a page that speaks of other pages; all that follows it goes.
_OTHERS = re.compile(
    r"^[【\[]?(?:(?:为[你您]|猜你|热门|编辑|精彩|相关|延伸|更多|大家都在|本文)\s?[·•]?\s?)"
    r"(?:推荐|喜欢|阅读|新闻|文章|报道|评论|资讯|内容|链接|看|信息|精彩|标签|主题)[】\]]?[:：]?$"
)
_HOME = re.compile(r"\s*(?:返回|进入)[\w\u4e00-\u9fff]{0,10}(?:首页|频道|列表|顶部)\s*[>》»]*\s*$")
#: Other pages are spoken of after this share of the text at the earliest.
EARLIEST_END = 0.3


@dataclass(frozen=True)
class Article:
    """What a page says, in Markdown, and who said it when.

    Attributes:
        title: "" where the page has none.
        text: Markdown.
        author: a person, None where the page names nobody.
        publisher: the site or paper that the text was taken from, as it is named beside "来源"; None.
        created: as the page says it; a time without a zone is Beijing's.
        media: pictures and videos in the text.
    """

    title: str
    text: str
    author: str | None
    publisher: str | None
    created: datetime | None
    media: tuple[Medium, ...]


def article(data: bytes, charset: str | None = None) -> Article:
    """The article of a page.

    Args:
        data: the page. charset: what the server declared, where that is known.

    Raises:
        Unreadable: in no known charset, empty, nested beyond measure.
        NotADocument: ``no_content``: the page has no running text of its own; ``removed``, ``captcha``, ``not_found``,
            ``login_wall`` where it says why.
    """
    html, found_in = decode(data, charset)
    if not html.strip("\0 \t\r\n"):
        raise Unreadable("empty", "the page is empty")
    root = parse(data if found_in == "utf-8" and not data.startswith(b"\xef\xbb\xbf") else html)
    body = root.css_first("body") or root
    numbered_code(body)
    weights = weigh(body)
    if weights.get(body.mem_id, (0.0, 0))[0] < LEAST:
        if said := wall(root):
            raise NotADocument(said, MESSAGES[said])
        raise NotADocument("no_content", "no running text on the page: a list of links or a frame")
    place = main(body, weights)
    found = head(root, place, html)
    _clear(place, weights)
    shown = prose(place)
    text = _trimmed(shown.text, found)
    if not text:
        raise NotADocument("no_content", "nothing is left of the page without its furniture")
    return Article(found.title, text, found.author, found.publisher, found.created, shown.media)


def main(body: LexborNode, weights: dict[int, tuple[float, int]]) -> LexborNode:
    """The innermost element that holds nearly all the weight; a table of data is not gone into."""
    place = body
    while True:
        whole = weights[place.mem_id][0]
        best = max(place.iter(), key=lambda child: weights.get(child.mem_id, (0.0, 0))[0], default=None)
        if best is None or weights.get(best.mem_id, (0.0, 0))[0] < MOST * whole or _is_part(best):
            break
        place = best
    while place.tag in TABULAR and place.parent is not None:
        place = place.parent
    return place


def _is_part(node: LexborNode) -> bool:
    """Whether an element is a part of a text; an item of a list is none where it holds whole paragraphs or tables."""
    return node.tag in PARTS or (node.tag == "li" and node.css_first("p, div, table") is None)


def numbered_code(body: LexborNode) -> None:
    """Tables with the numbers of lines in one cell and the code in the next, as highlighters make, become code."""
    for table in body.css("table")[:200]:
        cells = table.css("td")
        if len(cells) != 2 or len(table.css("table")) > 1:  # a selector finds the element itself too
            continue
        numbers = cells[0].text(separator=" ").split()
        if len(numbers) < 2 or numbers != [str(number) for number in range(1, len(numbers) + 1)]:
            continue
        lines = cells[1].css("[class*=line]")
        text = "\n".join(line.text() for line in lines) if len(lines) == len(numbers) else cells[1].text()
        parser = table.parser
        code = parser.create_node("pre")
        code.insert_child(text.replace("\xa0", " "))
        table.replace_with(code)


def weigh(body: LexborNode) -> dict[int, tuple[float, int]]:
    """Of every element the weight of its text, and the characters of it that stand in links."""
    weights: dict[int, tuple[float, int]] = {}
    todo: list[tuple[LexborNode, bool, bool, bool]] = [(body, False, False, False)]
    while todo:
        node, left, linked, solid = todo.pop()
        if left:
            _sum(node, weights, linked, solid)
            continue
        tag = node.tag or ""
        if tag in NEVER or tag.startswith("-") or (tag != "body" and furniture(node)):
            continue
        linked, solid = linked or tag == "a", solid or tag in ("pre", "code", "table")
        todo.append((node, True, linked, solid))
        todo.extend((child, False, linked, solid) for child in node.iter())
    return weights


def _sum(node: LexborNode, weights: dict[int, tuple[float, int]], linked: bool, solid: bool) -> None:
    """The weight of an element: its own text, and that of its children, which are known."""
    own = re.sub(r"\s+", "", "".join(child.text_content or "" for child in node.iter(include_text=True)
                                     if child.tag == "-text"))  # fmt: skip
    weight = 0.0
    if own and not linked:
        weight = len(own) if solid or _SENTENCE.search(own) else len(own) * LOOSE
    in_links = len(own) if linked else 0
    for child in node.iter():
        inner = weights.get(child.mem_id)
        if inner:
            weight, in_links = weight + inner[0], in_links + inner[1]
    weights[node.mem_id] = (weight, in_links)


def furniture(node: LexborNode) -> bool:
    """Whether the names of an element say that it is the site's and not the text's."""
    attributes = node.attributes
    names = f"{attributes.get('class') or ''} {attributes.get('id') or ''}"
    if names == " ":
        return False
    style = (attributes.get("style") or "").replace(" ", "")
    return "display:none" in style or (len(names) < 200 and _FURNITURE.search(names) is not None)


def _clear(place: LexborNode, weights: dict[int, tuple[float, int]]) -> None:
    """Takes the furniture out of the article: by name, and lists of links."""
    out: list[LexborNode] = []
    todo = [*place.iter()]
    while todo:
        node = todo.pop()
        tag = node.tag or ""
        weight, in_links = weights.get(node.mem_id, (0.0, 0))
        listed = (
            tag in ("ul", "ol", "div", "dl", "table", "section")
            and in_links > 12
            and (in_links > LINKED * (in_links + weight) and weight < 2 * LEAST)
        )
        if tag in NEVER - GONE or furniture(node) or listed:
            out.append(node)
        elif tag not in GONE and tag not in ("pre", "code"):
            todo.extend(node.iter())
    for node in out:
        node.decompose()


def _trimmed(text: str, found: Head) -> str:
    """The text without the title, the byline above it and the notes of the editors below."""
    lines = text.split("\n")
    title = _bare(found.title)
    first = 0
    for number, line in enumerate(lines[:12]):
        bare = _bare(line)
        if bare and title and bare == title:
            first = number + 1
            break
    while first < len(lines) and (not lines[first].strip() or _BYLINE.match(_plain(lines[first]))):
        first += 1
    last, so_far, whole = len(lines), 0, len(text)
    for number, line in enumerate(lines):
        if number > first and so_far > EARLIEST_END * whole and _OTHERS.match(_plain(line)):
            last = number
            break
        so_far += len(line) + 1
    while last > first and _credits(_plain(lines[last - 1])):
        last -= 1
    kept: list[str] = []
    caption = False
    for line in lines[first:last]:
        if line.strip() or not caption:  # the blank line below a caption goes with it
            caption = _CAPTION.match(_plain(line)) is not None
            kept += [] if caption else [line.lstrip("\u3000")]
    return _CREDIT_BEHIND.sub("", _HOME.sub("", "\n".join(kept)).strip("\n"))


def _credits(line: str) -> bool:
    """Whether a line below the text says nothing, or who wrote, edited and printed it."""
    return not line or _LAST.match(line) is not None or _CREDIT.fullmatch(line) is not None


def _plain(line: str) -> str:
    return line.strip().strip("*#> \u3000")


def _bare(text: str) -> str:
    return "".join(character for character in text if character.isalnum())
