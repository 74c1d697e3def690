"""A saved page as a tree: decoded, whole, and parsed; and what pages say that hold nothing to read."""

from __future__ import annotations

import re

from selectolax.lexbor import LexborNode

from cqia.errors import Unreadable
from cqia.readers.charset import decode
from cqia.readers.html import prose
from cqia.readers.raw import Raw
from cqia.readers.tree import parse

#: What a page says instead of its content, in the order in which it is looked for. The wording is that of Chinese
#: sites in general; a page of which the rest could be read is never looked at with these.
WALLS = (
    (
        "removed",
        re.compile("(?:内容|帖子|贴子|笔记|条目|问题|回答|页面)(?:可能)?(?:已|被)+(?:作者|楼主)?(?:删除|屏蔽|下架)"),
    ),
    ("captcha", re.compile("异常请求|安全验证|机器人程序|请输入验证码|滑块|人机验证")),
    ("not_found", re.compile("(?:页面|条目|贴吧|笔记|内容)不存在|不见了|404")),
    ("login_wall", re.compile("登录后(?:查看|即可|可以|才能)|请先登录|(?:验证码|密码)登录|登录即可")),
)
MESSAGES = {
    "removed": "a page that says its content was removed",
    "captcha": "a page that asks whether the visitor is a human",
    "not_found": "a page that says there is nothing here",
    "login_wall": "a page that asks the visitor to log in",
}

#: How a page begins; archives and browsers set its address before it, in a comment.
_PAGE = re.compile(
    r"[\s\ufeff]*(?:<!--(?:(?!-->).){0,2000}-->\s*){0,8}<(?:!doctype|html|head|body|div|\?xml)",
    re.IGNORECASE | re.DOTALL,
)
#: What a browser adds when it saves a page stands behind the body.
_OPENED, _CLOSED = re.compile("<html", re.IGNORECASE), re.compile("</(?:html|body)", re.IGNORECASE)


def is_page(text: str) -> bool:
    """Whether a text is a page of HTML, and not Markdown that holds some."""
    return _PAGE.match(text) is not None


def html_of(raw: Raw) -> tuple[LexborNode, str]:
    """The root of a saved page, and its text before parsing.

    Raises:
        Unreadable: ``empty``; ``truncated`` for a page that ends in the middle; or as ``decode`` and ``parse`` do.
    """
    data = raw.data or b""
    html, charset = decode(data, raw.charset)
    if not html.strip("\0 \t\r\n"):
        raise Unreadable("empty", "the page is empty")
    if _OPENED.search(html, 0, 4096) and not _CLOSED.search(html, max(0, len(html) - 4096)):
        raise Unreadable("truncated", f"the page ends in the middle, after {len(data):,} bytes: {html[-40:]!r}")
    return parse(data if charset == "utf-8" else html), html


def title_of(root: LexborNode) -> str:
    """What the page's ``<title>`` says, on one line."""
    title = root.css_first("title")
    return " ".join(title.text().split()) if title is not None else ""


def wall(root: LexborNode) -> str | None:
    """Why a page holds nothing to read, as one of ``MESSAGES``; None where it does not say."""
    said = f"{title_of(root)}\n{prose(root).text[:20_000]}"
    return next((reason for reason, pattern in WALLS if pattern.search(said)), None)
