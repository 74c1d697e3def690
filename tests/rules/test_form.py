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


@pytest.mark.parametrize(
    "line",
    [
        "**转自公众号：某某**",
        "来源：某某周刊",
        "（文章来源于微信公众号：某某）",
        "转载，侵删",
        "转自：某某大学校刊",
        "转自知乎",
        "转自知乎用户某某",
        "转自微博@某某",
        "转自网络，侵删",
        "转自豆瓣小组",
        "转自《读者》",
        "转自人民日报",
        "转载自新华社",
        "搬运自豆瓣：某某",
        "转自 https://www.douban.com/note/1",
        "本文转载自某某实验室",
        "文章转自学习强国",
        "来源于人民日报",
        "来源：《某某晚报》",
        "来源：微信公众号“某某”",
        "（来源：人民网）",
        "以上内容来自公众号某某",
        "以上内容来源于网络",
        "文章来源：某某研究院",
        "转载：某某",
    ],
)
def test_lines_that_say_that_a_text_is_taken_from_elsewhere(fired, line) -> None:  # type: ignore[no-untyped-def]
    for text in (f"正文。\n{line}", f"{line}\n正文。", f"正文。\n\n（{line}）\n", f"正文。\n> **{line}**"):
        assert fired(form.reprint(), text=text), text


@pytest.mark.parametrize(
    "line",
    [
        "转自由职业三年了",
        "转自学编程的经历",
        "转自行车道",
        "转自然语言处理方向",
        "转自己的一篇旧文",
        "来源于拉丁语",
        "来源于生活，高于生活",
        "来源于《诗经·关雎》",
        "以上内容来源于本人亲身经历",
        "以上来源于个人经验",
        "本文转载自本人博客",
        "转自我的公众号：某某",
        "来源：本人整理",
        "搬运自我自己的豆瓣",
        "（来源：国家统计局）",
        "来源：国家统计局",
        "来源：小爱同学",
        "转自媒体之后的收入",
        "转自动挡第一天就上了高速",
        "转自主招生的名额",
        "转自考本科要几年",
        "转自网络工程专业",
        "转自知乎运营岗",
        "转自微信支付团队",
        "转自公众号运营，现在做产品",
        "来源于网络上的一句玩笑",
        "来源于生活",
        "来源：拉丁语 malus",
        "来源：《中国统计年鉴》",
        "来源：我奶奶的手抄菜谱",
        "灵感来源：微博热搜",
        "数据来源：微博",
        "图片来源：网络",
        "内容来源于真实案例",
        "内容来源于我在豆瓣写的日记",
        "文章来源于生活",
        "本文转自由诗谈起",
        "转载：请联系作者",
        "转载：谢绝",
        "转载请注明来源：知乎",
        "转自互联网行业",
        "转自新闻系",
        "转自新闻专业",
        "转自学校论坛认识的朋友",
        "来源：本人知乎专栏",
        "转自我们公众号：某某",
        "本文来源：个人笔记",
        "内容来自网友投稿",
        "来源：百度百科",
        "来源：公司财报",
        "来自知乎的灵魂拷问",
        "转自费出版",
        "来源于知乎的一个问题",
    ],
)
def test_lines_of_first_hand_answers_are_no_reprints(fired, line) -> None:  # type: ignore[no-untyped-def]
    for text in (f"正文。\n{line}", f"{line}\n正文。", f"正文。\n\n（{line}）\n", f"正文。\n> **{line}**"):
        assert not fired(form.reprint(), text=text), text
