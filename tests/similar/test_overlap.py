"""A leak is found however it is dressed up; phrases, quotations and idioms are none; the kernel does what a plain
reading of the rules does."""

import gzip
import importlib.util
import json
import random
import re
import time
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cqia.errors import RawError
from cqia.similar.overlap import SETTINGS, index, table, tokens_of
from cqia.similar.overlap_items import Item, benchmark, items
from cqia.text.chinese import folds, simplified

FERRY = Item(
    "exam",
    "a.csv row=0",
    "老周每天清晨划船送孩子们过河上学，十年里从没有收过一分钱，这说明他最看重的是____。",
    ("孩子们能按时到校", "村里人的夸奖", "船只的保养", "河水的深浅"),
)
SHORT = Item("exam", "a.csv row=1", "竹编斗笠主要产于____", ("青石镇", "白河镇", "柳林镇", "双桥镇"))
WHICH = Item(
    "exam", "a.csv row=2", "下列说法正确的是", ("蜗牛没有牙齿", "章鱼有三颗心脏", "鲸鱼用鳃呼吸", "蝙蝠会下蛋")
)
OPEN = Item("open", "b.jsonl line=0", "写一首关于旧邮筒的短诗")
ENGLISH = Item(
    "maths",
    "c.jsonl line=0",
    "Tom's grandmother knits 14 red scarves and 9 blue hats before the village fair. "
    "She sells each scarf for 7 dollars and each hat for 5 dollars. How much money does she earn?",
)
# Phrasing is what many items share.
OTHERS = [
    Item("exam", f"w{n}", "下列说法正确的是", tuple(chr(0x5000 + 40 * n + k) * 6 for k in range(4))) for n in range(9)
]
FOUND = index([FERRY, SHORT, WHICH, OPEN, ENGLISH, *OTHERS])
AROUND = (
    "昨天整理旧书，翻到几页手抄的笔记，字迹已经淡了，边上还画着一只打盹的猫。{}"
    "后来我把它们夹进相册，打算等妹妹回来再看。"
)


def locators(text, *, answers=False, found=FOUND):
    return [hit.item.locator for hit in found.hits(pl.Series([text], dtype=pl.String), answers=answers)]


def printed(item, order=(0, 1, 2, 3)):
    return "\n".join([item.question, *(f"{'ABCD'[n]}. {item.options[which]}" for n, which in enumerate(order))])


def traditional(text):
    return text.translate({ord(new): old for old, new in simplified().items()})


