"""``cqia arena`` and ``cqia review agreement`` as their users meet them."""

import json

import pytest

from cqia.review.lines import write
from made import note

PROMPTS = [
    {"id": f"p{n}", "instruction": f"第{n}问", "answers": {"甲": f"甲{n}", "乙": f"乙{n}", "丙": f"丙{n}"}}
    for n in range(6)
]
VOTES = [
    {"prompt": f"p{n}", "first": a, "second": b, "winner": "first" if n % 3 else "second", "judge": judge}
    for n in range(6) for a, b in ("甲乙", "乙丙", "甲丙") for judge in ("人", "模型")
]  # fmt: skip


@pytest.fixture
def folder(project):
    return project([note(0)])


def test_in_judged_and_reported(folder, cqia, tmp_path):
    write(tmp_path / "a.jsonl", [*PROMPTS, *VOTES])
    said = cqia("arena", "import", tmp_path / "a.jsonl", "-C", folder)
    assert "6 new prompts, 18 new battles, 36 new votes." in said.out
    again = cqia("arena", "import", tmp_path / "a.jsonl", "-C", folder)
    assert "0 new prompts, 0 new battles, 0 new votes." in again.out
    out = tmp_path / "out"
    told = json.loads(cqia("arena", "report", "--json", "--out", out, "-C", folder).out)
    assert [each["system"] for each in told["strengths"]] == ["甲", "乙", "丙"]
    assert {each["judge"]: each["votes"] for each in told["judges"]} == {"人": 18, "模型": 18}
    assert {each.name for each in out.iterdir()} == {"arena.json", "arena.md", "bars.svg", "strengths.svg"}
    assert json.loads((out / "arena.json").read_text("utf-8"))["pairs"] == told["pairs"]
    said = cqia("arena", "report", "--of", "丙", "--judge", "人", "-C", folder).out
    assert said.startswith("丙 against")
    assert "66.7% (30.0%–90.3%)" in said  # four of six lost
    assert "模型" not in said


def test_separated_votes_have_no_strengths_and_no_picture_of_them(folder, cqia, tmp_path):
    write(tmp_path / "a.jsonl", [*PROMPTS, *({**vote, "winner": "first"} for vote in VOTES)])
    cqia("arena", "import", tmp_path / "a.jsonl", "-C", folder)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "strengths.svg").write_text("of another time")
    said = cqia("arena", "report", "--out", tmp_path / "out", "-C", folder)
    assert (
        "No Bradley-Terry strengths. Fully separated: no battle was lost or tied against the rest by: 甲." in said.out
    )
    assert not (tmp_path / "out" / "strengths.svg").exists()
    assert "Fully separated" in (tmp_path / "out" / "arena.md").read_text("utf-8")


def test_models_from_files_of_their_own_against_one(folder, cqia, tmp_path):
    for system in "甲乙丙":
        write(tmp_path / system, [{"instruction": f"第{n}问", "output": f"{system}{n}"} for n in range(4)])
    named = [part for system in "甲乙丙" for part in ("--system", f"{system}={tmp_path / system}")]
    said = cqia("arena", "import", *named, "--against", "乙", "--votes", 2, "--name", "模型之争", "-C", folder)
    assert "4 new prompts, 8 new battles" in said.out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["import"], "Nothing to take in"),
        (["import", "none.jsonl"], "none.jsonl cannot be read"),
        (["import", "--system", "甲"], "no name or no file"),
        (["import", "--system", "甲=a", "--system", "甲=b"], "'甲' is named twice"),
        (["import", "--edits", "--against", "人"], "No prompt has an answer of '人'"),
        (["report"], "There is no arena 'arena'"),
        (["report", "--name", "x"], "Make one with: cqia arena import"),
    ],
)
def test_mistakes_are_explained(folder, cqia, arguments, message):
    said = cqia("arena", *arguments, "-C", folder)
    assert (said.code, message in said.err) == (2, True), said


def test_unknown_judges_and_systems_are_named(folder, cqia, tmp_path):
    write(tmp_path / "a.jsonl", [*PROMPTS, *VOTES])
    cqia("arena", "import", tmp_path / "a.jsonl", "-C", folder)
    assert "Known: 人, 模型" in cqia("arena", "report", "--judge", "神", "-C", folder).err
    assert "Known: 丙, 乙, 甲" in cqia("arena", "report", "--of", "丁", "-C", folder).err


def test_names_are_only_text_in_the_page(folder, cqia, tmp_path):
    nasty = "<img src=x onerror=alert(1)>|`*[a](javascript:b)"
    vote = {"prompt": "p", "first": nasty, "second": "乙", "winner": "tie", "judge": nasty}
    write(tmp_path / "a.jsonl", [{"id": "p", "instruction": "问", "answers": {nasty: "一", "乙": "二"}}, vote])
    assert cqia("arena", "import", tmp_path / "a.jsonl", "-C", folder).code == 0
    assert cqia("arena", "report", "--out", tmp_path / "out", "-C", folder).code == 0
    page = (tmp_path / "out" / "arena.md").read_text("utf-8")
    assert "<img" not in page.replace("\\<img", "")
    assert "](javascript" not in page.replace("\\](javascript", "").replace("\\]\\(", "")


def test_agreement_before_anybody_has_decided(folder, cqia):
    assert "Nobody has decided anything yet" in cqia("review", "agreement", "-C", folder).out
    told = json.loads(cqia("review", "agreement", "--json", "-C", folder).out)
    assert told == {"criteria": [], "pairs": [], "weeks": [], "reviewers": []}


def test_agreement_of_two_people(project, run, cqia):
    from cqia.pipeline import for_the_desk
    from cqia.project import load
    from cqia.review import items
    from cqia.review.store import opened
    from desk_people import PASSWORD, account, next_for, say

    folder = project([note(n) for n in range(8)], toml='[review]\nrequire = "all"\ndouble = 1.0')
    run(folder)
    loaded = load(folder)
    with opened(loaded.decisions) as database:
        items.sync(database, *for_the_desk(loaded))
        for person in ("子", "丑"):
            account(database, person, password=PASSWORD)
            for _ in range(8):
                turn = next_for(database, person)
                wrong = turn.item.id in ("notes:n0/answer", *(["notes:n1/answer"] if person == "丑" else []))
                say(database, turn, person, "reject" if wrong else "accept", ratings={"useful": 2 if wrong else 4})
    told = json.loads(cqia("review", "agreement", "--json", "-C", folder).out)
    assert [(each["criterion"], each["units"], each["equal"]) for each in told["criteria"]] == [
        ("action", 8, 7 / 8), ("useful", 8, 7 / 8),
    ]  # fmt: skip
    assert 0 < told["pairs"][0]["kappa"]["value"] < 1
    assert {each["reviewer"]: each["decisions"] for each in told["reviewers"]} == {"丑": 8, "子": 8}
    said = cqia("review", "agreement", "-C", folder).out
    assert "87.5%" in said
