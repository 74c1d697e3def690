"""Personal data: every kind, beside Hanzi, and not where it only looks like it. All numbers are made up."""

from itertools import pairwise

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cqia.text import pii
from cqia.text.marks import marks


def counts(texts: list[str | None]) -> pl.DataFrame:
    series = pl.Series(texts, dtype=pl.String)
    return pii.counts(series, marks(series))


@pytest.mark.parametrize(
    ("text", "kind", "written"),
    [
        ("我的电话是13800138000谢谢", "mobile", "13800138000"),
        ("电话１３８００１３８０００。", "mobile", "１３８００１３８０００"),
        ("138 0013 8000联系", "mobile", "138 0013 8000"),
        ("请拨138-0013-8000", "mobile", "138-0013-8000"),
        ("打+86 13800138000", "mobile", "+86 13800138000"),
        ("8613800138000打", "mobile", "8613800138000"),
        ("tel13800138000", "mobile", "13800138000"),
        ("vx13800138000", "mobile", "13800138000"),
        ("电话13800138000", "mobile", "13800138000"),
        ("1 3 8 0 0 1 3 8 0 0 0打", "mobile", "1 3 8 0 0 1 3 8 0 0 0"),
        ("找138.0013.8000", "mobile", "138.0013.8000"),
        ("找138/0013/8000", "mobile", "138/0013/8000"),
        ("找138_0013_8000吧", "mobile", "138_0013_8000"),
        ("拨1380-0138-000", "mobile", "1380-0138-000"),
        ("打138\u200b0013\u200b8000", "mobile", "138\u200b0013\u200b8000"),
        ("打①③⑧00138000", "mobile", "①③⑧00138000"),
        ("打1️⃣3️⃣8️⃣0️⃣0️⃣1️⃣3️⃣8️⃣0️⃣0️⃣0️⃣", "mobile", "1️⃣3️⃣8️⃣0️⃣0️⃣1️⃣3️⃣8️⃣0️⃣0️⃣0"),
        ("打一三八零零一三八零零零", "mobile", "一三八零零一三八零零零"),
        ("打幺三八〇〇幺三八〇〇〇", "mobile", "幺三八〇〇幺三八〇〇〇"),
        ("打壹叁捌零零壹叁捌零零零", "mobile", "壹叁捌零零壹叁捌零零零"),
        ("打138零零138零零零", "mobile", "138零零138零零零"),
        ("座机010-62345678转8", "landline", "010-62345678"),
        ("（0571）88001234", "landline", "（0571）88001234"),
        ("电话：01062345678", "landline", "01062345678"),
        ("客服400-123-4567", "landline", "400-123-4567"),
        ("身份证11010519491231002X号", "id_card", "11010519491231002X"),
        ("身份证11010519491231002x", "id_card", "11010519491231002x"),
        ("卡号6222 0212 3456 7894 567", "bank_card", "6222 0212 3456 7894 567"),
        ("卡4111111111111111存", "bank_card", "4111111111111111"),
        ("邮箱zhang.san@example.com。", "email", "zhang.san@example.com"),
        ("发到ｚｓ＠ｅｘａｍｐｌｅ．ｃｏｍ", "email", "ｚｓ＠ｅｘａｍｐｌｅ．ｃｏｍ"),
        ("QQ：123456789", "qq", "123456789"),
        ("加q群 123456789", "qq", "123456789"),
        ("扣扣是10001234", "qq", "10001234"),
        ("交流群123456789欢迎", "qq", "123456789"),
        ("联系123456789", "qq", "123456789"),
        ("加入123456789，", "qq", "123456789"),
        ("🐧123456789", "qq", "123456789"),
        ("蔻蔻：123456789", "qq", "123456789"),
        ("扣我123456789", "qq", "123456789"),
        ("微信：zhangsan", "wechat", "zhangsan"),
        ("weixin：zhangsan", "wechat", "zhangsan"),
        ("wei信abc_2020", "wechat", "abc_2020"),
        ("微xin号abc_2020", "wechat", "abc_2020"),
        ("加卫星abc_2020", "wechat", "abc_2020"),
        ("咨询，V：abc_2020", "wechat", "abc_2020"),
        ("微信号abc_2020", "wechat", "abc_2020"),
        ("加薇wx12345x", "wechat", "wx12345x"),
        ("VX:li-si-88", "wechat", "li-si-88"),
        ("➕v abc12345", "wechat", "abc12345"),
        ("加微138oo138ooo", "wechat", "138oo138ooo"),
        ("VX：138O0138OOO", "wechat", "138O0138OOO"),
        ("纸飞机@zhang_san88", "telegram", "zhang_san88"),
        ("飞机：@zhang_san88", "telegram", "zhang_san88"),
        ("飞机号码是：@name12", "telegram", "name12"),
        ("飞机群@name12", "telegram", "name12"),
        ("纸飞机id @name12", "telegram", "name12"),
        ("Telegram(@name12)", "telegram", "name12"),
        ("Telegram（＠ｎａｍｅ12）", "telegram", "ｎａｍｅ12"),
        ("Telegram【@name12】", "telegram", "name12"),
        ("https://t.me/name12/123", "telegram", "name12"),
        ("t.me/s/name12", "telegram", "name12"),
        ("t.me/name12?start=1", "telegram", "name12"),
        ("电报：＠zhangsan", "telegram", "zhangsan"),
        ("TG联系 @zhang_san", "telegram", "zhang_san"),
        ("进群t.me/zhang_san_qun", "telegram", "zhang_san_qun"),
        ("https://t.me/+AbCdEf123456，", "telegram", "+AbCdEf123456"),
        ("telegram.me/joinchat/AbCdEf-123", "telegram", "joinchat/AbCdEf-123"),
        ("车牌京A12345违章", "plate", "京A12345"),
        ("沪A·D12345", "plate", "沪A·D12345"),
        ("见https://www.zhihu.com/people/zhang-san，", "profile", "https://www.zhihu.com/people/zhang-san"),
        ("微博weibo.com/u/1234567890", "profile", "weibo.com/u/1234567890"),
        ("space.bilibili.com/12345看看", "profile", "space.bilibili.com/12345"),
    ],
)
def test_found(text: str, kind: str, written: str) -> None:
    assert [(span.kind, text[span.start : span.end]) for span in pii.spans(text)] == [(kind, written)]
    assert counts([text])[kind].item() == 1


