"""Adverts and their disguises; and talk about the same things that is none."""

import pytest

from cqia.rules import adverts

ABOUT = "这款面霜我用了半年，皮肤确实好了不少，"


@pytest.mark.parametrize(
    "invitation",
    [
        "加微信",
        "加 微 信",
        "加-微-信",
        "加【微】信",
        "加\u200b微\u200d信",
        "加薇信",
        "加薇",
        "加V",
        "＋Ｖ",
        "➕v",
        "➕🆅",
        "加威信",
        "嘉薇",
        "V信同号",
        "加VX：abc123",
        "加vx13800138000",
        "請加微信",
        "扫码加微信",
        "微信：zhangsan_88",
        "加QQ群",
        "进扣扣群",
        "QQ：123456789",
        "加我微信",
        "需要的私聊我领取",
        "需者滴滴，禁商勿踢",
        "点我主页加微信",
        "加我weixin：abc_123",
        "加wei信",
        "加微xin",
        "加 w e i x i n",
        "加卫星",
        "绿泡泡号私聊我领取",
        "加微亻言",
        "嶶信",
        "加丨微丨信",
        "加ѵх",
        "加ν",
        "╋V",
        "珈微",
        "jia薇",
        "V心同号",
        "手机同微",
        "手机号就是微信号",
        "🐧：123456789",
        "蔻蔻123456789",
        "加Q裙",
        "联系123456789",
        "咨询，V：abc12345",
        "后台私我",
        "dd领资料",
        "公中号搜一下",
        "公众号回复资料领取",
        "同名公众号",
        "资料里有v",
        "评论区扣1领取",
        "有需求的小伙伴私",
        "微信138oo138ooo",
        "飞机号@zhang_san88",
        "t.me/zhang_san",
    ],
)
def test_invitations_to_get_in_touch(fired, invitation) -> None:  # type: ignore[no-untyped-def]
    assert fired(adverts.contact(), text=f"{ABOUT}{invitation}。")


@pytest.mark.parametrize(
    "text",
    [
        "更加微信任他",
        "番茄微酸，放一勺糖正好",
        "想要加快进度，先把图纸画完",
        "晋商票号在平遥起家",
        "他把微信删了，我很难过",
        "微信支付很方便",
        "如何看待微信更新？我用微信十年了。",
        "纳入征信系统，家家户户都关心征信",
        "派出所电话是 010-62345678",
        "公式 a+v=b 里的 v 是速度",
        "支持 AVX512 指令集",
        "他参加我们的活动",
        "老师在学生中增加威信",
        "速度等于 v0+v，x²+px+q=0",
        "班级微信群里家长都在问作业",
        "计划每年增加卫星十二颗，给火箭外加卫星整流罩",
        "冰面上的帝企鹅群挤在一起取暖",
        "这家公众号的文章我常看，昨天留言还得到了回复",
        "会议室请联系行政部12楼1205",
        "他加入2000多人的合唱团",
        "后宫中号令不一，群臣不知所从",
        "联系电话请填在最后一栏",
        "加薇拉丝奶茶，领口加个V字形",
        "v：速度，t：时间，s=vt",
        "在Telegram里找 @BotFather 建一个机器人",
        "飞机 @ 机场的延误险怎么赔",
        "坐飞机 @airchina 的服务",
    ],
)
def test_talk_that_is_no_invitation(fired, text) -> None:  # type: ignore[no-untyped-def]
    assert not fired(adverts.contact(), text=text)


def test_one_invitation_in_a_long_answer_is_not_everything(fired) -> None:  # type: ignore[no-untyped-def]
    assert not fired(adverts.contact(), text=ABOUT * 60 + "有人加我微信。")


@pytest.mark.parametrize(
    "text",
    [
        "诚招代理，厂家直销，价格美丽",
        "复制这条信息，打开手机淘宝即可看到",
        "手机兼职，日结工资，宝妈可做",
        "代写论文，包过",
        "领券立减，扫码领券",
        "专业刷单兼职",
        "填我的邀请码ABCD，新人有红包",
        "复制口令打开taobao",
        "https://m.tb.cn/abc12",
        "点击下方链接购买",
        "一部手机月入过万",
        "0投资日赚",
        "无抵押贷款秒到账",
        "高仿手表，支持验货",
        "诚邀合伙人，包教包会",
        "帮我砍一刀",
        "￥Ab3dEf6hIj9￥",
        "1₤aB3dEf6hIj9₤",
        "先付￥100，再复制¥5aBcDeFgHiJ¥",
    ],
)
def test_selling(fired, text) -> None:  # type: ignore[no-untyped-def]
    assert fired(adverts.promotion(), text=text)


@pytest.mark.parametrize(
    "text",
    [
        "垃圾回收和资源回收是两回事，可回收物要清洗",
        "公司法规定的法定代理人制度",
        "打车的时候出租车司机说",
        "反向代理服务器怎么配置？",
        "现代办公环境",
        "刷单诈骗越来越多，大家要小心",
        "大学生兼职被骗三万元，学生兼职要注意什么？",
        "优惠码怎么用？快递包邮的运费谁出？名额有限，先到先得。",
        "卖二手房要交什么税？收二手书的地方在哪？",
        "月入过万在这座城市算高吗？",
        "莆田鞋的质量为什么有人说好？",
        "注册时要填邀请码，没有也可以跳过",
        "原价￥12800000000￥，现价￥99",
        "￥100和€200哪个多？¥是日元",
        "€abcdefgh€",
        "¥iPhone12345¥",
        "￥USD12345678￥",
        "￥Ab3dEf6hIj9€",
        "￥Ab3dEf6hIj￥",
        "￥Ab3dEf6hIj98￥",
        "￥ab3def6hij9￥",
        "￥Huawei20230￥",
    ],
)
def test_talk_that_sells_nothing(fired, text) -> None:  # type: ignore[no-untyped-def]
    assert not fired(adverts.promotion(), text=text)


def test_what_fired_is_shown_as_written_with_its_place(shown) -> None:  # type: ignore[no-untyped-def]
    assert shown(adverts.contact(), title="请 加.微信", text="QQ：123456789") == "请 加.微信@title 0, qq@3"
