"""Records out, decisions back: as lines, through Argilla, through Label Studio; and files that are wrong.

``tests/data/review/argilla.json`` was written by argilla 2.8 (``Dataset.records.to_json``) from a dataset of ours that
it had read, with answers of two people; ``label_studio.json`` has annotations that label-studio-sdk 2.1 holds to be
valid for our interface.
"""

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cqia.errors import UsageError
from cqia.review import store
from cqia.review.argilla import settings as argilla_settings
from cqia.review.exchange import FORMATS, decided, format_of, take
from cqia.review.label_studio import INTERFACE
from cqia.review.lineage import span
from cqia.review.lines import write
from cqia.review.sheets import Given, blank, checked, filled, read_sheet
from cqia.tasks.edits import undone
from desk_people import record
from made import lines, note

DATA = Path(__file__).parents[1] / "data" / "review"
HEATER = "先用淘米水小火煮半小时，放凉再洗。"


def row(n=0, **fields):
    """A record that waits, as ``records.waiting`` gives it."""
    made = record(n)
    names = ("id", "source", "text_digest", "instruction", "input", "output", "score")
    return {**{name: made[name] for name in names}, "history": "", "reason": "needs_review"} | fields


def plain(each):
    """What a decision says, without where it stood and when it was made."""
    return each.record, each.action, each.reviewer, each.reason, dict(each.edited), dict(each.marks)


@pytest.mark.parametrize("name", FORMATS)
def test_what_goes_out_unanswered_comes_back_as_nothing(tmp_path, name):
    way = FORMATS[name]
    assert way.write(tmp_path / "out", [row(n) for n in range(3)]) == 3
    if name == "label-studio":  # whose export has annotations, be they none
        tasks = json.loads((tmp_path / "out/tasks.json").read_text("utf-8"))
        (tmp_path / "back").write_text(json.dumps([task | {"annotations": []} for task in tasks]))
    assert way.read(tmp_path / ("back" if name == "label-studio" else "out")) == []


def answered_jsonl(path, answers):
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    write(path, [row | answers.get(row["record"], {}) for row in rows])
    return path


def test_lines_filled_in(tmp_path):
    file = tmp_path / "waits.jsonl"
    FORMATS["jsonl"].write(file, [row(n, history="问：早\n答：早") for n in range(3)])
    answered_jsonl(file, {
        "notes:n0/answer": {"action": "accept", "reviewer": "甲", "marks": {"useful": 5}},
        "notes:n2/answer": {"action": "edit", "reviewer": "乙", "at": "2026-03-01T10:00:00+08:00",
                            "edited": {"output": "改了。"}},
    })  # fmt: skip
    one, other = read_sheet(file)
    assert plain(one) == ("notes:n0/answer", "accept", "甲", None, {}, {"useful": 5})
    assert (other.at, other.text_digest) == ("2026-03-01T02:00:00+00:00", row(2)["text_digest"])
    assert dict(other.edited) == {"output": "改了。"}


def test_what_argilla_wrote():
    told = [plain(each) for each in FORMATS["argilla"].read(DATA / "argilla.json")]
    one, two = "argilla:00000000-0000-0000-0000-000000000001", "argilla:00000000-0000-0000-0000-000000000002"
    assert told == [
        ("zhihu:answer-101/answer", "accept", one, None, {}, {"useful": 5}),  # the text came back as it was
        ("zhihu:answer-103/answer", "edit", one, None, {"output": HEATER}, {}),
        ("zhihu:answer-105/answer", "reject", two, "没有回答问题", {}, {}),
    ]


def test_what_label_studio_exported():
    found = FORMATS["label-studio"].read(DATA / "label_studio.json")
    assert [plain(each) for each in found] == [
        ("zhihu:answer-101/answer", "accept", "丙", None, {}, {"useful": 4}),
        ("zhihu:answer-103/answer", "edit", "label-studio:ding@example.com", None,
         {"output": "先用淘米水煮开，放凉再洗。"}, {}),
        ("zhihu:answer-105/answer", "reject", "label-studio:ding@example.com", "空话", {}, {}),
    ]  # fmt: skip
    assert {each.at for each in found} == {"2026-03-01T02:05:04.500000+00:00"}


def test_accepted_with_a_changed_text_is_an_edit(tmp_path):
    (back,) = [each for each in json.loads((DATA / "argilla.json").read_text("utf-8")) if "103" in each["id"]]
    back["responses"]["action"][0]["value"] = "accept"
    (tmp_path / "a.json").write_text(json.dumps([back]))
    (found,) = FORMATS["argilla"].read(tmp_path / "a.json")
    assert (found.action, dict(found.edited)) == ("edit", {"output": HEATER})


def test_skipped_tasks_and_other_ways_of_naming_people(tmp_path):
    rows = json.loads((DATA / "label_studio.json").read_text("utf-8"))
    rows[0]["annotations"][0]["was_cancelled"] = True
    rows[1]["annotations"][0]["completed_by"] = 12
    rows[2]["annotations"][0]["result"][0]["value"]["choices"] = ["驳回"]  # the title instead of its alias
    (tmp_path / "a.json").write_text(json.dumps(rows))
    found = FORMATS["label-studio"].read(tmp_path / "a.json")
    assert [(each.action, each.reviewer) for each in found] == [
        ("edit", "label-studio:12"), ("reject", "label-studio:ding@example.com"),
    ]  # fmt: skip


