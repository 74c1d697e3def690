"""Mistakes in cqia.toml, in a source of one's own and on the command line: one or two lines, the right exit code."""

import pytest

from made import OWN, lines, note


def refused(said, code, *words):
    assert said.code == code, said
    assert said.out == ""
    assert said.err.startswith("cqia: ")
    assert len(said.err.strip().splitlines()) <= 3, said.err
    for word in words:
        assert word in said.err, said.err


OWN_RAW = f'python = "{OWN}"\nraw = ["raw/*"]\n'
NOTES = f"[sources.notes]\n{OWN_RAW}"


@pytest.mark.parametrize(
    ("toml", "words"),
    [
        # unknown keys, with the nearest known one
        (f"sed = 4\n{NOTES}", ["unknown key 'sed'", "'seed'"]),
        (f"{NOTES}[jugde]\nmodel = 'x'", ["unknown key 'jugde'", "'judge'"]),
        (f"{NOTES}[run]\nworkes = 3", ["unknown key 'run.workes'", "'workers'"]),
        (f"{NOTES}rwa = []", ["unknown key 'sources.notes.rwa'", "'raw'"]),
        (f"{NOTES}[sources.notes.rules.likes]\nat_lest = 3", ["at_lest", "'at_least'"]),
        (f"{NOTES}[sources.notes.rules.liks]\nat_least = 3", ["no rule 'liks'", "'likes'"]),
        # wrong types and values
        (f"seed = 'x'\n{NOTES}", ["seed", "'x'"]),
        ("sources = 3", ["sources"]),
        ("[sources]\nnotes = 3", ["sources.notes"]),
        ("[sources.notes]\nraw = 'a'", ["sources.notes.raw"]),
        ("[sources.notes]\nraw = [3]", ["sources.notes.raw.0"]),
        (f"{NOTES}at_least = 11", ["sources.notes.at_least", "11"]),
        (f"{NOTES}quota = -1", ["sources.notes.quota"]),
        (f"{NOTES}[run]\nworkers = 0", ["run.workers"]),
        (f"{NOTES}[run]\nshard_mib = 0", ["run.shard_mib"]),
        (f"{NOTES}[run]\nrunner = 'spark'", ["run.runner", "'local'"]),
        (f"{NOTES}[review]\nrequire = 'some'", ["review.require", "'undecided'"]),
        (f"{NOTES}[judge]\ntemperature = 'hot'", ["judge.temperature"]),
        (f"{NOTES}[budget]\ncalls = -5", ["budget.calls"]),
        (f"{NOTES}[sources.notes.rules.likes]\nmissing = 'ask'", ["missing"]),
        # what is missing
        ("", ["'sources' is missing"]),
        ("[sources]", ["'sources' is empty", "[sources.NAME]"]),
        (f"{NOTES}[sources.notes.rules.likes]\nat_least = nan", ["rules.likes.at_least", "finite"]),
        (f"{NOTES}[run]\nshard_mib = inf", ["run.shard_mib"]),
        (f"[sources.notes]\npython = '{OWN}'", ["'sources.notes.raw' is missing"]),
        (f"[sources.notes]\npython = '{OWN}'\nraw = []", ["raw"]),
        # what does not fit the source
        (f"{NOTES}[sources.notes.rules.advert]\nat_least = 3", ["'advert' is a yes/no rule"]),
        (f"{NOTES}quota = 3", ["has no quota"]),
        ("[sources.zhiu]\nraw = ['raw/*']", ["no source 'zhiu'", "python"]),
        ("[sources.ruozhibar]\nraw = ['raw/*']", ["no source 'ruozhibar'", "'ruozhiba'"]),
        (f"[sources.other]\n{OWN_RAW}", ["defines no Source with name='other'"]),
        # no TOML
        ("[sources", ["is not TOML"]),
        ("a = 1\na = 2", ["is not TOML"]),
        ("\x00", ["is not TOML"]),
        ("\udcff\udcfe", ["is not TOML"]),
    ],
)
def test_a_wrong_project_file(project, cqia, toml, words):
    folder = project([note(1)])
    (folder / "cqia.toml").write_bytes(toml.encode("utf-8", "surrogateescape"))
    for command in (["run"], ["status"], ["release", "v1"]):
        refused(
            cqia(*command, "-C", folder), 2, str(folder / "cqia.toml") if "no Source" not in words[0] else "", *words
        )


