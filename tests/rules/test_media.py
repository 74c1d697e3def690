"""Rules of media: places that point at a picture, and words that only look so."""

import pytest

from cqia.rules import media


@pytest.mark.parametrize(
    "text",
    [
        "结果如图。",
        "如图所示，先拧开盖子",
        "如下图：",
        "具体见下图",
        "步骤见上图。",
        "下图是我家的猫",
        "（如图）",
        "如图1所示",
        "图一中可以看到",
        "视频里讲得很清楚，本视频里有",
        "教程看下面的视频",
        "见视频：",
        "点击下图放大",
        "看p2",
    ],
)
def test_points_at_a_picture(fired, text) -> None:  # type: ignore[no-untyped-def]
    assert fired(media.pointing(), text=text)


@pytest.mark.parametrize(
    "text",
    [
        "不如图书馆安静",
        "例如图论和代数",
        "我喜欢看视频",
        "如图书所说",
        "短视频平台的算法",
        "这张图纸很旧",
        "企图掩盖",
        "图中人物是谁？这是一个关于名画的问题" * 0 + "宏图大展",
        "看图写话是小学的题型",
        "地图上没有",
    ],
)
def test_only_looks_like_pointing(fired, text) -> None:  # type: ignore[no-untyped-def]
    assert not fired(media.pointing(), text=text)


def test_pointing_counts_and_shows(valued, shown) -> None:  # type: ignore[no-untyped-def]
    text = "如图。\n见下图：很清楚"
    assert valued(media.pointing(), text=text) == 2
    assert shown(media.pointing(), text=text) == "如图。 见下图："


@pytest.mark.parametrize(
    ("media_", "drops"),
    [
        ([{"kind": "image", "url": "a"}] * 3, True),
        ([{"kind": "image", "url": "a"}], False),
        ([{"kind": "formula", "url": "a"}] * 9, False),
        ([], False),
        (None, False),
    ],
)
def test_carried(fired, media_, drops) -> None:  # type: ignore[no-untyped-def]
    assert fired(media.carried(50), text="字" * 100, media=media_) is drops