LEAKS = {
    "verbatim": printed(FERRY),
    "question alone": FERRY.question,
    "options shuffled": printed(FERRY, (2, 0, 3, 1)),
    "options as a sentence": FERRY.question + "是" + "，还是".join(reversed(FERRY.options)),
    "no punctuation": re.sub(r"\W", "", FERRY.question),
    "other punctuation": re.sub(r"\W", " ……", FERRY.question),
    "broken lines": re.sub("(.{5})", "\\1\n", FERRY.question),
    "traditional": traditional(printed(FERRY)),
    "first half": FERRY.question[: len(FERRY.question) // 2 + 1],
    "second half": FERRY.question[len(FERRY.question) // 2 - 3 :],
    "one word changed": FERRY.question.replace("十年里", "这些年"),
    "the numbers are gone": FERRY.question.replace("每天", "").replace("十年里", ""),
}


@pytest.mark.parametrize("kind", LEAKS)
@pytest.mark.parametrize("around", ["{}", AROUND])
def test_a_leak_is_found(kind, around):
    assert locators(around.format(LEAKS[kind])) == [FERRY.locator]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (printed(SHORT), SHORT),
        (printed(SHORT, (3, 1, 0, 2)), SHORT),
        (AROUND.format(printed(SHORT, (3, 1, 0, 2))), SHORT),
        ("竹编斗笠主要产于哪里？", None),  # a question that anybody may ask, in other words
        (SHORT.question, SHORT),
        ("竹編斗笠，主要產於（　）", SHORT),
        (AROUND.format(SHORT.question), None),  # nine characters in a long text are a phrase
        (printed(WHICH), WHICH),
        (printed(WHICH, (1, 0, 3, 2)), WHICH),
        ("，".join(WHICH.options), None),  # what they are about, and no question
        (OPEN.question + "。", OPEN),
        ("请写一首关于旧邮筒的短诗", OPEN),
        (ENGLISH.question, ENGLISH),
        (ENGLISH.question.upper().replace(".", " ;\n"), ENGLISH),
        ("".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in ENGLISH.question), ENGLISH),
        (ENGLISH.question[: len(ENGLISH.question) // 2], ENGLISH),
        (AROUND.format(ENGLISH.question[:90]), ENGLISH),
    ],
)
def test_short_open_and_english_items(text, expected):
    assert locators(text) == ([expected.locator] if expected else [])


@pytest.mark.parametrize(
    "text",
    [
        "",
        None,
        "。，！？",
        "下列说法正确的是",
        "下列说法正确的是（　）。A. 是 B. 否 C. 对 D. 错",
        "下面几种说法里，哪一种最能说明老周的为人？",
        "老周每天清晨划船",  # less than half a question
        AROUND.format("老周每天清晨划船送孩子们"),
        "章鱼有三颗心脏，这是许多人不知道的。" * 3,  # one option of four
        "青石镇、白河镇、柳林镇和双桥镇沿河排开，家家会编竹器。",
        "写一首短诗，题目自拟。",
        "How much money does she earn? How much money does she earn?",
        "She sells each scarf for 7 dollars.",
        "Every evening the grandmother knits by the window while Tom reads the paper to her.",
    ],
)
def test_phrases_and_pieces_are_no_leaks(text):
    assert locators(text) == []


@pytest.mark.parametrize(
    ("text", "leaks"),
    [
        (AROUND.format(printed(FERRY)), True),
        (AROUND.format(FERRY.question), True),
        (AROUND.format(FERRY.question.replace("看重", "在意")), True),
        (LEAKS["first half"], False),  # an answer that quotes what a question quotes too
        (OPEN.question, False),
    ],
)
def test_more_is_asked_of_an_answer(text, leaks):
    assert locators(text, answers=True) == ([FERRY.locator] if leaks else [])


def test_the_best_item_of_each_benchmark_is_named():
    other = Item("exam", "a.csv row=9", FERRY.question + "请从他的家人、邻居、学生三方面各写一段，每段不少于五十个字。")
    twin = Item("again", "z.csv row=0", FERRY.question)
    found = index([other, FERRY, twin])
    hits = found.hits(pl.Series(["无关的话", FERRY.question]))
    assert [(hit.row, hit.item.locator, hit.overlap) for hit in hits] == [
        (1, "z.csv row=0", 1.0), (1, "a.csv row=0", 1.0),
    ]  # fmt: skip


def test_items_that_are_the_same_are_one_and_empty_ones_are_none():
    same = Item("exam", "b.csv row=0", "  " + FERRY.question.replace("，", ","), FERRY.options)
    assert [item.locator for item in index([FERRY, same, Item("exam", "c", "____")]).items] == [FERRY.locator]
    assert index([]).hits(pl.Series(["文"])) == []
    assert FOUND.hits(pl.Series([], dtype=pl.String)) == []


def test_a_template_of_many_items_is_found_with_its_own_words():
    asked = "请问下面这段话里有没有冒犯别人的意思？"
    each = [
        Item("exam", f"{n}", f"{asked}{chr(0x4E00 + n) * 3}先生{chr(0x5E00 + n) * 9}")
        for n in range(SETTINGS.common + 50)
    ]
    found = index(each)
    assert locators(each[7].question, found=found) == ["7"]
    assert locators(asked, found=found) == []
    assert locators(asked + "我们明早去河边走走吧，顺便摘些野菜。", found=found) == []


# What the kernel does, in plain words: slow, and with nothing in common but the settings.


def spelled(text):
    """Tokens: words of letters and digits below U+0530, and single characters."""
    found, word = [], ""
    for character in text.translate(folds()) + " ":
        if character.isalnum() and ord(character) < 0x530:
            word += character
            continue
        found += [word] if word else []
        word = ""
        found += [] if character in " \n" else [character]
    return found


def weighed(tokens):
    return sum(8 if ord(token[0]) < 0x530 and token.isalnum() else 5 for token in tokens)


def covered(section, text, gram, run):
    """Places of ``section`` in runs, and in long runs: from the first place of each n-gram, to both sides."""
    short, long = set(), set()
    firsts = {}
    for at in range(len(section) - gram + 1):
        firsts.setdefault(tuple(section[at : at + gram]), at)
    for p in range(len(text) - gram + 1):
        if (at := firsts.get(tuple(text[p : p + gram]))) is None:
            continue
        left = right = 0
        while min(at - left, p - left) > 0 and section[at - left - 1] == text[p - left - 1]:
            left += 1
        while at + right < len(section) and p + right < len(text) and section[at + right] == text[p + right]:
            right += 1
        short |= set(range(at - left, at + right))
        if weighed(section[at - left : at + right]) >= run:
            long |= set(range(at - left, at + right))
    return short, long


def plain(item, text):
    """The overlap by the first three rules, 0 where none holds."""
    s = SETTINGS
    words = spelled(text)
    sections = [spelled(each) for each in (item.question, *item.options)]
    runs = [covered(section, words, s.gram, s.run) for section in sections]

    def weight(places, section):
        return weighed([section[at] for at in sorted(places)])

    question, (short, long) = sections[0], runs[0]
    whole = sum(weighed(section) for section in sections)
    both = sum(weight(long, section) for section, (_, long) in zip(sections, runs, strict=True))
    part, any_part = weight(long, question), weight(short, question)
    if part >= s.least and part >= s.share * weighed(question):
        return part / weighed(question)
    if both >= s.least and both >= s.together * whole:
        return both / whole
    alone = any_part >= s.alone * weighed(words)
    if any_part >= s.alone_least and any_part >= s.share * weighed(question) and alone:
        return any_part / weighed(question)
    return 0.0


PIECES = (
    "老周划船", "每天清晨送", "孩子们过河上学", "红", "蓝", "，", "\n", "she sells ", "9 hats", "for 5 dollars ", "Ａ",
)  # fmt: skip
TEXTS = st.lists(st.sampled_from(PIECES), max_size=14).map("".join)


@given(TEXTS, TEXTS, TEXTS)
def test_the_kernel_agrees_with_a_plain_reading_of_the_rules(question, option, text):
    item = Item("exam", "x", question, (option,))
    hits = index([item]).hits(pl.Series([text]))
    assert [hit.overlap for hit in hits] == ([pytest.approx(expected)] if (expected := plain(item, text)) else [])


@given(st.text(max_size=60))
def test_tokens_are_those_of_the_normal_form(text):
    text = text.encode("utf-8", "replace").decode()
    tokens, starts = tokens_of(pl.Series([text, "\ufdfc" * 5 + text]))
    wanted = spelled(text)
    assert starts[1] == len(wanted)
    single = [ord(token) for token in wanted if not (token.isalnum() and ord(token[0]) < 0x530)]
    assert [int(token) for token in tokens[: starts[1]] if token < 1 << 63] == single


def test_no_fold_needs_more_room_than_there_is():
    characters = pl.Series([chr(code) for code in range(0x110000) if not 0xD800 <= code < 0xE000])
    _, starts = tokens_of(characters)
    assert (np.diff(starts) <= 2 * characters.str.len_bytes().to_numpy()).all()
    assert table()[0].dtype == np.uint32


@pytest.mark.parametrize(
    "text", ["啊" * 400_000, FERRY.question * 10_000, FERRY.question[:12] * 40_000, "a b " * 200_000]
)
def test_a_hostile_text_takes_no_more_than_its_time(text):
    found = index([FERRY, Item("exam", "y", "啊" * 300 + "哦"), Item("exam", "z", "a b " * 100 + "c")])
    begun = time.perf_counter()
    found.hits(pl.Series([text]))
    assert time.perf_counter() - begun < 20


# Reading.


def written(path: Path, text: str) -> Path:
    path.write_text(text, "utf-8")
    return path


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("a.csv", "id,question,A,B,C,D,answer\n0,几点了,一,二,三,四,A\n", ("几点了", ("一", "二", "三", "四"))),
        ("a.csv", ",Question,A,B,C,D,Answer\n0,几点了,一,,三,,A\n", ("几点了", ("一", "三"))),
        ("a.json", '[{"id": 1, "question": "几点了", "options": ["(A)一", "B. 二"]}]', ("几点了", ("一", "二"))),
        ("a.jsonl", '{"question": "几点了", "choices": {"text": ["一"], "label": ["A"]}}', ("几点了", ("一",))),
        ("a.json", '{"canary": "x", "examples": [{"input": "几点了", "target": "一"}]}', ("几点了", ())),
        ("a.jsonl", '{"question": "几点了", "answer": "一"}', ("几点了", ())),
        ("a.jsonl", '{"prompt": "几点了", "entry_point": "f"}', ("几点了", ())),
        ("a.jsonl", '{"instruction": "看图", "input": "几点了"}', ("看图\n几点了", ())),
        ("a.jsonl", '{"goal": "泡茶", "sol1": "用热水", "sol2": "用沙子", "label": 0}', ("泡茶", ("用热水", "用沙子"))),
        ("a.jsonl", '{"question_text": "几点了", "document": "长文"}', ("几点了", ())),
    ],
)
def test_the_shapes_of_benchmarks_are_known(tmp_path, name, text, expected):
    (item,) = items(benchmark("exam", [written(tmp_path / name, text)]))
    assert (item.question, item.options) == expected
    assert item.locator.startswith(name)


