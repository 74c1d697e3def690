"""Sensitive words: what offers and insults is dropped, what speaks about the same is not."""

import pytest

from cqia.rules import lists, safety


@pytest.mark.parametrize(
    ("category", "text"),
    [
        ("abuse", "操你妈，你个傻逼东西"),
        ("drugs", "出售冰毒，货到付款"),
        ("fraud", "专业代办假文凭，代开发票"),
        ("gambling", "首存送彩金，真人荷官在线发牌"),
        ("gambling", "首-存-送-彩-金"),
        ("hate", "黑鬼滚出去，劣等民族"),
        ("hate", "女人都是垃圾"),
        ("hate", "外地人素质低"),
        ("hate", "河南人就会偷井盖"),
        ("porn", "同城约炮，包夜价格优惠"),
        ("selfharm", "相约自杀，快去自杀吧"),
        ("violence", "杀光所有外地人"),
        ("weapons", "出售气枪，气枪货到付款"),
    ],
)
def test_what_offers_or_insults_is_dropped(fired, category, text) -> None:  # type: ignore[no-untyped-def]
    assert fired(safety.words(category), text=text)


@pytest.mark.parametrize(
    "text",
    [
        "鸦片战争是中国近代史的开端，林则徐虎门销烟，毒品之害由此为人所知。",
        "赌博为什么会上瘾？庄家总是占优势，轮盘赌的期望为负。",
        "如何看待性别刻板印象？娘炮这个词本身就带有歧视。",
        "青春期的孩子会有自慰的行为，这是正常的。强奸罪的构成要件是什么？",
        "抑郁症患者有自杀念头的时候，请拨打心理援助热线。",
        "二战中的屠杀与恐怖袭击有什么不同？",
        "垃圾分类怎么做？垃圾桶有四种，干垃圾、湿垃圾、有害垃圾和可回收垃圾。" * 5,
        "集中出现的问题，其中出租的房屋占一半，体内射频消融是一种手术。",
        "妈妈的爱是无私的，老子说上善若水。",
        "玉米棒子熟了，花花绿绿的。",
        "讨厌男人和歧视女人都不对，直男癌是骂人的话。",
        "地域黑编的段子说偷井盖，其实哪里都有好人。",
    ],
)
def test_what_speaks_about_it_is_kept(fired, text) -> None:  # type: ignore[no-untyped-def]
    assert [rule.name for rule in safety.all_words() if fired(rule, text=text)] == []


def test_density_decides(fired) -> None:  # type: ignore[no-untyped-def]
    assert fired(safety.words("abuse"), text="你就是个傻逼")
    assert not fired(safety.words("abuse"), text="胃药莫沙比利要在饭前吃。")
    assert not fired(safety.words("abuse"), text="他骂了一句傻逼。" + "后来我们好好谈了一次，才知道是误会。" * 40)


def test_title_and_context_count(fired) -> None:  # type: ignore[no-untyped-def]
    assert fired(safety.words("gambling"), title="首存送彩金", text="好")
    assert fired(safety.words("gambling"), context="首存送彩金", text="好")
    assert not fired(safety.words("gambling"), text=None)


def test_every_list_of_ours_has_a_rule_and_a_licence() -> None:
    assert set(safety.CATEGORIES) | {"contact", "promotion", "boilerplate"} == set(lists.names())
    for name in lists.names():
        assert "Apache-2.0" in lists.content(name).splitlines()[0]
        assert lists.title(name) != name


def test_personal_data(fired, shown) -> None:  # type: ignore[no-untyped-def]
    people = "张三13800138000，李四13900139000，王五13700137000"
    assert fired(safety.personal(), text=people)
    assert not fired(safety.personal(), text="我的电话13800138000")
    assert fired(safety.personal(at_most=0, kinds=("mobile",)), text="我的电话13800138000")
    assert not fired(safety.personal(at_most=0, kinds=("email",)), text="我的电话13800138000")
    assert (
        shown(safety.personal(), title="找13800138000", text=people) == "mobile@title 1, mobile@2, mobile@16, mobile@30"
    )


def test_a_list_of_ones_own(fired, tmp_path) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "brands.yaml"
    path.write_text("title: 品牌\nsevere: [某某牌]\n", "utf-8")
    rule = safety.words(str(path))
    assert rule.name == "brands"
    assert fired(rule, text="我推荐某某牌")
    assert not fired(rule, text="我什么也不推荐")
