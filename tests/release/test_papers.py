"""The papers of a release: they load, validate, agree with the ledger, and take any text for what it is."""

import json
import logging

import polars as pl
import pytest
import yaml

from cqia.project import load
from cqia.publish import release
from cqia.release.datasheet import QUESTIONS
from cqia.release.facts import Facts, Maker
from cqia.release.files import config_rows
from cqia.release.layout import SPLITS
from cqia.release.licences import terms
from made import OWN, counted, make_project, note

datasets = pytest.importorskip("datasets")

TOML = """[release]
splits = {train = 0.5, validation = 0.2, test = 0.3}
authors = ["笔记组", "A: \\"B\\" | #c"]
url = "https://example.org/notes"
date = "2026-01-02"
[release.datasheet]
purpose = "试验 </script> | *粗* \\n# 假标题"
funding = "没有经费。"
[review]
require = "none"
"""
TWO = '[sources.ranked]\npython = {python}\nraw = ["raw/*.jsonl"]\nlicence = "CC BY-NC-SA 4.0"\n'


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A project of two sources, all but one of whose texts have a licence, with three splits; and its release."""
    rows = [note(n, genre=f"类{n % 3}") for n in range(40)] + [note(41, likes=1), note(42, text="加微信abc看看吧")]
    toml = TOML + TWO.format(python=json.dumps(str(OWN)))
    folder = make_project(tmp_path_factory.mktemp("papers") / "p", rows, toml=toml)
    release(load(folder), "v1")
    return folder


@pytest.fixture(scope="module")
def made(project):
    return project / "releases/v1"


def lines(folder):
    return {
        path.relative_to(folder).as_posix(): [json.loads(line) for line in path.read_text("utf-8").splitlines()]
        for path in folder.rglob("*.jsonl")
    }


def metadata(folder):
    return yaml.safe_load((folder / "README.md").read_text("utf-8").split("---\n")[1])


def test_every_config_and_all_of_them_load_with_each_row_once(made, tmp_path):
    every = [row["metadata"] for rows in lines(made).values() for row in rows]
    whole = datasets.load_dataset(str(made), cache_dir=str(tmp_path))
    assert sorted(row["metadata"] for split in whole.values() for row in split) == sorted(every)
    configs = datasets.get_dataset_config_names(str(made))
    assert configs == ["default", "notes", "ranked"]
    found = []
    for config in configs[1:]:
        for split, rows in datasets.load_dataset(str(made), config, cache_dir=str(tmp_path)).items():
            mine = pl.read_parquet(made / f"parquet/{config}{'' if split == 'train' else f'.{split}'}.parquet")
            assert mine["metadata"].to_list() == list(rows["metadata"])
            found += list(rows["metadata"])
    assert sorted(found) == sorted(every)


def test_files_whose_lists_are_all_empty_load_beside_others(tmp_path):
    """Types are stated on the card: inferred from a file without a domain they would not hold for the next."""
    from cqia.release.files import write
    from cqia.release.pages import _template
    from cqia.schema import RECORD
    from cqia.sources.source import Published

    base = dict.fromkeys(RECORD) | {"instruction": "题", "input": "", "output": "答", "source": "a", "metadata": "id:x"}
    rows = [
        base | {"id": "a:1/x", "task": "x", "task_type": {"major": ["问答"], "minor": []}, "domain": []},
        base | {"id": "a:2/y", "task": "y", "task_type": {"major": ["问答"], "minor": ["生活"]}, "domain": ["通用"]},
    ]
    pl.DataFrame(rows, schema=RECORD).write_parquet(tmp_path / "part.parquet")
    layout = {"a": Published("a", {"x": "0", "y": "1"})}
    rows = write(tmp_path / "v1", [tmp_path / "part.parquet"], layout, 1)
    facts = Facts("a", "v1", 1, "", "none", 0, {}, config_rows(rows), (), {}, [], {}, None, 0, Maker(answers={}))
    card = _template("README.md.j2", facts=facts, size="n<1K", splits=SPLITS)
    (tmp_path / "v1/README.md").write_text(card, "utf-8")
    for config in ("default", "a"):
        loaded = datasets.load_dataset(str(tmp_path / "v1"), config, split="train", cache_dir=str(tmp_path / "hf"))
        assert list(loaded["domain"]) == [[], ["通用"]]
        assert [row["minor"] for row in loaded["task_type"]] == [[], ["生活"]]


def test_the_metadata_of_the_card_name_one_format_and_the_right_licence(made):
    card = metadata(made)
    paths = [path for config in card["configs"] for data in config["data_files"] for path in data["path"]]
    assert all(path.endswith(".jsonl") for path in paths)
    assert sorted(paths) == sorted(2 * list(lines(made)))
    assert card["license"] == "unknown"  # one source says no more than that it was written for tests
    assert card["language"] == ["zh"]
    assert card["size_categories"] == ["n<1K"]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of rdflib, inside mlcroissant
def test_croissant_is_valid_and_its_records_are_those_of_the_files(made, caplog):
    mlcroissant = pytest.importorskip("mlcroissant")
    with caplog.at_level(logging.ERROR):
        dataset = mlcroissant.Dataset(jsonld=str(made / "croissant.json"))
    assert not dataset.metadata.issues.errors
    sets = {each.uuid for each in dataset.metadata.record_sets}
    assert {"notes", "ranked"} <= sets
    found = []
    for name in sets:
        table = pl.read_parquet(made / f"parquet/{name}.parquet").to_dicts()
        rows = list(dataset.records(name))
        for row, wanted in zip(rows, table, strict=True):
            assert row[f"{name}/instruction"].decode() == wanted["instruction"]
            assert row[f"{name}/human_verified"] == wanted["human_verified"]
            assert [each.decode() for each in row[f"{name}/domain"]] == wanted["domain"]
            kinds = row[f"{name}/task_type"]
            assert [each.decode() for each in kinds[f"{name}/task_type/minor"]] == wanted["task_type"]["minor"]
        found += [row[f"{name}/metadata"].decode() for row in rows]
    assert sorted(found) == sorted(row["metadata"] for rows in lines(made).values() for row in rows)


@pytest.mark.parametrize("page", ["DATASHEET.md", "DATASHEET.zh.md"])
def test_the_datasheet_answers_every_question_from_the_ledger_or_says_that_nobody_did(made, project, page):
    text = (made / page).read_text("utf-8")
    language = int("zh" in page)
    asked = [line.strip("*") for line in text.splitlines() if line.startswith("**")]
    assert asked == [question.text[language] for question in QUESTIONS.values()]
    answers = text.split("\n**")[1:]
    assert all(len(answer.partition("**\n")[2].strip().splitlines()) >= 1 for answer in answers)
    for row in counted(load(project)).rows:
        for reason, number in row.counts.dropped.items():
            assert f"| {row.stage} | {reason.replace('_', chr(92) + '_')} | {number} |" in text
    assert "没有经费。" in text
    assert ("Not said by the makers." in text) != ("制作者没有说明。" in text)
    assert "heuristic" in text


def test_any_text_of_the_makers_is_taken_for_what_it_is(made):
    for page in ("DATASHEET.md", "DATASHEET.zh.md", "README.md"):
        text = (made / page).read_text("utf-8")
        assert "</script>" not in text
        assert "\n# 假标题" not in text
    citation = yaml.safe_load((made / "CITATION.cff").read_text("utf-8"))
    assert [author["name"] for author in citation["authors"]] == ["笔记组", 'A: "B" | #c']
    assert str(citation["date-released"]) == "2026-01-02"
    assert (citation["cff-version"], citation["type"], citation["version"]) == ("1.2.0", "dataset", "v1")
    assert {"message", "title", "authors"} <= citation.keys()


def test_licences_are_told_to_people_and_to_programs(made):
    told = {each["source"]: each for each in json.loads((made / "licences.json").read_text("utf-8"))["sources"]}
    assert told["notes"]["known"] is False
    assert told["ranked"]["known"] is True
    assert told["ranked"]["commercial"] is False
    assert told["ranked"]["share_alike"] is True
    page = (made / "LICENSES.md").read_text("utf-8")
    assert "**否 no**" in page
    assert "CC-BY-NC-SA-4.0" in page
    register = pl.read_parquet(made / "register.parquet")
    assert register["source"].value_counts().sort("source").rows() == sorted(
        (name, each["records"]) for name, each in told.items()
    )
    assert register["copyright"].null_count() == register.filter(pl.col("copyright").is_null()).height
    manifest = json.loads((made / "manifest.json").read_text("utf-8"))
    assert manifest["sources"]["notes"]["licence"] == terms("写给测试用，随意使用").statement


def test_the_register_knows_where_every_record_stands(made):
    register = pl.read_parquet(made / "register.parquet")
    assert register["id"].is_unique().all()
    for file, rows in lines(made).items():
        mine = register.filter(pl.col("file") == file)
        assert sorted(row["metadata"].rpartition("id:")[2] for row in rows) == sorted(mine["id"])


def test_one_record_without_anything_said(tmp_path, inline, cqia):
    folder = make_project(tmp_path / "p", [note(1)])
    said = cqia("release", "v1", "-C", folder)
    assert said.code == 0
    assert "the licence of notes is not known" in said.err
    assert datasets.load_dataset(str(folder / "releases/v1"), cache_dir=str(tmp_path / "hf"))["train"].num_rows == 1
    assert "Everything is train" in (folder / "releases/v1/DATASHEET.md").read_text("utf-8")
    assert yaml.safe_load((folder / "releases/v1/CITATION.cff").read_text("utf-8"))["authors"]


@pytest.mark.parametrize(
    ("licence", "name", "more"),
    [
        ("MIT", "mit", {}),
        ("MIT; CC0", "other", {"license_name": "MIT AND CC0-1.0", "license_link": "LICENSES.md"}),
        ("CC BY-SA 3.0", "cc-by-sa-3.0", {}),
    ],
)
def test_a_known_licence_is_named_on_the_card(tmp_path, inline, licence, name, more):
    folder = make_project(tmp_path / "p", [note(1)], toml=f'licence = "{licence}"')
    made = release(load(folder), "v1")
    card = metadata(made.folder)
    assert card["license"] == name
    assert {key: card[key] for key in card if key.startswith("license_")} == more
    assert made.unlicensed == ()


def test_who_answered_and_what_the_licences_ask_together(tmp_path, inline):
    """A record that does not say who answered is not one that a machine answered."""
    said = {
        "machine": 'licence = "CC BY-SA 4.0"\nanswer_from = "llm"',
        "people": 'licence = "CC BY-NC-SA 4.0"\nanswer_from = "human"',
        "nobody": 'licence = "none stated"',
    }
    folder = tmp_path / "p"
    (folder / "raw").mkdir(parents=True)
    for at, name in enumerate(said):
        rows = [{"instruction": f"{name}的第{n}个问题？", "output": f"第{n + 9 * at}种答法。"} for n in range(at + 2)]
        (folder / f"raw/{name}.json").write_text(json.dumps(rows, ensure_ascii=False), "utf-8")
    tables = [f'[sources.{n}]\ntable = "alpaca"\nraw = ["raw/{n}.json"]\nat_least = 1\n{t}\n' for n, t in said.items()]
    (folder / "cqia.toml").write_text("".join(tables) + '[review]\nrequire = "none"\n', "utf-8")
    made = release(load(folder), "v1").folder
    register = pl.read_parquet(made / "register.parquet")
    llm = register.filter(pl.col("answer_from") == "llm").height
    assert (llm, register.height) == (2, 9)
    card = (made / "README.md").read_text("utf-8")
    answered = {row.split("`")[1]: row.split("|")[4].strip() for row in card.splitlines() if row.startswith("| ") and
                any(f"`{name}` |" in row for name in said) and row.count("|") == 6}  # fmt: skip
    assert answered == {"machine": "2", "people": "0", "nobody": "0"}
    assert "4 条没有注明由谁作答" in card
    assert "of 4 answers it is not known who wrote them" in (made / "DATASHEET.md").read_text("utf-8")
    page = (made / "LICENSES.md").read_text("utf-8")
    row = next(line for line in page.splitlines() if "the known ones together" in line)
    assert [cell.strip() for cell in row.split("|")[2:-1]] == [
        "5", "", "", "须 required", "不可 not allowed", "须 required", "可 allowed",
    ]  # fmt: skip
    assert "CC-BY-SA-4.0、CC-BY-NC-SA-4.0 都要求改编作品沿用自己的许可" in page
