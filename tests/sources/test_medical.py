"""Medical articles: the question, what the patient tells, an answer without courtesies or adverts."""

import json

import polars as pl
import pytest

from cqia.errors import Unreadable
from cqia.readers.raw import Raw
from cqia.readers.slices import cut, pages
from cqia.schema import DOCUMENT
from cqia.sources.medical import MEDICAL, read
from cqia.stages import assign

ANSWER = (
    "打嗝多半是吃得太快，咽下了空气。把宝宝竖着抱起来，让他靠在肩上，空心掌从下往上轻轻拍背，等嗝打出来再放平。" * 2
)


def one(**row):
    (found,) = read(Raw("a.jsonl", "d", "row=0", 1, row=row))
    return found


def records(*found):
    rows = [each | {"id": f"medical:{number}", "source": "medical"} for number, each in enumerate(found)]
    frame = pl.DataFrame(rows, schema=DOCUMENT)
    return assign.apply(frame, pl.DataFrame(), tasks=MEDICAL.tasks, edits=MEDICAL.edits, seed=1).out


def test_the_neutral_form():
    found = one(id="3", title="1. 宝宝打嗝怎么办", text=ANSWER, site="baobao", author="某医生", about="某医生，儿科。",
                category="儿科", date="2020-01-31")  # fmt: skip
    assert (found["id"], found["title"], found["author"], found["copyright"]) == (
        "3", "宝宝打嗝怎么办", "某医生", "某医生，儿科。")  # fmt: skip
    made = records(found)
    assert made["task"].to_list() == ["child"]
    assert made["domain"].to_list() == [["百科", "母婴", "儿科"]]


@pytest.mark.parametrize(
    ("row", "task"),
    [({"site": "baobao"}, "child"), ({"site": "51zyzy"}, "health"), ({"category": "育儿"}, "child"), ({}, "health")],
)
def test_the_site_or_the_category_chooses_the_task(row, task):
    assert records(one(title="打嗝怎么办", text=ANSWER, **row))["task"].to_list() == [task]


@pytest.mark.parametrize(
    ("ask", "context"),
    [
        ("宝宝三个月大，每天吃完奶就打嗝，有时打半个小时", True),
        ("打嗝怎么办", False),
        ("无", False),
        ("", False),
        (None, False),
    ],
)
def test_consultations(ask, context):
    found = one(department="儿科", title="打嗝怎么办", ask=ask, answer=ANSWER)
    assert found["context"] == (ask if context else None)
    assert found["tags"] == ["儿科"]


def test_consultations_as_blocks_of_text():
    text = f"打嗝怎么办？,三个月大,吃完就打\n{ANSWER}\n\n\n咳嗽怎么办？,无\n{ANSWER}\n{ANSWER}\n"
    first, second = read(Raw("儿科.txt", "d", "", 1, data=text.encode("gb18030")))
    assert (first["title"], first["context"], first["text"]) == ("打嗝怎么办？", "三个月大,吃完就打", ANSWER)
    assert (second["context"], second["text"]) == (None, f"{ANSWER}\n{ANSWER}")


@pytest.mark.parametrize(
    ("title", "ask", "lines"),
    [
        ("打嗝怎么办？", "宝宝三个月大，打嗝怎么办？", ["宝宝三个月大，打嗝怎么办？"]),
        ("宝宝三个月大，一直打嗝。打嗝怎么办？", "打嗝怎么办", ["宝宝三个月大，一直打嗝。打嗝怎么办？"]),
        ("打嗝怎么办？", "宝宝三个月大，每天都这样", ["宝宝三个月大，每天都这样", "打嗝怎么办？"]),
    ],
)
def test_what_is_told_twice_stands_once(title, ask, lines):
    found = one(department="儿科", title=title, ask=ask, answer=ANSWER)
    fields = MEDICAL.tasks[0].fields
    told = pl.DataFrame([found], schema=DOCUMENT).select(a=fields["told"], b=fields["told_first"]).row(0)
    assert all(sorted(text.split("\n")) == sorted(lines) for text in told)


@pytest.mark.parametrize(
    ("text", "output"),
    [
        (f"你好，{ANSWER}感谢您的进行咨询，期望我的解释对你有所帮助。", ANSWER[:-1] + "。"),
        (f"{ANSWER}祝您早日康复！", ANSWER[:-1] + "。"),
        (f"{ANSWER}希望以上回答能帮助到您，谢谢。", ANSWER[:-1] + "。"),
        (ANSWER, ANSWER),
        ("祝您健康是一句客气话，" + ANSWER, "祝您健康是一句客气话，" + ANSWER),
    ],
)
def test_courtesies_are_trimmed_and_recorded(text, output):
    made = records(one(title="打嗝怎么办", text=text))
    assert made["output"][0] == output
    assert bool(len(made["edits"][0])) == (text != output)


@pytest.mark.parametrize("advert", ["可来我院就诊", "预约电话随时接听", "点击咨询专家", "哪家医院最好"])
def test_adverts_of_hospitals_are_seen(advert):
    rule = next(rule for rule in MEDICAL.rules if rule.name == "clinic")
    frame = pl.DataFrame(
        [one(title="打嗝怎么办", text=ANSWER + advert), one(title="打嗝怎么办", text=ANSWER)], schema=DOCUMENT
    )
    assert frame.select(rule.value).to_series().to_list() == [True, False]


@pytest.mark.parametrize(
    ("title", "asks"),
    [
        ("治打嗝最好的医院是哪间？", True), ("哪家打嗝医院比较好", True), ("治打嗝的医院在哪里？", True),
        ("有没有好的打嗝医院？", True), ("去医院检查打嗝要空腹吗？", False), ("医院说是打嗝，怎么办？", False),
    ],
)  # fmt: skip
def test_a_question_for_the_name_of_a_hospital_is_seen(title, asks):
    rule = next(rule for rule in MEDICAL.rules if rule.name == "clinic")
    frame = pl.DataFrame([one(title=title, text=ANSWER)], schema=DOCUMENT)
    assert frame.select(rule.value).item() is asks
    assert (frame.select(rule.detail).item() is not None) == asks


@pytest.mark.parametrize(
    "row",
    [{}, {"instruction": "问", "output": "答"}, {"title": "问", "answer": ""}, {"title": "", "answer": ANSWER},
     {"title": ["问"], "answer": {"a": 1}}],
)  # fmt: skip
def test_other_rows_are_quarantined(row):
    with pytest.raises(Unreadable) as raised:
        one(**row)
    assert raised.value.reason == "unknown_shape"


def test_wordings():
    for task in MEDICAL.tasks:
        made = {
            w.format(title="甲怎么办", question="甲怎么办？", told="甲\n乙", told_first="乙\n甲") for w in task.wordings
        }
        assert len(made) >= 10
        assert len({wording[:3] for wording in made}) >= 7


def test_real_rows(real_data):
    (path,) = (real_data / "nlp" / "medical" / "toyhom").glob("*.csv")
    found = [each for part in cut(path, slice_bytes=1 << 20, whole=()) for raw in pages(part) for each in read(raw)]
    assert len(found) == 7644
    assert all(each["title"] and each["text"] and json.loads(each["extra"]) == {} for each in found)