def test_the_interface_asks_for_what_is_read_back():
    tree = ElementTree.fromstring(INTERFACE)
    shown = {each.get("name") for each in tree.iter("Text")}
    asked = {each.get("name") for tag in ("Choices", "TextArea", "Rating") for each in tree.iter(tag)}
    assert {each.get("toName") for each in tree.iter() if each.get("toName")} <= shown
    new = {f"new_{name}" for name in ("instruction", "input", "output")}
    marks = {"useful", "professional", "logical", "detailed", "objective", "harmless"}
    assert asked == {"action", "reason", "reviewer"} | new | marks
    questions = {question["name"] for question in argilla_settings()["questions"]}
    assert questions == asked - {"reviewer"}
    assert not questions & {each["name"] for each in argilla_settings()["fields"]}


def test_decisions_out_and_in_elsewhere_are_the_same(where, tmp_path):
    given = [
        checked(Given("", "a:1/answer", "accept", "甲", "2026-03-01T02:00:00Z", marks={"useful": 4, "harmless": 5})),
        checked(Given("", "a:2/answer", "reject", "乙", "2026-03-01T02:00:00Z", "跑题", "ab" * 16)),
        checked(
            Given("", "a:3/answer", "edit", "乙", "2026-03-01T02:00:00Z", edited={"output": "新\n的", "input": ""})
        ),
        checked(Given("", "a:3/answer", "accept", "甲", "2026-03-01T01:00:00Z")),  # earlier: does not count
    ]
    assert [take(where, given), take(where, given)] == [4, 0]
    assert write(tmp_path / "out.jsonl", decided(where)) == 3
    other = tmp_path / "other.sqlite"
    assert take(other, read_sheet(tmp_path / "out.jsonl")) == 3
    assert store.latest(other).equals(store.latest(where))
    assert list(decided(other)) == list(decided(where))
    assert next(decided(other))["marks"] == {"useful": 4, "harmless": 5}


def test_without_a_time_the_same_is_not_said_twice(where):
    said = Given("", "a:1/answer", "accept", "甲")
    assert [take(where, [said]), take(where, [said])] == [1, 0]
    changed = Given("", "a:1/answer", "reject", "甲", reason="看错了")
    assert [take(where, [changed]), store.latest(where)["action"].to_list()] == [1, ["reject"]]


TEXT = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), min_size=1, max_size=30)
SOLID = TEXT.filter(str.strip)


@settings(max_examples=60)
@given(SOLID, SOLID, SOLID, st.dictionaries(st.sampled_from(["instruction", "input"]), TEXT, min_size=1))
def test_any_text_survives_being_written_and_read(tmp_path_factory, id, reviewer, reason, edited):
    said = Given("", id, "edit", reviewer, "2026-03-01T02:00:00+00:00", reason, None, edited)
    file = tmp_path_factory.mktemp("x") / "a.jsonl"
    write(file, [filled(said)])
    (back,) = read_sheet(file)
    assert plain(back) == plain(said)


DECISION = {"record": "a:1/answer", "action": "accept", "reviewer": "甲", "at": "2026-03-01T02:00:00Z"}


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", "not JSON"),
        ("null", "not a JSON object"),
        ("[" * 10_000, "recursion"),
        (DECISION | {"action": "maybe"}, "action is 'maybe'"),
        (DECISION | {"reviewer": None}, "reviewer is missing"),
        (DECISION | {"reviewer": 3}, "reviewer is 3: .*valid string"),
        (DECISION | {"record": ""}, "record is '': .*at least 1"),
        (DECISION | {"at": "yesterday"}, "at is 'yesterday'"),
        (DECISION | {"at": "9999-12-31T23:59:59-23:00"}, "at is"),
        (DECISION | {"edited": {"output": "新"}}, "an edit must change a text"),
        (DECISION | {"action": "edit"}, "an edit must change a text"),
        (DECISION | {"action": "edit", "edited": {"outputs": "新"}}, "unknown key 'edited.outputs'"),
        (DECISION | {"action": "edit", "edited": {"output": " "}}, "the output of an edit is empty"),
        (DECISION | {"marks": {"useful": 6}}, "marks.useful is 6: .*less than or equal to 5"),
        (DECISION | {"marks": {"pretty": 5}}, "there is no criterion 'pretty'"),
        (DECISION | {"reason": "\0"}, "NUL"),
        (DECISION | {"verdict": 1}, "unknown key 'verdict'"),
    ],
)
def test_a_wrong_line_is_named(tmp_path, line, message):
    file = tmp_path / "a.jsonl"
    file.write_text(lines([DECISION, line]))
    with pytest.raises(UsageError, match=f"a.jsonl, line 2: .*{message}"):
        read_sheet(file)