@pytest.mark.parametrize(
    "command",
    [
        ["run"],
        ["status"],
        ["why", "notes:n1"],
        ["quarantine"],
        ["report"],
        ["release", "v1"],
        ["takedown", "--id", "x"],
    ],
)
def test_no_project(tmp_path, cqia, command):
    refused(cqia(*command, "-C", tmp_path), 2, f"no cqia.toml in {tmp_path}", "cqia init")
    refused(cqia(*command, "-C", tmp_path / "nowhere"), 2, "no cqia.toml")


def test_a_project_file_that_is_a_folder(tmp_path, cqia):
    (tmp_path / "cqia.toml").mkdir()
    refused(cqia("run", "-C", tmp_path), 2, "cqia.toml")


SOURCE = OWN.read_text("utf-8")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("raise RuntimeError('坏在开头')", ["cannot be imported", "RuntimeError", "坏在开头"]),
        ("import nothing_of_that_name", ["cannot be imported", "nothing_of_that_name"]),
        ("def f(:", ["cannot be imported", "SyntaxError"]),
        ("raise SystemExit(0)", ["cannot be imported"]),
        ("x = '\udcff'", ["cannot be imported"]),
        ("", ["defines no Source with name='notes'"]),
        (SOURCE.replace('licence="写给测试用，随意使用"', 'licence=""'), ["cannot be imported", "licence"]),
        (SOURCE.replace('wordings=("{title}", ', 'wordings=("{titel}", '), ["titel", "answer", "title"]),
        (SOURCE.replace('wordings=("{title}", ', 'wordings=("{", '), ["answer"]),
        (
            SOURCE.replace('wordings=("{title}", "请回答：{title}", "有人问：{title} 你怎么看？")', "wordings=()"),
            ["no wordings"],
        ),
        (
            SOURCE.replace('("{title}", "请回答：{title}", "有人问：{title} 你怎么看？")', '"请回答：{title}"'),
            ["task 'answer', wordings is one text", "Write: ('请回答：{title}',)"],
        ),
        (SOURCE.replace('minor=("生活",)', 'minor="生活"'), ["task 'answer', minor is one text", "Write: ('生活',)"]),
    ],
)
def test_a_source_of_ones_own_that_is_wrong(project, cqia, tmp_path, text, words):
    own = tmp_path / "own.py"
    own.write_bytes(text.encode("utf-8", "surrogateescape"))
    folder = project([note(1)], python=own)
    refused(cqia("run", "-C", folder), 2, str(own) if "imported" in words[0] else "", *words)
    assert not (folder / "work").exists()


@pytest.mark.parametrize(
    ("was", "now"),
    [
        ("    read=read,\n    rules", "    read=lambda raw: read(raw),\n    rules"),
        ('value=pl.col("likes")', 'value=pl.col("likes").map_elements(lambda n: n, return_dtype=pl.Int64)'),
        ('value=pl.col("likes")', 'value=pl.fold(pl.lit(0), lambda a, b: a + b, [pl.col("likes")])'),
        ('output=pl.col("text")', 'output=pl.col("text").map_elements(str.strip, return_dtype=pl.String)'),
    ],
)
def test_a_source_with_functions_that_have_no_name(project, cqia, tmp_path, was, now):
    own = tmp_path / "own.py"
    assert was in SOURCE
    own.write_text(SOURCE.replace(was, now), "utf-8")
    folder = project([note(1)], python=own)
    said = cqia("run", "-C", folder)
    assert said.code in (1, 2)
    assert "lambda" in said.err or "Python function" in said.err
    assert not list(folder.glob("work/*/collect/**/*.parquet"))


def test_a_source_that_can_be_imported_only_once(project, cqia, tmp_path):
    own = tmp_path / "own.py"
    flag = tmp_path / "flag"
    own.write_text(
        f"from pathlib import Path\nPath({str(flag)!r}).mkdir()\n"
        + SOURCE.partition("__future__ import annotations")[2]
    )
    said = cqia("run", "-C", project([note(1)], python=own))
    assert said.code == 1
    assert "own.py" in said.err


def test_a_source_file_that_is_not_there(project, cqia, tmp_path):
    refused(cqia("run", "-C", project([note(1)], python=tmp_path / "gone.py")), 2, "gone.py", "cannot be imported")


