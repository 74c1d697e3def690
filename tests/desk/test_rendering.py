"""Hostile text becomes safe HTML; what is written in good faith reads well."""

import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser as Html

from cqia.desk.rendering import MARKDOWN_CHARS, SHOWN_CHARS, TAGS, link, rendered, seen


def shown(text: str) -> Html:
    return Html(f"<html><body>{rendered(text)}</body></html>")


@pytest.mark.parametrize(
    ("text", "selector", "says"),
    [
        ("**要点**", "strong", "要点"),
        ("第一\n第二", "br", ""),
        ("|甲|乙|\n|-|-|\n|1|2|", "table td", "1"),
        ("```python\nif a < b:\n```", "pre code", "if a < b:\n"),
        ("勾股：$a^2+b^2=c^2$。", "span.math", "a^2+b^2=c^2"),
        ("$$\n\\frac{1}{2}\n$$", "div.math", "\\frac{1}{2}"),
        ("求 \\(x<y\\) 时", "span.math", "x<y"),
        ("\\[\nx\n- y\n\\]", "div.math", "x\n- y"),
        ("[出处](https://example.org/a?b=1)", 'a[href="https://example.org/a?b=1"]', "出处"),
        (
            "![图一](https://example.org/1.png)",
            'a[href="https://example.org/1.png"]',
            "〔图〕图一 https://example.org/1.png",
        ),
        ("a\u202eb", "mark.unseen", "U+202E"),
        ("零\u200b宽", "mark.unseen", "U+200B"),
    ],
)
def test_what_is_written_in_good_faith(text: str, selector: str, says: str) -> None:
    found = shown(text).css_first(selector)
    assert found is not None, rendered(text)
    assert found.text() == says


@pytest.mark.parametrize("text", ["五块$5到$10都行", "价格是 $ 20", "\\(没有结尾", "\\[ 也没有", "买 \\\\( 的"])
def test_a_dollar_or_a_bracket_alone_is_no_formula(text: str) -> None:
    assert not shown(text).css(".math")


@pytest.mark.parametrize("text", ["👨‍👩‍👧 一家", "❤️"])
def test_emoji_are_left_alone(text: str) -> None:
    assert not shown(text).css("mark")


ATTACKS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "[点我](javascript:alert(1))",
    "[点我](JaVaScRiPt:alert(1))",
    "[点我](data:text/html;base64,PHNjcmlwdD4=)",
    "[点我](vbscript:x)",
    "<javascript:alert(1)>",
    "![x](javascript:alert(1))",
    "[x]: javascript:alert(1)\n\n[x]",
    "<style>*{display:none}</style>",
    '<a style="position:fixed;inset:0">',
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<svg/onload=alert(1)>",
    "<form action=//evil><button>提交",
    '```"><script>alert(1)</script>\nx\n```',
    "$<img src=x onerror=alert(1)>$",
    "\\(<script>alert(1)</script>\\)",
    '[a](https://e.org/"onmouseover="alert(1))',
    "|<script>|\n|-|\n|<b onclick=x>|",
    "</div></main></body><script>alert(1)</script>",
    "<!-- --><meta http-equiv=refresh content='0;url=//evil'>",
    "[x](//evil.example/a)",
    "[x](/review/undo)",
    "<base href=//evil>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
]


def harmless(page: Html) -> None:
    body = page.body
    assert body is not None
    for node in body.css("*"):
        if node.tag == "body":
            continue
        assert node.tag in TAGS
        assert set(node.attributes) <= {"href", "rel", "target", "class", "start"}
        if node.tag == "a" and node.attributes.get("href"):
            assert re.match(r"(https?://|mailto:)", node.attributes["href"] or "")


@pytest.mark.parametrize("text", ATTACKS)
def test_attacks_end_as_text(text: str) -> None:
    harmless(shown(text))


@settings(max_examples=200)
@given(
    st.lists(
        st.sampled_from(
            [*ATTACKS, "**", "`", "$", "\\(", "\\)", "\n", "\n\n", "> ", "- ", "|", "汉字", "<", ">", '"', "&"]
        ),
        max_size=12,
    )
)
def test_no_mixture_of_attacks_gets_through(pieces: list[str]) -> None:
    harmless(shown("".join(pieces)))


@given(st.text(max_size=200))
def test_plain_text_stays_what_it_is(text: str) -> None:
    page = Html(f"<html><body>{seen(text)}</body></html>")
    assert not page.css("body *:not(mark)")


@pytest.mark.parametrize(
    "piece",
    ["[", "*a_ ", "> ", "[a](", "`", "$a ", "\\(a ", "\\[a\n", "|a", "**a ", "_a __b ", "$$a\n", "<", "&", "[a]: x\n"],
)
def test_the_worst_text_takes_no_longer_than_a_reader_waits(piece: str) -> None:
    text = (piece * MARKDOWN_CHARS)[:MARKDOWN_CHARS]
    begun = time.process_time()
    rendered(text)
    assert time.process_time() - begun < 5  # it takes half a second on a quiet machine


def test_a_megabyte_is_shown_as_it_is_and_cut() -> None:
    text = "**很长**<script>" * 100_000
    page = shown(text)
    assert not page.css("strong, script")
    assert len(page.css_first(".plain").text()) == SHOWN_CHARS


@pytest.mark.parametrize(
    ("address", "fine"),
    [
        ("https://example.org/中文?q=1", True),
        ("http://example.org", True),
        ("javascript:alert(1)", False),
        ("//example.org", False),
        ('https://example.org/"onclick=', False),
        ("https://exa\u202emple.org", False),
        ("ftp://example.org", False),
        ("", False),
        (None, False),
    ],
)
def test_only_addresses_of_the_web_are_links(address: str | None, fine: bool) -> None:
    assert (link(address) is not None) is fine