def test_packed_lines_and_parquet_are_read(tmp_path):
    packed = tmp_path / "h.jsonl.gz"
    packed.write_bytes(gzip.compress(b'{"prompt": "def f():"}\n\n{"prompt": "def g():"}\n'))
    table = tmp_path / "m.parquet"
    pl.DataFrame({"question": ["几点了"], "choices": [["一", "二"]]}).write_parquet(table)
    found = list(items(benchmark("exam", [packed, table])))
    assert [(item.locator, item.question, item.options) for item in found] == [
        ("h.jsonl.gz line=0", "def f():", ()), ("h.jsonl.gz line=2", "def g():", ()),
        ("m.parquet row=0", "几点了", ("一", "二")),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("a.jsonl", b'{"answer": 1}', "no question in a field that is known"),
        ("a.jsonl", b'{"question": 5}', "no question in a field that is known"),
        ("a.json", b'{"1": {"answer": 0}}', "no question in a field that is known"),
        ("a.jsonl", b"{", "is not JSON"),
        ("a.txt", b"text", "is no table"),
        ("a.csv", b"", "is empty"),
        ("a.jsonl.gz", b"text", "no JSON lines in gzip"),
        ("a.jsonl.gz", gzip.compress(b"{}{}", mtime=0), "no JSON lines in gzip"),
        ("a.jsonl.gz", gzip.compress(b"[1]", mtime=0), "is not an object"),
        ("a.jsonl.gz", gzip.compress(b'{"question": "x"}', mtime=0)[:-9], "no JSON lines in gzip"),
        ("a.jsonl.gz", gzip.compress(b"\xff", mtime=0), "no JSON lines in gzip"),
    ],
)
def test_a_file_that_is_no_benchmark_is_named(tmp_path, name, data, message):
    (tmp_path / name).write_bytes(data)
    with pytest.raises(RawError, match=message) as error:
        list(items(benchmark("exam", [tmp_path / name])))
    assert str(tmp_path / name) in str(error.value)
    assert "Benchmark exam" in str(error.value)