@pytest.mark.parametrize(
    ("was", "now", "words"),
    [
        ('pl.col("likes"), at_least=3', 'pl.col("liks"), at_least=3', ["rule 'likes'", "liks", "comments"]),
        ('pl.col("likes"), at_least=3', 'pl.col("rank"), at_least=3', ["rule 'likes'", "rank"]),
        ('pl.col("likes"), at_least=3', 'pl.col("wrods:abuse"), at_least=3', ["rule 'likes'", "wrods:…", "words"]),
        ('value=pl.col("text").str.len_chars()', 'value=pl.col("tags").str.len_chars()', ["rule 'short'"]),
        ('detail=pl.col("text")', 'detail=pl.col("txet")', ["rule 'advert'", "txet"]),
        ('output=pl.col("text")', 'output=pl.col("txet")', ["task 'answer', output", "txet"]),
        ('pl.coalesce("title", pl.lit("无题"))', 'pl.col("titel")', ["task 'answer', fields, title", "titel"]),
        ("rank=pl.col", "rank=pl.lit(1) + pl.col('likse') + pl.col", ["rank", "likse"]),
        ('by=pl.col("tags")', 'by=pl.col("tag")', ["quota, by", "tag"]),
        ("at_least=1.0,", 'at_least=1.0, rubric="howot",', ["howot", "Did you mean 'howto'"]),
        ('Published("notes"', 'Published("../notes"', ["../notes"]),
        ('{"answer": "answers"}', '{"answer": "a/b/c"}', ["a/b/c"]),
    ],
)
def test_what_a_source_says_is_checked_before_anything_is_read(project, cqia, tmp_path, was, now, words):
    own = tmp_path / "own.py"
    assert was in SOURCE
    own.write_text(SOURCE.replace(was, now), "utf-8")
    name = "ranked" if was in SOURCE.partition("RANKED")[2] and was not in SOURCE.partition("RANKED")[0] else "notes"
    folder = project([note(1)], python=own, source=name)
    refused(cqia("run", "-C", folder), 2, str(own), *words)
    assert not (folder / "work").exists()


def test_an_expression_that_fails_on_what_was_read_stops_the_run_with_a_sentence(project, cqia, tmp_path, inline):
    own = tmp_path / "own.py"
    was = 'value=pl.col("text").str.len_chars()'
    assert was in SOURCE
    own.write_text(SOURCE.replace(was, 'value=pl.col("text").str.to_integer()'), "utf-8")
    folder = project([note(1)], python=own)
    said = cqia("run", "-C", folder)
    assert said.code == 1
    assert "notes/filter" in said.err
    assert len(said.err.strip().splitlines()) <= 3 + said.err.count(" shards"), said.err
    assert cqia("status", "-C", folder).code == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["run", "--until", "fliter"], ["no stage 'fliter'", "'filter'"]),
        (["run", "--runner", "spark"], ["no runner 'spark'", "ray"]),
        (["release", "../v1"], ["'../v1' is no name"]),
        (["release", ".hidden"], ["is no name"]),
        (["release", "v 1"], ["is no name"]),
        (["why", "zhihu:x"], ["begins with its source", "notes"]),
        (["why", ""], ["begins with its source"]),
        (["takedown"], ["exactly one of --id, --url and --author"]),
        (["takedown", "--id", "a", "--url", "b"], ["exactly one"]),
    ],
)
def test_a_wrong_argument(project, cqia, arguments, words):
    refused(cqia(*arguments, "-C", project([note(1)])), 2, *words)


@pytest.mark.parametrize(
    "arguments",
    [
        ["run", "--sample", "0"],
        ["run", "--sample", "x"],
        ["run", "--nothing"],
        ["fly"],
        ["why"],
        ["init"],
        ["run", "x"],
    ],
)
def test_what_no_command_takes(cqia, arguments):
    said = cqia(*arguments)
    assert said.code == 2
    assert said.out == ""
    assert len(said.err.strip().splitlines()) <= 6


def test_an_unknown_id(project, cqia, inline):
    folder = project([note(1)])
    refused(cqia("why", "notes:n1", "-C", folder), 2, "No item 'notes:n1'")
    cqia("run", "-C", folder)
    refused(cqia("why", "notes:n2", "-C", folder), 2, "No item 'notes:n2'", str(folder / "work"))
    assert (
        cqia("why", "notes:n1/另一个", "-C", folder).code == 0
    )  # a record of a task that is gone: its document's life


