"""Bytes to text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cqia.errors import Unreadable
from cqia.readers.charset import decode
from cqia.readers.page import html_of
from cqia.readers.raw import Raw

SIMPLE = "今天我们来谈谈这个问题：为什么饭后不宜马上跑步？其实道理很简单，大家都能明白。" * 3
TRADITIONAL = "今天我們來談談這個問題：為什麼飯後不宜馬上跑步？其實道理很簡單，大家都能明白。" * 3


@pytest.mark.parametrize(
    ("data", "text", "charset"),
    [
        (SIMPLE.encode(), SIMPLE, "utf-8"),
        (b"\xef\xbb\xbf" + SIMPLE.encode(), SIMPLE, "utf-8"),
        (SIMPLE.encode("gb18030"), SIMPLE, "gb18030"),
        (TRADITIONAL.encode("big5"), TRADITIONAL, "big5"),
        (TRADITIONAL.encode("gb18030"), TRADITIONAL, "gb18030"),
        (b"\xff\xfe" + SIMPLE.encode("utf-16-le"), SIMPLE, "utf-16-le"),
        (b"\xfe\xff" + SIMPLE.encode("utf-16-be"), SIMPLE, "utf-16-be"),
        (b"plain", "plain", "utf-8"),
        (b"", "", "utf-8"),
    ],
)
def test_reads_what_chinese_pages_are_written_in(data: bytes, text: str, charset: str) -> None:
    assert decode(data) == (text, charset)


@pytest.mark.parametrize("codec", ["utf-8", "gb18030", "big5"])
def test_a_last_character_cut_in_two_is_dropped(codec: str) -> None:
    assert decode(TRADITIONAL.encode(codec)[:-1])[0] == TRADITIONAL[:-1]


def test_valid_utf8_is_utf8_whatever_the_page_declares() -> None:
    page = f'<meta charset="gb2312"><p>{SIMPLE}'
    assert decode(page.encode()) == (page, "utf-8")


@pytest.mark.parametrize(
    "declaration",
    [
        '<meta charset="big5">',
        '<?xml version="1.0" encoding="Big5"?>',
        '<META http-equiv=Content-Type content="text/html; charset=BIG5">',
    ],
)
def test_the_declared_charset_decides_between_two_that_fit(declaration: str) -> None:
    page = declaration + "龜鱉"  # too short for content to tell
    assert decode(page.encode("big5")) == (page, "big5")


@pytest.mark.parametrize(
    ("server", "page", "read"),
    [
        ("big5", "", "big5"),
        ("Big5", '<meta charset="gbk">', "big5"),  # the server's word goes before the page's
        ("gbk", '<meta charset="big5">', "gb18030"),
        ("iso-8859-1", '<meta charset="big5">', "big5"),  # what many servers say of every page
        (None, '<meta charset="big5">', "big5"),
    ],
)
def test_what_the_server_declared_goes_before_what_the_page_declares(server: str, page: str, read: str) -> None:
    data = page.encode() + "龜鱉".encode("big5")  # too short for content to tell
    assert decode(data, server) == (data.decode("big5" if read == "big5" else "gb18030"), read)


@pytest.mark.parametrize("server", ["gbk", "big5", "shift_jis", "utf-8", "nonsense"])
def test_no_declaration_by_the_server_spoils_what_the_bytes_say(server: str) -> None:
    assert decode(SIMPLE.encode(), server) == (SIMPLE, "utf-8")
    assert decode(b"\xff\xfe" + SIMPLE.encode("utf-16-le"), server) == (SIMPLE, "utf-16-le")


def test_a_wrong_declaration_gives_way() -> None:
    page = f'<meta charset="euc-kr"><p>{SIMPLE}</p>'
    assert decode(page.encode("gb18030"))[0].count("今天我们") in (0, 3)  # never an error
    page = f'<meta charset="utf-8"><p>{SIMPLE}</p>'
    assert decode(page.encode("gb18030")) == (page, "gb18030")


def test_one_bad_byte_in_a_long_page_stays_visible() -> None:
    data = (SIMPLE * 50).encode()
    text, charset = decode(data[:3000] + b"\xff" + data[3000:])
    assert (charset, text.count("\ufffd")) == ("utf-8", 1)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (bytes(range(256)) * 40, "unreadable_encoding"),
        (bytes(5000), "binary"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00" + bytes(500), "binary"),
        (b"\xff\xff\xff\xfe" * 100, "unreadable_encoding"),
    ],
)
def test_what_is_no_text_is_refused(data: bytes, reason: str) -> None:
    with pytest.raises(Unreadable) as refused:
        decode(data)
    assert refused.value.reason == reason


@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    try:
        text, _ = decode(data)
    except Unreadable:
        return
    text.encode()


@given(st.text(max_size=200), st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]))
def test_what_a_mark_or_utf8_says_comes_back(text: str, codec: str) -> None:
    text = text.removeprefix("\ufeff")
    if codec == "utf-8" and text.startswith(("\ufeff", "\ufffe")):
        return
    assert decode(text.encode(codec))[0] == text


def test_a_page_of_an_archive_is_read_in_the_charset_that_its_server_declared() -> None:
    data = "<html><body><p>龜鱉</p></body></html>".encode("big5")
    root, _ = html_of(Raw("a.warc", "d", "warc=0", len(data), data=data, charset="big5"))
    assert root.text().strip() == "龜鱉"


@pytest.mark.parametrize(
    ("end", "whole"),
    [("</body></html>", True), ("</body><style>a{}", True), ("</BODY>", True), ("</p>", False), ("", False)],
)
def test_a_page_is_whole_when_its_body_is_closed(end: str, whole: bool) -> None:
    data = f"<html><body><p>一{end}".encode()
    try:
        html_of(Raw("a.html", "d", "", len(data), data=data))
        read = True
    except Unreadable as error:
        assert error.reason == "truncated"  # noqa: PT017 - the other outcome is an answer too
        read = False
    assert read is whole
