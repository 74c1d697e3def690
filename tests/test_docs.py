"""The documentation is run: its blocks, its links, its pairs of languages; and nothing a user meets is missing.

A block whose fence says ``run`` (```` ```bash run ````, ```` ```python run ````) is executed; the blocks of a page
share one temporary folder, in order, and a ``cd`` lasts. A ```` ```text ```` block right after it is what it must
print, with ``…`` for whatever may differ; a line that is ``…`` alone stands for any lines.
"""

from __future__ import annotations

import importlib
import os
import pkgutil
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import typer

from cqia import cli, errors
from cqia.cli.app import app
from cqia.cli.ask import UNBALANCED
from cqia.project import ColumnsTable, Settings, overridden
from cqia.sources import SOURCES

ROOT = Path(__file__).resolve().parents[1]
ENGLISH = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
ALONE = [ROOT / "CHANGELOG.md", ROOT / "CONTRIBUTING.md"]
SECONDS = 120


def chinese(page: Path) -> Path:
    """The Chinese page that belongs to an English one."""
    return ROOT / "README.zh.md" if page.parent == ROOT else page.parent / "zh" / page.name


PAGES = [*ENGLISH, *ALONE, *(page for page in map(chinese, ENGLISH) if page.exists())]


def name(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, whether it is run, its text, its line, and what it must print, if that is shown."""

    language: str
    run: bool
    text: str
    line: int
    shown: str | None = None


def blocks(page: Path) -> list[Block]:
    """The fenced blocks of a page; the text shown right after a block that is run belongs to it."""
    found: list[Block] = []
    lines = page.read_text("utf-8").splitlines()
    number, since = 0, 0  # since: the line after the last block, if nothing but blank lines followed
    while number < len(lines):
        if not (fence := re.match(r"(`{3,})([^`]*)$", lines[number])):
            since = since if not lines[number].strip() else -1
            number += 1
            continue
        end = lines.index(fence[1], number + 1)
        language, *words = fence[2].split() or [""]
        text = "\n".join(lines[number + 1 : end]) + "\n"
        if language == "text" and since > 0 and found and found[-1].run:
            last = found.pop()
            found.append(Block(last.language, True, last.text, last.line, text))
        else:
            found.append(Block(language, "run" in words, text, number + 1))
        number = since = end + 1
    return found


def matches(shown: str, printed: str) -> bool:
    """Whether ``printed`` is what the page shows."""
    pattern = "".join(
        r"(?:.*\n)*?" if line.strip() == "…" else ".*?".join(map(re.escape, line.rstrip().split("…"))) + r"\n"
        for line in shown.rstrip("\n").split("\n")
    )
    return re.fullmatch(pattern, "".join(f"{line.rstrip()}\n" for line in printed.rstrip("\n").split("\n"))) is not None


@pytest.mark.parametrize(
    ("shown", "printed", "expected"),
    [
        ("a\n", "a\n", True),
        ("a\n", "b\n", False),
        ("a … c\n", "a b c  \n", True),
        ("a\n…\nz\n", "a\nm\nn\nz\n", True),
        ("a\n…\nz\n", "a\nz\n", True),
        ("a\n", "a\nb\n", False),
        ("1.0\n", "1x0\n", False),
    ],
)
def test_what_is_shown_is_compared_line_by_line(shown: str, printed: str, expected: bool) -> None:
    assert matches(shown, printed) is expected


# The Chinese pages have the same blocks, see below.
@pytest.mark.parametrize("page", [page for page in ENGLISH + ALONE if any(b.run for b in blocks(page))], ids=name)
def test_the_blocks_of_a_page_run(page: Path, tmp_path: Path) -> None:
    home, at = tmp_path / "here", tmp_path / "at"
    home.mkdir()
    (home / "demo").mkdir()
    for part in ("raw", "decisions.jsonl"):
        (home / "demo" / part).symlink_to(ROOT / "demo" / part)
    offline = {"HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1", "HF_HOME": str(tmp_path / "hf")}
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    for block in (block for block in blocks(page) if block.run):
        command = [sys.executable, "-c", block.text]
        if block.language == "bash":
            command = ["bash", "-euo", "pipefail", "-c", f'{block.text}\npwd > "$AT"']
        done = subprocess.run(
            command, cwd=home, env={**os.environ, **offline, "PATH": path, "AT": str(at)}, timeout=SECONDS,
            capture_output=True, text=True, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        where = f"{name(page)}, line {block.line}"
        assert done.returncode == 0, f"{where} ends with {done.returncode}:\n{done.stdout}{done.stderr}"
        if block.shown is not None:
            assert matches(block.shown, done.stdout), f"{where} prints otherwise than shown:\n{done.stdout}"
        home = Path(at.read_text().strip()) if at.exists() else home


@pytest.mark.parametrize("page", ENGLISH, ids=name)
def test_pages_stand_in_pairs_with_the_same_blocks(page: Path) -> None:
    other = chinese(page)
    assert other.exists(), f"{name(page)} has no Chinese page {name(other)}"
    assert [(b.language, b.text, b.shown) for b in blocks(page) if b.run] == [
        (b.language, b.text, b.shown) for b in blocks(other) if b.run
    ], f"{name(other)} runs other blocks than {name(page)}, line for line"


def test_no_chinese_page_stands_alone() -> None:
    assert set((ROOT / "docs" / "zh").glob("*.md")) == {chinese(page) for page in ENGLISH if page.parent != ROOT}


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_blocks_are_well_formed(page: Path) -> None:
    for block in blocks(page):
        where = f"{name(page)}, line {block.line}"
        assert block.language in ("bash", "python", "toml", "text", "json", "yaml"), f"{where}: what language is it?"
        if block.language == "python":
            compile(block.text, where, "exec")
        if block.language == "toml":
            _is_of_a_project(block.text, where)


def _is_of_a_project(text: str, where: str) -> None:
    """That a piece of cqia.toml, or all of one, is what the program reads."""
    table = tomllib.loads(text)
    for source in table.setdefault("sources", {"zhihu": {}}).values():
        source.setdefault("raw", ["raw/*"])  # a piece may leave it out
    for source, row in Settings.model_validate(table).sources.items():
        if row.python is None and row.table is None and row.columns is None:
            assert source in SOURCES, f"{where}: there is no source {source!r}"
            overridden(SOURCES[source], row, Path(where))


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_links_lead_somewhere(page: Path) -> None:
    text = re.sub(r"^```.*?^```$", "", page.read_text("utf-8"), flags=re.DOTALL | re.MULTILINE)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if not re.match(r"https?:|mailto:|#", target):
            assert (page.parent / target.partition("#")[0]).exists(), f"{name(page)}: {target} does not exist"


def commands(group: object, path: str) -> Iterator[tuple[str, list[str]]]:
    """Every command with the long names of its options."""
    for each in getattr(group, "commands", {}).values():
        here = f"{path} {each.name}"
        if hasattr(each, "commands"):
            yield from commands(each, here)
        else:
            yield here, [o for p in each.params for o in p.opts if o.startswith("--") and o != "--help"]


@pytest.mark.parametrize("folder", ["docs", "docs/zh"])
def test_every_command_and_option_is_documented(folder: str) -> None:
    for module in pkgutil.iter_modules(cli.__path__):
        importlib.import_module(f"cqia.cli.{module.name}")  # each adds its commands to the app
    text = "\n".join(page.read_text("utf-8") for page in (ROOT / folder).glob("*.md"))
    found = dict(commands(typer.main.get_command(app), "cqia"))
    assert "cqia review import" in found
    missing = [c for c in found if c not in text]
    missing += [f"{c} {o}" for c, options in found.items() for o in options if o not in text]
    assert not missing, f"{folder} does not speak of: {', '.join(missing)}"


def keys(model: type, path: str = "") -> Iterator[tuple[str, object]]:
    """The keys of cqia.toml with their defaults; of a table of tables, the keys of its tables."""
    for key, value in model.model_fields.items():  # type: ignore[attr-defined]
        arguments = [a for a in (value.annotation, *getattr(value.annotation, "__args__", ())) if isinstance(a, type)]
        table = next((a for a in arguments if hasattr(a, "model_fields")), None)
        if table is not None and table is not ColumnsTable:  # whose keys are one row: the names of a table's columns
            yield from keys(table, f"{path}{key}.")
        else:
            yield key, None if value.is_required() else value.default


@pytest.mark.parametrize("page", ["docs/project-file.md", "docs/zh/project-file.md"])
def test_every_key_of_the_project_file_is_documented_with_its_default(page: str) -> None:
    rows = [line for line in (ROOT / page).read_text("utf-8").splitlines() if line.startswith("| `")]
    for key, default in keys(Settings):
        mine = [row for row in rows if row.startswith(f"| `{key}` |")]
        assert mine, f"{page}: no row for the key {key!r}"
        if default not in (None, ""):
            said = str(default).lower() if isinstance(default, bool) else f"{default}".removesuffix(".0")
            assert any(f"`{said}`" in row or f'`"{said}"`' in row for row in mine), f"{page}: {key} defaults to {said}"


@pytest.mark.parametrize("page", ["docs/sources.md", "docs/zh/sources.md"])
def test_every_rule_is_documented_with_its_bounds(page: str) -> None:
    text = (ROOT / page).read_text("utf-8")
    sections = {
        s.split("`")[1]: s for s in re.split(r"^## ", text, flags=re.MULTILINE) if s.partition("\n")[0].count("`")
    }
    for source in SOURCES.values():
        assert source.name in sections, f"{page}: no section for {source.name}"
        section = sections[source.name]
        for rule in source.rules:
            row = next((line for line in section.splitlines() if line.startswith(f"| `{rule.name}` |")), None)
            assert row, f"{page}: {source.name} has a rule {rule.name!r} that is not in its table"
            for bound in (rule.at_least, rule.at_most):
                assert bound is None or f"{bound:,g}".replace(",", "") in row.replace(",", ""), f"{page}: {row}"
        listed = set(re.findall(r"^\| `(\w+)` \|[^|\n]+\|[^|\n]+\|[^|\n]+\|$", section, re.MULTILINE))
        assert listed <= {r.name for r in source.rules}, f"{page}: {source.name} has no such rules"


@pytest.mark.parametrize("page", ["docs/ledger.md", "docs/zh/ledger.md"])
def test_every_exit_code_is_documented(page: str) -> None:
    text = (ROOT / page).read_text("utf-8")
    ours = {e.exit_code for e in vars(errors).values() if isinstance(e, type) and issubclass(e, errors.CqiaError)}
    for code in {0, 130, UNBALANCED} | ours:
        assert f"| {code} |" in text, f"{page} does not say what the exit code {code} means"


@pytest.mark.parametrize(("page", "folder"), [("README.md", "docs"), ("README.zh.md", "docs/zh")])
def test_every_page_is_reached_from_the_readme(page: str, folder: str) -> None:
    text = (ROOT / page).read_text("utf-8")
    lost = [each.name for each in sorted((ROOT / folder).glob("*.md")) if f"]({folder}/{each.name})" not in text]
    assert not lost, f"{page} does not link to: {', '.join(lost)}"


@pytest.mark.parametrize("page", ["README.md", "README.zh.md"])
def test_the_readme_is_short_and_names_commands_that_exist(page: str) -> None:
    text = (ROOT / page).read_text("utf-8")
    assert len(text.splitlines()) < 120
    targets = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    for target in re.findall(r"\bmake ([a-z]+)", text):
        assert target in targets, f"{page}: there is no `make {target}`"
    assert "`make demo`" in text or "\nmake demo" in text
    assert "`make test`" in text or "\nmake test" in text