def test_a_takedown_of_nothing(project, cqia, inline):
    folder = project([note(1)])
    cqia("run", "-C", folder)
    said = cqia("takedown", "--id", "notes:没有", "--apply", "-C", folder)
    assert said.code == 0
    assert "Nothing in the workspace matches" in said.out
    assert "notes:没有" in (folder / "takedown.jsonl").read_text("utf-8")  # it may yet come


@pytest.mark.parametrize(
    "text",
    [
        "{",
        '{"field": "id"}',
        '["id", "x"]',
        '{"field": 3, "value": "x"}',
        '{"field": "id", "value": 4}',
        '{"field": "text", "value": "x"}',
        "\udcff",
    ],
)
def test_a_takedown_file_that_was_edited_badly(project, cqia, inline, text):
    folder = project([note(1)])
    (folder / "takedown.jsonl").write_bytes(text.encode("utf-8", "surrogateescape"))
    refused(cqia("run", "-C", folder), 2, "takedown.jsonl")


DECISION = '{"record": "notes:n1/answer", "action": "accept", "reviewer": "甲", "at": "2026-01-02T03:04:05Z"}'


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", ["line 1", "not JSON"]),
        (DECISION + "\n[]", ["line 2", "not a JSON object"]),
        (DECISION.replace('"accept"', '"agree"'), ["agree", "accept, edit, reject"]),
        (DECISION.replace('"甲"', '""'), ["reviewer"]),
        (DECISION.replace('"reviewer": "甲", ', ""), ["reviewer"]),
        (DECISION.replace("2026-01-02T03:04:05Z", "gestern"), ["gestern"]),
        (DECISION.replace("}", ', "note": 1}'), ["unknown key 'note'"]),
        (DECISION.replace("}", ', "reason": 1}'), ["reason"]),
        (DECISION.replace("}", ', "edited": {"output": "x"}}'), ["edited"]),
        (DECISION.replace("accept", "edit"), ["edited"]),
        (DECISION.replace("accept", "edit").replace("}", ', "edited": {"score": "x"}}'), ["edited"]),
        (DECISION.replace("accept", "edit").replace("}", ', "edited": {"output": 3}}'), ["edited"]),
        (DECISION.replace("accept", "edit").replace("}", ', "edited": [1]}'), ["edited"]),
        (DECISION.replace("甲", "\\ud800"), ["line 1"]),
        (DECISION.replace("2026-01-02T03:04:05Z", "0001-01-01T00:00:00+14:00"), ["line 1"]),
        ("[" * 100_000, ["line 1"]),
        ("\udcff", ["cannot be read"]),
    ],
)
def test_decisions_that_are_wrong_are_not_taken_in_part(project, cqia, tmp_path, text, words):
    folder = project([note(1)])
    file = tmp_path / "decisions.jsonl"
    file.write_bytes((DECISION + "\n" + text if "line 1" not in words[0] else text).encode("utf-8", "surrogateescape"))
    said = cqia("review", "import", file, "-C", folder)
    refused(said, 2, "decisions.jsonl", *(word for word in words if not word.startswith("line ")))
    assert not (folder / "work/review.sqlite").exists()


def test_decisions_that_are_not_there(project, cqia, tmp_path):
    refused(cqia("review", "import", tmp_path / "none.jsonl", "-C", project([note(1)])), 2, "none.jsonl")
    refused(cqia("review", "import", tmp_path, "-C", project([note(1)])), 2, str(tmp_path))


def test_nothing_is_left_to_release(project, cqia, inline):
    folder = project([note(1, likes=0)])
    said = cqia("release", "v1", "-C", folder)
    assert said.code == 1
    assert "No record is left to release" in said.err
    assert not list((folder / "releases").glob("*"))


def test_a_release_never_changes(project, cqia, inline):
    folder = project([note(1)])
    assert cqia("release", "v1", "-C", folder).code == 0
    assert "unchanged" in cqia("release", "v1", "-C", folder).out
    (folder / "raw/b.jsonl").write_text(lines([note(2)]), "utf-8")
    said = cqia("release", "v1", "-C", folder)
    assert said.code == 1
    assert "exists and differs" in said.err
    assert cqia("release", "v2", "-C", folder).code == 0
    data = folder / "releases/v1/notes/answers.jsonl"
    data.write_text(data.read_text("utf-8") + "\n", "utf-8")
    assert cqia("release", "v1", "-C", folder).code == 1
