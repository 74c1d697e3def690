"""Classical pairs, idioms, sayings, poems and tests of culture: read, filtered, and asked for in several ways."""

import contextlib
import json
import time

import polars as pl
import pytest
from samples import collected, file, made, of_file, reasons, row

from cqia.errors import NotADocument, Unreadable
from cqia.readers.classics import MAX_DEPTH, read
from cqia.sources.traditional import TRADITIONAL, plain

PAIRS = """古文：客曰： 山高而水长，舟行三日不见人烟，何也？
现代文：客人说： 山这么高，水这么长，船走了三天也没看见一户人家，这是为什么呢？

古文：主人不答。
现代文：主人没有回答。

古文：
现代文：落了单的一句。
"""


def test_pairs_go_either_way_and_name_their_book():
    documents, _ = collected(TRADITIONAL, [file("古籍/nlp/山水记/上篇/bitext.txt", PAIRS)])
    assert reasons(TRADITIONAL, documents) == [None, "short", "no_instruction"]
    classical, modern = (
        "客曰：山高而水长，舟行三日不见人烟，何也？",
        "客人说：山这么高，水这么长，船走了三天也没看见一户人家，这是为什么呢？",
    )
    (record, *_) = made(TRADITIONAL, file("古籍/nlp/山水记/上篇/bitext.txt", PAIRS))
    given, wanted = (classical, modern) if record["task"] == "modern" else (modern, classical)
    assert given in record["instruction"]
    assert record["output"] == wanted
    assert record["metadata"].startswith("book:山水记·上篇, id:")


def test_both_ways_are_taken():
    lines = "\n".join(
        f"古文：其{n}曰：山高而水长，舟行三日不见人烟。\n现代文：第{n}个人说：山高水长，船走了三天没见人家。\n"
        for n in range(40)
    )
    found = [record["task"] for record in made(TRADITIONAL, file("a/bitext.txt", lines))]
    assert 8 < found.count("modern") < 32
    assert found.count("modern") + found.count("classical") == 40


def test_a_translation_of_another_sentence_is_dropped():
    pair = "古文：山高而水长，舟行三日不见人烟，客问其故，主人不答。\n现代文：主人没说话。\n"
    documents, _ = collected(TRADITIONAL, [file("a/bitext.txt", pair)])
    assert reasons(TRADITIONAL, documents) == ["misaligned"]


def test_idioms_of_two_collections_are_one():
    table = '12,"画饼数珠","huà bǐng","比喻对着虚的东西盘算。","《山水记》：“画饼数珠，不食。”","别～了。","h"\n'
    table += '13,"见上一条","jiàn","见“画饼数珠”。",,,"j"\n'
    lines = "画饼数珠    空想。\n"
    documents, _ = collected(TRADITIONAL, [file("a/i.txt", table), file("b/c.txt", lines)])
    assert documents["id"].to_list() == [
        "traditional:idiom-画饼数珠",
        "traditional:idiom-见上一条",
        "traditional:idiom-画饼数珠",
    ]
    assert reasons(TRADITIONAL, documents) == [None, "thin", "thin"]
    (record, _) = made(TRADITIONAL, file("a/i.txt", table))
    assert "画饼数珠" in record["instruction"]
    assert record["output"] == (
        "比喻对着虚的东西盘算。\n成语出处：《山水记》：“画饼数珠，不食。”\n例句：别画饼数珠了。"
    )


def test_a_saying_is_completed():
    (record,) = made(TRADITIONAL, row(riddle="阳台上种番茄", answer="有盼头；红得快"))
    assert record["output"] == "阳台上种番茄——有盼头；或红得快"
    documents, _ = collected(TRADITIONAL, [row(riddle="墙头的蚰蜒（you y", answer="n 一种虫）")])
    assert reasons(TRADITIONAL, documents) == ["unbalanced"]


def poem(**fields):
    return row(
        **{
            "title": "山行二首 其一",
            "author": "某甲",
            "paragraphs": ["遠山含細雨，近水落寒鴉。", "舟子無言語，東風自到家。"],
        }
        | fields
    )


def test_variants_of_old_prints_come_out_as_they_are_written_now():
    shown = pl.select(plain(pl.lit("隠士投簷下，髣髴聼猨聲；隣家倂馿車，乾坤一鴈飛。"))).item()
    assert shown == "隐士投檐下，仿佛听猿声；邻家并驴车，乾坤一雁飞。"


def test_a_poem_comes_out_simplified_and_stays_as_it_was():
    documents, _ = collected(TRADITIONAL, [poem(id="08e41396-2809-423d-9bbc-1e6fb24c0ca2")])
    assert documents["text"].item().startswith("遠山")
    (record,) = made(TRADITIONAL, poem(id="08e41396-2809-423d-9bbc-1e6fb24c0ca2"))
    assert record["task"] == "poem_by_title"
    assert record["output"] == "远山含细雨，近水落寒鸦。\n舟子无言语，东风自到家。"
    assert "山行" in record["instruction"]
    assert "其一" not in record["instruction"]
    (other,) = made(TRADITIONAL, poem(id="08e41396-2809-423d-9bbc-1e6fb24c0ca1"))
    assert other["task"] == "poem_by_line"
    assert "远山含细雨" in other["instruction"]


