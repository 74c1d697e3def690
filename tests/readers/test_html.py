"""HTML to Markdown."""

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cqia.errors import Unreadable
from cqia.readers.html import markdown

CASES = {
    # prose
    "exact": ("<p>反斜杠 a_b *c* [d](e) \\(x\\) #1 1. &lt;b&gt;</p>", "反斜杠 a_b *c* [d](e) \\(x\\) #1 1. <b>"),
    "paragraphs": ("<p>一</p><p><br></p><p>二<br>三</p>", "一\n\n二\n三"),
    "old line breaks": ("一<br><br><br>二", "一\n\n二"),
    "white space": ("<p>\n  Latin\n words </p> <p> 中文\n  换行 </p>", "Latin words\n\n中文换行"),
    "full-width space stays": ("<p>　　首行缩进</p>", "\u3000\u3000首行缩进"),
    "zero width stays in prose": ("<p>加\u200b微<span>\u200b</span>信</p>", "加\u200b微\u200b信"),
    "zero width beside an icon": ("<p>见<a href='x'><span>\u200b<svg><path/></svg></span>原文</a></p>", "见原文"),
    "control characters": ("<p>甲&#20;\x00乙\x1b</p>", "甲乙"),
    "link": ("<p>看<a href='https://a.cn'>这里</a>。</p>", "看这里。"),
    "shortened link": (
        '<a href="#"><span class="invisible">https://www.</span><span class="visible">a.cn/long</span>'
        '<span class="invisible">er/path</span><span class="ellipsis"></span></a>',
        "https://www.a.cn/longer/path",
    ),
    "chrome": ("<p>正文<button>显示全部 \u200b</button></p><script>1<2</script><style>p{}</style><svg>x</svg>", "正文"),
    "super and sub": ("10<sup>6</sup> H<sub>2</sub>O x<sup>k</sup> 据<sup>[1]</sup>", "10⁶ H₂O x^k 据[1]"),
    "ruby": ("<ruby>蘑<rp>(</rp><rt>mó</rt><rp>)</rp></ruby>菇", "蘑(mó)菇"),
    # marks
    "bold hugs": ("<p>这<b> 很重要 </b>吧</p>", "这 **很重要** 吧"),
    "bold pieces join": ("<b>一</b><strong>二</strong>", "**一二**"),
    "bold over lines": ("<b>一<br>二</b>", "**一**\n**二**"),
    "bold over paragraphs": ("<b><p>一</p><p>二</p></b>", "**一**\n\n**二**"),
    "empty bold": ("一<b> </b>二", "一 二"),
    "nested marks": ("<b>粗<i>斜</i></b><del>删</del>", "**粗*斜***~~删~~"),
    "heading": ("<h2><b>标题</b><br>续</h2><p>文</p>", "## 标题 续\n\n文"),
    "rule": ("<p>上</p><hr><p>下</p>", "上\n\n---\n\n下"),
    # lists and quotes
    "list": ("<ul><li>一</li><li>二<ul><li>三</li></ul></li></ul><p>后</p>", "- 一\n- 二\n  - 三\n\n后"),
    "numbers": ("<ol start='9'><li>九</li><li><p>十</p><p>续</p></li></ol>", "9. 九\n10. 十\n\n    续"),
    "two lists": ("<ul><li>a</li></ul><ol><li>b</li></ol>", "- a\n\n1. b"),
    "quote": ("<blockquote>一<br>二<p>三</p></blockquote><blockquote>四</blockquote>", "> 一\n> 二\n>\n> 三\n\n> 四"),
    "quote in quote": ("<blockquote>外<blockquote>内</blockquote></blockquote>", "> 外\n>\n> > 内"),
    # code
    "code": ("用<code>a_b*c</code>和<code>x`y</code>", "用`a_b*c`和``x`y``"),
    "code block": (
        '<div class="highlight"><pre><code class="language-python"><span class="k">def</span> f():\n\n'
        "    <span>return</span> 1  \n</code></pre></div>",
        "```python\ndef f():\n\n    return 1  \n```",
    ),
    "code with fences": ("<pre>```\nx\n```</pre>", "````\n```\nx\n```\n````"),
    "code in a list": ("<ul><li>看：<pre>a\n  b</pre></li></ul>", "- 看：\n\n  ```\n  a\n    b\n  ```"),
    # tables
    "table": (
        "<table><tbody><tr><th>甲|乙</th><th>丙</th></tr><tr><td>1<br>2</td><td><b>3</b></td></tr></tbody></table>",
        "| 甲\\|乙 | 丙 |\n| --- | --- |\n| 1<br>2 | **3** |",
    ),
    "spans": (
        "<table><tr><td rowspan=2>a</td><td>b</td></tr><tr><td>c</td></tr><tr><td colspan=2>d</td></tr></table>",
        "| a | b |\n| --- | --- |\n|  | c |\n| d |  |",
    ),
    "caption": ("<table><caption>表</caption><tr><td>a<td>b</table>", "表\n\n| a | b |\n| --- | --- |"),
    "layout table": ("<table><tr><td><p>一</p><p>二</p></td></tr></table>", "一\n\n二"),
    "formula in a cell": ("<table><tr><td>a</td><td data-x><span data-tex='|x|'></span></td></tr></table>",
                          "| a | $|x|$ |\n| --- | --- |"),
    # formulas
    "zhihu span": ('设<span data-tex="a_1*b\\%"><span class="MathJax_SVG"><svg/>影</span></span>。', "设$a_1*b\\%$。"),
    "zhihu picture": ('<img src="//www.zhihu.com/equation?tex=x%5E2%2B1" alt="x^2+1" eeimg="1">', "$x^2+1$"),
    "picture without alt": ('<img src="//www.zhihu.com/equation?tex=%5Cmu_%7B1%7D%2B1" eeimg="1">', "$\\mu_{1}+1$"),
    "display": ('因为<img eeimg="1" alt="E=mc^2\\\\" src="x">所以', "因为\n$$E=mc^2$$\n所以"),
    "mathjax": (
        '<span class="MathJax_Preview">x</span><span class="MathJax"><nobr>x2</nobr></span>'
        '<script type="math/tex">x_2</script> 与 <span class="MathJax_Preview"></span>'
        '<div class="MathJax_Display"><span class="MathJax">y</span></div>'
        '<script type="math/tex; mode=display">\\sum_i y_i</script>',
        "$x_2$ 与\n$$\\sum_i y_i$$",
    ),
    "katex": (
        '<span class="katex"><span class="katex-mathml"><math><semantics><mi>x</mi><annotation '
        'encoding="application/x-tex">\\sqrt{x}</annotation></semantics></math></span>'
        '<span class="katex-html">√x</span></span>',
        "$\\sqrt{x}$",
    ),
    "mathml": ('<math alttext="{\\displaystyle a&lt;b}"><mi>a</mi></math>', "$a<b$"),
    "delimiters": ('<span data-tex="$$ a $$"></span>', "$$a$$"),
}  # fmt: skip