def test_a_file_that_changes_or_goes_is_an_error(tmp_path):
    path = written(tmp_path / "a.jsonl", json.dumps({"question": "几点了"}))
    taken = benchmark("exam", [path])
    written(path, json.dumps({"question": "几点"}))
    with pytest.raises(RawError, match="has changed"):
        list(items(taken))
    path.unlink()
    with pytest.raises(RawError, match="cannot be read"):
        list(items(taken))
    with pytest.raises(RawError, match="cannot be read"):
        benchmark("exam", [path])


# Real benchmarks and real texts.


def measured():
    """The script that makes the figures of docs/contamination.md."""
    path = Path(__file__).resolve().parents[2] / "benchmarks/contamination.py"
    spec = importlib.util.spec_from_file_location("contamination", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_real_leaks_are_found_and_real_texts_are_not_taken_for_leaks(real_data):
    script = measured()
    against = script.benchmarks(real_data)
    drawn = script.sampled(script.clean(real_data), random.Random(7))
    assert len(drawn) == 10_000
    assert len(script.leaks([record for _, record in drawn], against)) <= 5
    for each in against:
        rng = random.Random(7)
        some = rng.sample(list(items(each)), 60)
        for kind in script.KINDS:
            found = script.leaks([(kind(item, rng), "略。") for item in some], against)
            assert len(found) >= (0.8 if kind is script.half else 0.97) * len(some), (each.name, kind.__name__)
