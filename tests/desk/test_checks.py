"""The rules of words, run again on what was typed."""

import pytest

from cqia.desk.checks import checked, of_words
from cqia.sources import SOURCES


@pytest.mark.parametrize("source", SOURCES)
def test_no_rule_that_asks_for_more_than_words_is_asked(source: str) -> None:
    asked = {rule.name for rule in of_words(SOURCES[source])}
    assert not asked & {"likes", "rank", "accepted", "since", "useful", "unpopular"}
    checked(SOURCES[source], ("问", "", "答"), ("问", "材料", "换一个回答"))


def test_what_fires_now_is_told_from_what_fired_before() -> None:
    fires = checked(
        SOURCES["zhihu"], ("为什么天是蓝的？", "", "短"), ("为什么天是蓝的？", "", "短，加微信 tianlan2024 详谈")
    )
    assert {each.rule: each.before for each in fires} | {"short": True, "contact": False} == {
        each.rule: each.before for each in fires
    }
    assert "加微信" in (next(each for each in fires if each.rule == "contact").detail or "")


def test_the_reason_is_gone_with_the_words() -> None:
    bad, good = ("加微信 tianlan2024 详谈。" + "天空" * 200, "天空" * 200)
    assert "contact" not in {each.rule for each in checked(SOURCES["zhihu"], ("问？", "", bad), ("问？", "", good))}
