"""What the report says of the house's sources is there in both languages, and nothing else is."""

from cqia.report.paper import DATASETS
from cqia.report.words import chinese, english, words
from cqia.sources import SOURCES
from cqia.sources.tables import table_source

TABLE = table_source("mine", "alpaca").description
SAID = {
    "titles": {source.title for source in SOURCES.values() if not source.title.isascii()},
    "descriptions": {source.description for source in SOURCES.values()} | {TABLE.partition(" (")[0]},
    "whys": {rule.why for source in SOURCES.values() for rule in source.rules},
    "origins": {origin for _, _, origin, _, _ in DATASETS},
}


def test_every_title_description_and_reason_has_the_other_language():
    for part, said in SAID.items():
        assert said - words()[part].keys() == set(), part
        assert words()[part].keys() - said == set(), f"{part}: of no source any more"


def test_the_other_language_is_the_other_language():
    def han(text):
        return any("\u4e00" <= character <= "\u9fff" for character in text)

    assert not any(han(text) for text in words()["titles"].values())
    assert all(han(text) for part in ("descriptions", "whys", "origins") for text in words()[part].values())


def test_what_is_of_a_source_of_ones_own_stands_as_it_is():
    assert chinese("my own reason") == "my own reason"
    assert chinese("my own (private) reason") == "my own (private) reason"
    assert chinese("A table of instruction examples (dialogue = chosen)") == "指令样例表（dialogue = chosen）"
    assert (chinese("no text"), chinese("people")) == ("没有正文", "人工")
    assert (english("我的笔记"), english("知乎")) == ("我的笔记", "Zhihu")