@pytest.mark.parametrize(
    "text",
    [
        "订单号20231380013800012",
        "编号2023-13800138000",
        "13800138000123",
        "圆周率0.13800138000",
        "哈希a13800138000b",
        "12800138000",
        "第138页，共0013页，8000字",
        "圆周率是三点一四一五九二六五三五八九七",
        "一九四九年到一九七八年，三八节、五一节、六一节",
        "一百三十八万零一十三个，八千零一",
        "1 3 5 7 9 11 13 15 17 19",
        "1.3.8.0版到2.0.1版",
        "2020/01/02到2021/03/04",
        "10.138.001.200",
        "①先煮水②再下面③放盐④关火",
        "加入100000000元的资金",
        "联系12345户人家",
        "扣我10000块钱",
        "进群10000人，退群20000人",
        "卫星GSAT-11上天了",
        "向量v：计算速度12345abc",
        "https://example.com/item/13800138000",
        "https://example.com/?card=4111111111111111",
        "身份证110105194912310021",  # the check digit is wrong
        "身份证110105194913310021",  # no such month
        "卡号4111111111111112",  # Luhn is wrong
        "雪花算法1234567890123456789",
        "微信 iPhone版更新了",
        "微信支付和微信公众号",
        "在telegram里找@BotFather要一个口令",
        "Telegram @BotFather",
        "t.me/weather_bot?start=1",
        "https://t.me/share/url?url=a",
        "t.me/addstickers/maomao",
        "print.me/zhangsan",
        "飞机晚点，@zhangsan",
        "坐飞机@小王",
        "坐飞机 @airchina 的服务",
        "坐飞机@Shanghai",
        "国产大飞机@comac919",
        "坐飞机：@airchina",
        "那架飞机@airchina",
        "给他发电报@zhangsan",
        "@Override 和 vue@3.2.1",
        "QQ2012版",
        "2010-20123456789012",
        "北京A座12层",
        "京东APP下载",
        "川菜A12",
        "https://www.zhihu.com/question/12345678/answer/1234567890",
        "",
    ],
)
def test_not_found(text: str) -> None:
    assert pii.spans(text) == []


def test_spans_do_not_overlap_and_come_in_order() -> None:
    text = "微信：13800138000，QQ123456，邮箱123456789@qq.com，电话010-62345678。"
    found = pii.spans(text)
    assert [span.kind for span in found] == ["wechat", "qq", "email", "landline"]
    assert all(a.end <= b.start for a, b in pairwise(found))


@given(st.text("0123456789-. 京Aqv微信:@comt加群/一三八零①·_\u200b联系🐧纸飞机l", max_size=60))
def test_counts_agree_with_spans(text: str) -> None:
    row = counts([text]).row(0, named=True)
    found = pii.spans(text)
    assert row == {kind: sum(span.kind == kind for span in found) for kind in pii.KINDS}


def test_counts_of_null_and_of_nothing() -> None:
    assert counts([None, "无"]).sum_horizontal().to_list() == [0, 0]
    assert counts([]).shape == (0, len(pii.KINDS))


@given(st.integers(0, 10**14 - 1))
def test_one_check_digit_of_ten_makes_a_bank_card(number: int) -> None:
    assert sum(pii.is_bank_card(f"62{number:014d}"[:15] + str(digit)) for digit in range(10)) == 1


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "part",
    [
        "1380013800 ",
        "a@a.",
        "微信",
        "123456789-",
        "加v:",
        "q",
        "http://",
        "京A",
        "0571-",
        "一三八 ",
        "1 ",
        "①.",
        "联系",
        "加卫星",
        "飞机号@",
        "纸飞机id ",
        "t.me/",
        "加v1lo",
    ],
)
def test_hostile_texts_take_linear_time(part: str) -> None:
    pii.spans(part * 100_000)
