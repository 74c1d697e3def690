"""The whole life of an item, and what a takedown touches."""

import json

import pytest

from made import lines, note

TEXT = (
    note(1)["text"]
    + "这是一段相当长的补充说明，用来让两条笔记几乎一模一样，只差最后的一两个字而已，其余的字一个也没有改动过"
)


@pytest.fixture
def folder(project, inline, cqia):
    rows = [
        note(1, text=TEXT + "吧。", likes=90, author="老茶客", url="https://例子/1"),
        note(2, text=TEXT + "呢。", likes=20),  # a copy of the first
        note(3, likes=1),
        note(4, text="短"),
        "{",
        note(5, do="wall"),
        note(6),
        note(6, text="同号的另一个版本"),
        note(7, author="老茶客"),
    ]
    folder = project(rows)
    assert cqia("run", "-C", folder).code == 0
    return folder


def life(cqia, folder, id):
    said = cqia("why", id, "--json", "-C", folder)
    assert said.code == 0, said
    found = json.loads(said.out)
    assert cqia("why", id, "-C", folder).out.startswith(id)
    return found


ROAD = ["collect", "filter", "dedup", "assign", "judge", "review"]


@pytest.mark.parametrize(
    ("id", "stages", "status", "reason"),
    [
        ("notes:n1", ROAD, "kept", None),
        ("notes:n1/answer", ROAD, "kept", None),
        ("notes:n2", ROAD[:3], "dropped", "near_duplicate"),
        ("notes:n3", ROAD[:2], "dropped", "likes"),
        ("notes:n4", ROAD[:2], "dropped", "short"),
    ],
)
def test_a_life_ends_where_it_ends(cqia, folder, id, stages, status, reason):
    found = life(cqia, folder, id)
    assert [step["stage"] for step in found["steps"]] == stages
    last = found["steps"][-1]
    assert (last["status"], last["reason"]) == (status, reason)
    assert found["page"]["path"] == str(folder / "raw/a.jsonl")
    start, end = map(int, found["page"]["locator"].removeprefix("bytes=").split("-"))
    assert json.loads((folder / "raw/a.jsonl").read_bytes()[start:end])["id"] == id.split("/")[0].removeprefix("notes:")


def test_what_fired_is_told_with_its_value_and_a_copy_with_its_original(cqia, folder):
    (fired,) = life(cqia, folder, "notes:n3")["steps"][-1]["fired"]
    assert fired == {"rule": "likes", "value": 1.0, "detail": None}
    (fired,) = life(cqia, folder, "notes:n2")["steps"][-1]["fired"]
    assert fired["detail"] == "notes:n1"
    assert "likes = 1 (at least 3): too few likes" in cqia("why", "notes:n3", "-C", folder).out


def test_what_nothing_more_is_to_be_said_of_is_said_once(cqia, project, inline):
    folder = project([note(1)], toml='[review]\nrequire = "all"')
    said = cqia("run", "-C", folder)
    assert f"waiting: 1 needs_review (cqia review serve -C {folder})" in said.err
    told = cqia("why", "notes:n1/answer", "-C", folder).out
    assert told.splitlines()[-1].startswith("  review    pending: needs_review, score ")


def test_a_page_has_a_life_and_a_quarantined_one_an_end(cqia, folder):
    page = life(cqia, folder, "notes:n1")["page"]["id"]
    assert [step["stage"] for step in life(cqia, folder, page)["steps"]][:2] == ["collect", "filter"]
    (item,) = json.loads(cqia("quarantine", "--json", "-C", folder).out)
    steps = life(cqia, folder, item["id"])["steps"]
    assert [(step["stage"], step["status"], step["reason"]) for step in steps] == [
        ("collect", "quarantined", "bad_json")
    ]


def test_a_repeated_id_tells_of_both_pages(cqia, folder):
    steps = [(step["stage"], step["status"]) for step in life(cqia, folder, "notes:n6")["steps"]]
    assert steps[:2] == [("collect", "kept"), ("collect", "dropped")]
    assert steps[2:] == [(stage, "kept") for stage in ROAD[1:]]


def test_a_life_goes_on_into_releases(cqia, folder):
    assert cqia("release", "v1", "-C", folder).code == 0
    found = life(cqia, folder, "notes:n1")
    assert found["releases"] == ["releases/v1/notes/answers.jsonl"]
    assert found["steps"][-1]["stage"] == "release"
    assert life(cqia, folder, "notes:n3")["releases"] == []


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--id", "notes:n1"], ["document  notes:n1", "copy      notes:n2", "record    notes:n1/answer"]),
        (["--id", "notes:n1/answer"], ["document  notes:n1", "copy      notes:n2", "record    notes:n1/answer"]),
        (["--url", "https://例子/1"], ["document  notes:n1", "copy      notes:n2", "record    notes:n1/answer"]),
        (
            ["--author", "老茶客"],
            [
                "document  notes:n1",
                "document  notes:n7",
                "copy      notes:n2",
                "record    notes:n1/answer",
                "record    notes:n7/answer",
            ],
        ),
        (["--id", "notes:n3"], ["document  notes:n3"]),
        (["--author", "无此人"], ["Nothing in the workspace matches."]),
    ],
)
def test_a_takedown_lists_what_it_touches_and_does_nothing_yet(cqia, folder, arguments, told):
    said = cqia("takedown", *arguments, "-C", folder)
    found = told[0].startswith("document")
    assert said.code == (0 if found else 1)
    assert said.out.splitlines()[: len(told)] == told
    assert ("add --apply" in said.out) == found
    assert not (folder / "takedown.jsonl").exists()


def test_a_takedown_takes_the_copies_down_too_and_lasts(cqia, folder):
    assert cqia("release", "v1", "-C", folder).code == 0
    for _ in range(2):
        assert cqia("takedown", "--id", "notes:n1", "--apply", "-C", folder).code == 0
    rows = [json.loads(line) for line in (folder / "takedown.jsonl").read_text("utf-8").splitlines()]
    assert rows == [{"field": "id", "value": "notes:n1"}, {"field": "id", "value": "notes:n2"}]
    (folder / "raw/b.jsonl").write_text(
        lines([note(30), note(1, text="又回来的一条，比原来还要长上许多" * 9)]), "utf-8"
    )
    assert cqia("release", "v2", "-C", folder).code == 0
    assert cqia("status", "-C", folder).code == 0
    released = (folder / "releases/v2/notes/answers.jsonl").read_text("utf-8")
    assert "notes:n1/" not in released
    assert "notes:n2/" not in released
    assert "notes:n30/" in released
    for id in ("notes:n1", "notes:n2"):
        step = life(cqia, folder, id)["steps"][-1]
        assert (step["stage"], step["status"], step["reason"]) == ("collect", "dropped", "takedown")
    assert "notes:n1/" in (folder / "releases/v1/notes/answers.jsonl").read_text("utf-8")
    assert life(cqia, folder, "notes:n1/answer")["releases"] == ["releases/v1/notes/answers.jsonl"]
