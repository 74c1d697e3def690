"""Rules of form."""

import pytest

from cqia.rules import form


@pytest.mark.parametrize(("text", "drops"), [("字" * 199, True), ("字" * 200, False), ("", True), (None, True)])
def test_length(fired, text, drops) -> None:  # type: ignore[no-untyped-def]
    assert fired(form.length(at_least=200), text=text) is drops


def test_length_has_an_upper_bound_too(fired) -> None:  # type: ignore[no-untyped-def]
    assert fired(form.length(500, 2000), text="字" * 2001)
    assert not fired(form.length(500, 2000), text="字" * 2000)


@pytest.mark.parametrize(
    ("text", "drops"),
    [("这是中文。", False), ("This is all English.", True), ("用 print() 打印结果，就是这样。", False), ("", True)],
)
def test_han(fired, text, drops) -> None:  # type: ignore[no-untyped-def]
    assert fired(form.han(), text=text) is drops


@pytest.mark.parametrize(
    ("text", "value"),
    [("甲\n乙\n甲\n甲", 0.5), ("甲\n\n\n乙\n\n", 0.0), ("", None), (None, None), ("  甲\n甲", 0.5)],
)
def test_repeated_lines(valued, text, value) -> None:  # type: ignore[no-untyped-def]
    assert valued(form.repeated_lines(), text=text) == value


def test_repeated_ngrams(fired, valued) -> None:  # type: ignore[no-untyped-def]
    assert fired(form.repeated_ngrams(), text="好评好评好评好评" * 20)
    assert not fired(form.repeated_ngrams(), text="".join(chr(0x4E00 + k) for k in range(200)))
    assert valued(form.repeated_ngrams(), text="短") is None
    assert not fired(form.repeated_ngrams(), text="短")


@pytest.mark.parametrize(
    ("text", "drops"),
    [
        ("锟斤拷锟斤拷", True),
        ("杩欐槸涓€涓棶棰橈紝".encode("gbk", "replace").decode("gbk"), True),
        ("这个问题".encode().decode("latin-1"), True),
        ("丢了\ufffd\ufffd字节", True),
        ("今天去吃麻辣烫，café 也不错，价格是 €3。" * 3, False),
        ("正常的文字。", False),
        ("", False),
    ],
)
def test_broken(fired, text, drops) -> None:  # type: ignore[no-untyped-def]
    assert fired(form.broken(0.02), text=text) is drops


def test_broken_shows_what_is_broken(shown) -> None:  # type: ignore[no-untyped-def]
    assert shown(form.broken(), text="锟斤拷，烫烫烫") == "锟 烫烫"


@pytest.mark.parametrize(
    ("text", "drops"),
    [
        ("版权所有，侵权必究。责任编辑：某某", True),
        ("首页 上一篇 下一篇 相关推荐 猜你喜欢 返回顶部", True),
        ("全文共八千字，剩余内容登录后查看", True),
        ("著作权归作者所有。商业转载请联系作者获得授权。" + "砂锅第一次用，先用淘米水小火煮半个钟头。" * 10, False),
        ("未经授权使用他人照片，算不算侵权？版权所有人可以要求删除。", False),
        ("责编看完初审稿，会和作者商量修改，联系我们的读者常问这一步要多久。", False),
        ("", False),
    ],
)
def test_boilerplate(fired, text, drops) -> None:  # type: ignore[no-untyped-def]
    assert fired(form.boilerplate(), text=text) is drops


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("正文。\n\n**转自公众号：某某**", "**转自公众号：某某**"),
        ("正文。\n来源：某某周刊\n", "来源：某某周刊"),
        ("正文。\n（文章来源于微信公众号：某某）", "（文章来源于微信公众号：某某）"),
        ("转载，侵删\n\n正文。", "转载，侵删"),
        ("转载：\n正文。", "转载："),
        ("正文。\n图片来源于网络", None),
        ("正文。\n数据来源：某某局", None),
        ("正文。\n来源：某某局\n再说一句。", None),
        ("正文。\n转载请注明出处。", None),
        ("正文。\n摘自《某某集》", None),
        ("正文。\n原文链接：https://zhuanlan.zhihu.com/p/1", None),
        ("本文首发于某某\n正文。", None),
        ("转载自由是好事吗？\n正文。", None),
        ("来源：某某", None),
        (None, None),
    ],
)
def test_a_reprint_says_so_in_a_line_of_its_own(fired, shown, text, line) -> None:  # type: ignore[no-untyped-def]
    assert fired(form.reprint(), text=text) is (line is not None)
    assert shown(form.reprint(), text=text) == line