@pytest.mark.parametrize("title", ["句", "其二", "無題", "失題"])
def test_a_poem_without_a_title_is_asked_for_by_its_first_line(title):
    (record,) = made(TRADITIONAL, poem(title=title, id="08e41396-2809-423d-9bbc-1e6fb24c0ca2"))
    assert record["task"] == "poem_by_line"


@pytest.mark.parametrize(
    ("author", "known"), [("佚名", None), ("（唐）某甲", "某甲"), ("先秦：某甲 ", "某甲"), ("王", None)]
)
def test_who_wrote_it(author, known):
    (document,) = read(poem(author=author))
    assert document["author"] == known


def test_a_name_keeps_its_character():
    (record,) = made(TRADITIONAL, poem(paragraphs=["乾坤一葉舟，風乾淚未收。", "東西南北水，日夜向東流。"]))
    assert record["output"].startswith("乾坤一叶舟，风干泪未收。")


def test_books_within_books():
    book = {
        "title": "詩集",
        "content": [
            {
                "type": "五言絕句",
                "content": [
                    {
                        "chapter": "山行",
                        "author": "（唐）某甲",
                        "paragraphs": ["遠山含細雨，近水落寒鴉。", "舟子無言語，東風自到家。"],
                    }
                ],
            }
        ],
    }
    (found,) = read(row(**book))
    assert (found["title"], found["author"], json.loads(found["extra"])["kind"]) == ("山行", "某甲", "poem")


def test_prose_without_a_translation_has_nothing_to_ask():
    documents, _ = collected(TRADITIONAL, [row(chapter="上篇", paragraphs=["客曰：山高而水長，何也？"])])
    assert reasons(TRADITIONAL, documents) == ["prose"]


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        (["山高水长。"], "short"),
        (["山高水长，舟行三日，不见□□，客问其故。"], "gaps"),
        (["山高水长，舟行三日，不见人烟。"] * 60, "repeated_lines"),
    ],
)
def test_what_is_no_whole_poem_is_dropped(lines, reason):
    documents, _ = collected(TRADITIONAL, [poem(paragraphs=lines)])
    assert reasons(TRADITIONAL, documents) == [reason]


@pytest.mark.parametrize("options", [["月亮", "太阳"], {"A": "月亮", "B": "太阳"}, ["A. 月亮", "B. 太阳"]])
def test_a_test_of_culture(options):
    asked = row(question="“玉兔”在古诗里常指什么？", options=options, answer="A", analysis="传说月中有兔捣药。")
    (record,) = made(TRADITIONAL, asked)
    assert "A. 月亮\nB. 太阳" in record["instruction"]
    assert (record["output"], record["task_type"]["major"]) == ("传说月中有兔捣药。\n故选A。", ["试题"])


@pytest.mark.parametrize("raw", [file("a/b.txt", "天气很好。"), row(text="一"), row(), file("a/b.txt", b"")])
def test_another_shape_is_unreadable(raw):
    with pytest.raises(Unreadable) as raised:
        list(read(raw))
    assert raised.value.reason == "unknown_shape"


def test_a_readme_is_no_data():
    for name in ("README.md", "LICENSE"):
        with pytest.raises(NotADocument):
            list(read(file(f"a/{name}", "古文：……")))


def test_a_book_without_end_is_unreadable():
    book: dict[str, object] = {"paragraphs": ["山高水长。"]}
    for _ in range(MAX_DEPTH + 2):
        book = {"title": "卷", "content": [book]}
    with pytest.raises(Unreadable) as raised:
        list(read(row(**book)))
    assert raised.value.reason == "too_nested"


@pytest.mark.parametrize(
    "text",
    [
        "古文：" + " " * 400_000 + "山",
        "古文：山\n现代文：" + "　" * 400_000 + "x",
        '1,"' + "山" * 400_000 + '"\n',
        "山高水长" * 100_000,
    ],
)
def test_a_hostile_file_takes_no_time(text):
    began = time.process_time()
    with contextlib.suppress(Unreadable):
        list(read(file("a/bitext.txt", text)))
    assert time.process_time() - began < 2


def test_ten_wordings_a_task_in_many_beginnings():
    for task in TRADITIONAL.tasks:
        assert len(task.wordings) >= 10
        assert len({wording[:2] for wording in task.wordings}) >= 6, task.name


def test_every_real_file_is_read(real_data):
    paths = [
        path for folder in ("classical_modern/论语", "poetry/蒙学", "poetry/诗经", "poetry/楚辞", "idioms")
        for path in sorted((real_data / "nlp" / folder).rglob("*")) if path.is_file()
    ]  # fmt: skip
    documents, status = collected(TRADITIONAL, [raw for path in paths for raw in of_file(TRADITIONAL, path)])
    assert set(status["status"]) == {"kept", "dropped"}
    assert set(status["reason"]) == {None, "not_data"}
    assert documents.height > 50_000
