"""Pages of Baidu Tieba (百度贴吧): a thread with its floors.

Seen are thread pages of 2024 as a browser saves them: the title in ``.core_title_txt``; a floor is an ``.l_post`` with
JSON in its ``data-field`` (author, post id, floor), the text in ``.d_post_content``, and number and time in
``.tail-info``. An advert between the floors has the same class and an empty ``data-field``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

from selectolax.lexbor import LexborNode

from cqia.errors import NotADocument
from cqia.readers import fields
from cqia.readers.html import prose
from cqia.readers.page import MESSAGES, html_of, title_of, wall
from cqia.readers.raw import Raw
from cqia.schema import Medium

BEIJING = timezone(timedelta(hours=8))

_FORUM = re.compile(r"【([^【】]{1,40})吧】[^【】]{0,20}百度贴吧$")
_THREAD = re.compile(r"/p/([0-9]{1,20})")
_NUMBER = re.compile(r"([0-9]{1,7})楼")
#: A forum's list stands in comments, which scripts put in place later; a search's list stands in the page.
_LISTS = "[id^='pagelet_html_frs-list'], .j_thread_list, .s_post_list"
#: A picture of a smile shows nothing; the other is a button under pictures too high for the page.
_FURNITURE = "img.BDE_Smiley, .replace_tip"


@dataclass(frozen=True)
class Floor:
    """One floor: what somebody posted under a thread, from number 1, the thread's own author's.

    Attributes:
        id: the post's, digits. author: as the account is called; None if anonymous. created: in UTC, to the minute.
        replies: how many replies the floor has; None where the page does not say.
    """

    id: str | None
    number: int | None
    author: str | None
    created: datetime | None
    text: str
    media: tuple[Medium, ...]
    replies: int | None


@dataclass(frozen=True)
class Thread:
    """A thread, or one page of a long one; ``replies`` counts those on its other pages too."""

    id: str | None
    title: str | None
    forum: str | None
    replies: int | None
    floors: tuple[Floor, ...]


def thread(raw: Raw) -> Thread:
    """The thread of a page.

    Raises:
        Unreadable: as ``page.html_of``.
        NotADocument: ``list_page`` (a forum, a search), ``no_thread`` (replies of a floor without their thread), or
            what the page says instead, one of ``page.MESSAGES``.
    """
    root, _ = html_of(raw)
    inside = {post.mem_id for post in root.css(".l_post .l_post")}  # would be read over and over
    posts = [post for post in root.css(".l_post") if post.mem_id not in inside and _told(post)]
    if not posts:
        if root.css_first(_LISTS) is not None:
            raise NotADocument("list_page", "a list of threads, without their floors")
        if root.css_first(".lzl_single_post") is not None:
            raise NotADocument("no_thread", "replies to a floor, without its thread")
        reason = wall(root)
        raise NotADocument(reason or "no_thread", MESSAGES.get(reason or "", "a page without a thread"))
    heading, counted = root.css_first(".core_title_txt"), root.css_first(".l_reply_num .red")
    head, link = title_of(root), root.css_first("link[rel=canonical]")
    shown = heading.attributes.get("title") or heading.text() if heading is not None else ""
    forum = _FORUM.search(head)
    found = _THREAD.search((link.attributes.get("href") or "") if link is not None else "")
    return Thread(
        id=found[1] if found else _ids(posts[0])[1],
        title=fields.line(shown) or fields.line(_FORUM.sub("", head)) or None,
        forum=forum[1] if forum else None,
        replies=fields.count(counted.text()) if counted is not None else None,
        floors=tuple(_floor(post) for post in posts),
    )


def _told(post: LexborNode) -> bool:
    return (post.attributes.get("data-field") or "{}").strip() != "{}"


def _ids(post: LexborNode) -> tuple[str | None, str | None]:
    """The ids of a post and of its thread."""
    content = fields.mapping(fields.mapping(post.attributes.get("data-field")).get("content"))
    return fields.digits(content.get("post_id")), fields.digits(content.get("thread_id"))


def _floor(post: LexborNode) -> Floor:
    told = fields.mapping(post.attributes.get("data-field"))
    content, author = fields.mapping(told.get("content")), fields.mapping(told.get("author"))
    tails = [fields.line(tail.text()) for tail in post.css(".tail-info")]
    numbers = [int(found[1]) for tail in tails if (found := _NUMBER.fullmatch(tail))]
    body = post.css_first(".d_post_content")
    if body is not None:
        for node in body.css(_FURNITURE):
            node.decompose()
    said = prose(body) if body is not None else None
    reply = post.css_first(".j_lzl_r")
    below = fields.mapping(reply.attributes.get("data-field")) if reply is not None else {}
    replies = fields.count(below.get("total_num"))
    name = fields.line(fields.first(author, "user_name", "user_nickname"))
    return Floor(
        id=_ids(post)[0],
        number=numbers[0] if numbers else fields.count(content.get("post_no")),
        author=None if content.get("is_anonym") is True or not name else name,
        created=next((time for tail in tails if (time := _time(tail)) is not None), None),
        text=said.text if said is not None else "",
        media=said.media if said is not None else (),
        replies=fields.count(content.get("comment_num")) if replies is None else replies,
    )


def _time(value: str) -> datetime | None:
    try:
        return datetime.strptime(value, "%Y-%m-%d %H:%M").replace(tzinfo=BEIJING).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