@pytest.mark.parametrize(("html", "text"), CASES.values(), ids=CASES)
def test_markdown(html: str, text: str) -> None:
    assert markdown(html).text == text


def test_media_are_listed_once_and_leave_no_trace() -> None:
    found = markdown(
        "<p>前</p><figure><noscript><img src='https://p/s.jpg' data-original='https://p/r.jpg'></noscript>"
        "<img src='data:image/svg+xml;utf8,x' data-original='https://p/r.jpg' data-actualsrc='https://p/s.jpg'></figure>"
        "<img data-actualsrc='//p/lazy.jpg' src='//p/white.gif'><video><source src='v.mp4'></video>"
        "<img eeimg='1' alt='' src='https://p/lost'><img src='data:image/png;base64,AA'><p>后</p>"
    )
    assert found.text == "前\n\n后"
    assert [(m["kind"], m["url"]) for m in found.media] == [
        ("image", "https://p/r.jpg"),
        ("image", "https://p/lazy.jpg"),
        ("video", "v.mp4"),
        ("formula", "https://p/lost"),
    ]


@pytest.mark.parametrize("tag", ["div", "span", "ul><li", "blockquote", "table><tr><td", "ol><li><p", "a href=x"])
def test_deep_nesting_is_bounded(tag: str) -> None:
    start = time.process_time()
    text = markdown(f"<{tag}>" * 10_000 + "底").text
    assert text.endswith("底")
    assert len(text) < 100
    assert time.process_time() - start < 20


@pytest.mark.parametrize(
    "bomb",
    [
        "<p>" + "".join(f"<b a={i}>" for i in range(3000)) + "</p>" + "<p>x</p>" * 3000,
        "<b>" * 10_000,
        "<div>" * 200_000,
        "<div></x>" * 100_000,
    ],
    ids=["formatting", "open marks", "depth", "depth with stray ends"],
)
def test_what_would_choke_a_parser_is_refused(bomb: str) -> None:
    with pytest.raises(Unreadable) as refused:
        markdown(bomb)
    assert refused.value.reason == "too_nested"


def test_a_long_flat_page_is_no_bomb() -> None:
    assert markdown("<p>一<b>二</b><br></p>" * 5_000).text.count("一**二**") == 5_000


def test_a_table_cannot_ask_for_more_than_it_has() -> None:
    text = markdown("<table>" + "<tr><td colspan=99999 rowspan=99999>一</td><td>二</td></tr>" * 200 + "</table>").text
    assert len(text) < 100_000
    assert text.count("二") == 200


tags = ["b", "i", "p", "ul", "ol", "li", "blockquote", "table", "tr", "td", "pre", "code", "h2", "a", "span"]
tags += ["svg", "noscript", "math", "sup", "ruby", "rt"]
others = ["<br>", "<img src=p.jpg>", "<span data-tex='x_1'></span>", "&#0;", "<!--", "-->", " \n ", "<ol start=3>"]
pieces = st.sampled_from([*others, *(f"<{tag}>" for tag in tags), *(f"</{tag}>" for tag in tags)])
HANZI = "一二三四五六七八九十"
words = st.text(HANZI, min_size=1, max_size=3)


@given(st.lists(pieces | words, max_size=60))
def test_any_soup_is_read_and_loses_no_plain_word(soup: list[str]) -> None:
    text = markdown("".join(soup)).text
    assert not re.search("[\x00-\x08\x0b-\x1f]", text)
    assert not text.startswith("\n")
    if not {"<svg>", "<noscript>", "<!--", "<math>"} & set(soup):
        assert sorted(c for c in text if c in HANZI) == sorted(c for piece in soup for c in piece if c in HANZI)


@given(st.text(max_size=300))
def test_any_text_is_read(html: str) -> None:
    markdown(html).text.encode()


@given(st.lists(st.text(st.characters(min_codepoint=0x21, blacklist_categories=("Cs", "Cc")), min_size=1), max_size=8))
def test_prose_comes_back_character_for_character(lines: list[str]) -> None:
    from html import escape

    shown = [line for line in lines if line.strip()]
    html = "".join(f"<p>{escape(line)}</p>" for line in shown)
    assert markdown(html).text == "\n\n".join(shown)
