"""Mentions of people."""

import pytest

from cqia.rules import interaction


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("@小王 你看看", 1),
        ("谢谢@张三和 @李四", 2),
        ("＠小红书成长助手", 1),
        ("写信到 a@example.com", 0),
        ("import vue@3.2", 0),
        ("    @Override\n    public void run()", 0),
        ("没有人", 0),
    ],
)
def test_mentions(valued, text, count) -> None:  # type: ignore[no-untyped-def]
    assert valued(interaction.mentions(), text=text) == count


def test_mentions_are_dropped_and_shown(fired, shown) -> None:  # type: ignore[no-untyped-def]
    assert fired(interaction.mentions(), text="@小王 你看看")
    assert not fired(interaction.mentions(1), text="@小王 你看看")
    assert shown(interaction.mentions(), text="\n@小王 你看看") == "@小王"