@pytest.mark.parametrize("name", ["argilla", "label-studio"])
@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "not JSON"),
        ("[", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("{}", "not a list of records"),
        ("[1]", "record 1: "),
        ("[{}]", "record 1: .*missing"),
        (b"\xff\xfe", "not JSON"),
    ],
)
def test_a_wrong_file_of_another_tool_is_explained(tmp_path, name, content, message):
    file = tmp_path / "a.json"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(UsageError, match=message):
        FORMATS[name].read(file)


def test_a_wrong_record_of_another_tool_is_named(tmp_path):
    rows = json.loads((DATA / "argilla.json").read_text("utf-8"))
    rows[1]["responses"]["action"][0]["value"] = "great"
    (tmp_path / "a.json").write_text(json.dumps(rows))
    with pytest.raises(UsageError, match="record 2: action is 'great'"):
        FORMATS["argilla"].read(tmp_path / "a.json")
    rows = json.loads((DATA / "label_studio.json").read_text("utf-8"))
    del rows[2]["annotations"][0]["result"][0]
    (tmp_path / "a.json").write_text(json.dumps(rows))
    with pytest.raises(UsageError, match="record 3: action is ''"):
        FORMATS["label-studio"].read(tmp_path / "a.json")


def test_formats_are_named():
    with pytest.raises(UsageError, match="no format 'argila'") as error:
        format_of("argila")
    assert "argilla" in error.value.hint


def test_a_line_to_fill_in_shows_what_is_judged():
    line = blank(row(score=None))
    assert line["shown"]["why"] == "needs_review"
    assert {name for name, value in line.items() if value is None} == {
        "action", "reviewer", "at", "reason", "edited", "marks",
    }  # fmt: skip


def test_there_and_back_on_the_command_line(project, run, cqia, tmp_path):
    folder = project([note(n) for n in range(6)], toml='[review]\nrequire = "all"')
    run(folder)
    file = tmp_path / "waits.jsonl"
    assert "6 records that wait" in cqia("review", "export", file, "-C", folder).out
    answered_jsonl(file, {
        "notes:n0/answer": {"action": "edit", "reviewer": "甲", "edited": {"output": "改成这样就好。"}},
        "notes:n1/answer": {"action": "reject", "reviewer": "甲", "reason": "不好"},
        "notes:n2/answer": {"action": "accept", "reviewer": "甲"},
    })  # fmt: skip
    assert "3 decisions read, 3 new" in cqia("review", "import", file, "-C", folder).out
    assert "3 decisions read, 0 new" in cqia("review", "import", file, "-C", folder).out
    counts = run(folder).rows[-1].counts
    assert (counts.kept, counts.dropped, counts.pending) == (2, {"rejected": 1}, {"needs_review": 3})
    assert "3 records that wait" in cqia("review", "export", file, "-C", folder).out
    out = tmp_path / "decisions.jsonl"
    assert "3 decisions written" in cqia("review", "export", out, "--decisions", "-C", folder).out
    assert json.loads(out.read_text("utf-8").splitlines()[0])["edited"] == {"output": "改成这样就好。"}


@pytest.mark.parametrize("format", ["argilla", "label-studio"])
def test_other_tools_on_the_command_line(project, run, cqia, tmp_path, format):
    folder = project([note(n) for n in range(2)], toml='[review]\nrequire = "all"')
    run(folder)
    assert cqia("review", "export", tmp_path / "out", "--format", format, "-C", folder).code == 0
    back = DATA / f"{format.replace('-', '_')}.json"
    said = cqia("review", "import", back, "--format", format, "-C", folder)
    assert "3 decisions read, 3 new" in said.out
    assert "records that are not there" in said.err
    refused = cqia("review", "export", tmp_path / "x", "--decisions", "--format", format, "-C", folder)
    assert (refused.code, "Leave out --format" in refused.err) == (2, True)


def test_an_edited_text_is_released_verified_and_why_tells_its_lineage(project, cqia, tmp_path):
    folder = project([note(0)], toml='[review]\nrequire = "all"')
    assert cqia("run", "-C", folder).code == 0
    new = note(0)["text"].replace("最后擦干净", "最后擦干，再晾一天")
    said = {
        "record": "notes:n0/answer",
        "action": "edit",
        "reviewer": "甲",
        "at": "2026-03-01",
        "edited": {"output": new},
    }
    write(tmp_path / "a.jsonl", [said])
    assert cqia("review", "import", tmp_path / "a.jsonl", "-C", folder).code == 0
    assert cqia("release", "v1", "-C", folder).code == 0
    (file,) = folder.glob("releases/v1/notes/*.jsonl")
    (row,) = map(json.loads, file.read_text("utf-8").splitlines())
    assert (row["human_verified"], row["output"]) == (True, new)
    told = json.loads(cqia("why", "notes:n0/answer", "--json", "-C", folder).out)
    (edit,) = told["edits"]
    assert (edit["field"], edit["name"], edit["was"], edit["now"]) == ("output", "review", "净", "，再晾一天")
    assert "edited    output by review: 「净」 -> 「，再晾一天」" in cqia("why", "notes:n0/answer", "-C", folder).out


@given(TEXT, TEXT)
def test_a_persons_edit_can_be_undone(was, now):
    assert undone("output", now, [span("output", was, now)]) == was
