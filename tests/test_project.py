"""What a project takes from its file, and how it sets what its sources have."""

from pathlib import Path

import pytest

from cqia.errors import ProjectError, RawError
from cqia.project import load, raw_files
from cqia.rules.rule import Rule
from made import OWN, make_project


def opened(tmp_path, toml, source="notes"):
    return load(make_project(tmp_path / "p", [], toml=toml, source=source))


def rule(project, name):
    (found,) = (rule for rule in project.sources["notes"].rules if rule.name == name)
    return found


def test_what_is_not_said_is_as_the_source_has_it(tmp_path):
    project = opened(tmp_path, "")
    assert (project.settings.seed, project.settings.judge.model, project.settings.review.require) == (
        42,
        "heuristic",
        "undecided",
    )
    assert rule(project, "likes").at_least == 3
    assert project.sources["notes"].at_least == 1.0
    assert project.work == tmp_path / "p" / "work"
    assert project.modules == (OWN,)


@pytest.mark.parametrize(
    ("toml", "name", "bounds"),
    [
        ("[sources.notes.rules.likes]\nat_least = 31", "likes", (31.0, None, "keep")),
        ("[sources.notes.rules.likes]\nat_most = 99", "likes", (3.0, 99.0, "keep")),
        ("[sources.notes.rules.likes]\nmissing = 'drop'", "likes", (3.0, None, "drop")),
        ("[sources.notes.rules.advert]\nmissing = 'drop'", "advert", (None, None, "drop")),
        ("[sources.notes.rules.likes]\nat_least = 0", "likes", (0.0, None, "keep")),
        ("[sources.notes.rules.likes]", "likes", (3.0, None, "keep")),
    ],
)
def test_bounds_are_overridden_one_by_one(tmp_path, toml, name, bounds):
    found = rule(opened(tmp_path, toml), name)
    assert isinstance(found, Rule)
    assert (found.at_least, found.at_most, found.missing) == bounds
    assert [rule.name for rule in opened(tmp_path, toml).sources["notes"].rules] == ["short", "likes", "advert"]


def test_a_quota_and_a_threshold_are_overridden(tmp_path):
    file = tmp_path / "p/cqia.toml"
    opened(tmp_path, "", source="ranked")
    file.write_text(
        file.read_text("utf-8").replace("[sources.ranked]\n", "[sources.ranked]\nquota = 0\nat_least = 9.5\n"), "utf-8"
    )
    source = load(tmp_path / "p").sources["ranked"]
    assert source.quota is not None
    assert (source.quota.total, source.at_least) == (0, 9.5)


def test_a_source_of_ones_own_beside_the_project_file(tmp_path):
    folder = make_project(tmp_path / "p", [], python=None)
    (folder / "mine.py").write_text(OWN.read_text("utf-8"), "utf-8")
    (folder / "cqia.toml").write_text('[sources.notes]\npython = "mine.py"\nraw = ["raw/*"]\n', "utf-8")
    project = load(folder)
    assert project.sources["notes"].title == "笔记"
    assert project.modules == (folder / "mine.py",)


def test_two_sources_of_one_file(tmp_path, inline, run):
    folder = make_project(tmp_path / "p", [{"id": "a", "text": "一条足够长的笔记", "likes": 5, "genre": "茶"}])
    file = folder / "cqia.toml"
    file.write_text(
        file.read_text("utf-8") + file.read_text("utf-8").replace("[sources.notes]", "[sources.ranked]"), "utf-8"
    )
    found = run(folder)
    assert found.balanced
    assert [(row.source, row.stage) for row in found.rows] == [
        *(("notes", stage) for stage in ("collect", "filter", "dedup", "assign", "judge", "review")),
        *(("ranked", stage) for stage in ("collect", "filter", "assign", "review")),
    ]


def test_rank_and_quota_go_the_road(tmp_path, inline, run):
    rows = [
        {"id": f"n{n}", "title": "题", "text": f"第{n}条", "likes": n if n else None, "genre": "茶酒水"[n % 3]}
        for n in range(14)
    ]
    folder = make_project(tmp_path / "p", rows, source="ranked", toml="[run]\nshard_mib = 0.0005")
    found = run(folder)
    assert found.balanced
    counts = {row.stage: row.counts for row in found.rows}
    assert counts["filter"].dropped == {"rank": 6}
    assert counts["assign"].dropped == {"quota": 4}
    assert counts["review"].out == 4
    assert len(list((folder / "work/ranked/filter/out").glob("*"))) > 1


@pytest.mark.parametrize(
    ("patterns", "names"),
    [
        (["*.json"], ["a.json", "b.json"]),
        (["b.json", "a.json", "*.json"], ["a.json", "b.json"]),
        (["**/*.json"], ["a.json", "b.json", "in/c.json"]),
        (["?.json"], ["a.json", "b.json"]),
        (["[a].json"], ["a.json"]),
        (["./in/../a.json"], ["in/../a.json"]),
    ],
)
def test_raw_files(tmp_path, patterns, names):
    folder = tmp_path / "x[0]"
    (folder / "in").mkdir(parents=True)
    for name in ("a.json", "b.json", "in/c.json"):
        (folder / name).write_text("{}")
    assert raw_files("notes", patterns, folder) == [folder / name for name in names]


def test_a_broken_link_is_no_file(tmp_path):
    (tmp_path / "a.json").symlink_to(tmp_path / "gone")
    with pytest.raises(RawError, match="no file matches"):
        raw_files("notes", ["*.json"], tmp_path)


def test_a_folder_is_named_with_what_to_write(tmp_path):
    (tmp_path / "pages").mkdir()
    with pytest.raises(RawError, match="pages/ is a folder") as raised:
        raw_files("notes", ["pages/"], tmp_path)
    assert "pages/*" in raised.value.hint


def test_a_relative_folder_is_taken_from_where_one_stands(tmp_path, monkeypatch):
    make_project(tmp_path / "p", [{"id": "a"}])
    monkeypatch.chdir(tmp_path)
    assert load(Path("p")).raw("notes") == [tmp_path / "p/raw/a.jsonl"]
    with pytest.raises(ProjectError, match=r"no cqia\.toml"):
        load(Path())
