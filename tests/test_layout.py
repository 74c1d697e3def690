"""The tree is as docs/architecture.md draws it: small modules, imports in one direction, nothing heavy at start-up."""

from __future__ import annotations

import ast
import hashlib
import itertools
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SRC = ROOT / "src"
DATA = ROOT.parent / "shared" / "data"
MODULES = {
    ".".join(path.relative_to(SRC).with_suffix("").parts).removesuffix(".__init__"): path
    for path in sorted(SRC.rglob("*.py"))
}
LONGEST = 400

#: A folder or module may import what stands in a line above its own, and itself. ``sources.source``, which says what a
#: source is, stands apart from the sources.
LAYERS = (
    ("schema", "errors", "sqlite", "yaml_text"),
    ("engine", "text", "readers", "llm", "stats"),
    ("ledger", "rules", "similar", "judge", "review", "crawl", "vision"),
    ("report",),
    ("sources.source",),
    ("tasks", "release", "answers"),
    ("sources",),
    ("stages", "analyse", "own_rules"),
    ("own_source",),
    ("project",),
    ("judging",),
    ("answering",),
    ("pipeline", "standalone", "report_of"),
    ("begin", "publish", "questions", "compare", "acceptance"),
    ("desk",),
    ("cli",),
    ("__main__",),
)
LAYER = {name: number for number, names in enumerate(LAYERS) for name in names}

#: Needs an extra, or a second to import.
HEAVY = {
    "torch",
    "ray",
    "openai",
    "playwright",
    "datasets",
    "sklearn",
    "umap",
    "scipy",
    "evalica",
    "starlette",
    "alembic",
}
#: Where one of them is what the package is about.
AT_HOME = {"desk": {"starlette"}}


def imports(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """The modules that a tree imports anywhere, and the line."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"line {node.lineno}: a relative import"
            base = node.module or ""
            yield from (
                ((f"{base}.{a.name}" if f"{base}.{a.name}" in MODULES else base), node.lineno) for a in node.names
            )


def place(module: str) -> str:
    """The name in ``LAYERS`` that a module of ours goes by; "" for the package itself."""
    inner = module.removeprefix("cqia").removeprefix(".")
    return inner if inner in LAYER else inner.split(".")[0]


def at_import(tree: ast.Module) -> Iterator[ast.stmt]:
    """The statements that run when a module is imported; not the bodies of functions and of TYPE_CHECKING."""
    waiting: list[ast.stmt] = list(tree.body)
    while waiting:
        statement = waiting.pop()
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        if isinstance(statement, ast.If) and ast.unparse(statement.test) == "TYPE_CHECKING":
            waiting += statement.orelse
            continue
        yield statement
        waiting += [child for child in ast.iter_child_nodes(statement) if isinstance(child, ast.stmt)]


@pytest.mark.parametrize("module", MODULES)
def test_no_module_is_long(module: str) -> None:
    lines = len(MODULES[module].read_text("utf-8").splitlines())
    assert lines <= LONGEST, f"{module} has {lines} lines: what are the two things it does?"


@pytest.mark.parametrize("module", MODULES)
def test_imports_go_one_way(module: str) -> None:
    here = place(module)
    assert here in LAYER or module == "cqia", f"{module} has no place in LAYERS and in docs/architecture.md"
    for name, line in imports(ast.parse(MODULES[module].read_text("utf-8"))):
        there = place(name) if name.split(".")[0] == "cqia" else ""
        if there and there != here:
            assert there in LAYER, f"{MODULES[module]}:{line}: {name} has no place in LAYERS"
            assert LAYER[there] < LAYER[here], f"{MODULES[module]}:{line}: {here} must not import {there}"


@pytest.mark.parametrize("module", MODULES)
def test_nothing_heavy_is_imported_at_start_up(module: str) -> None:
    for statement in at_import(ast.parse(MODULES[module].read_text("utf-8"))):
        if isinstance(statement, ast.Import | ast.ImportFrom):
            found = {name.split(".")[0] for name, _ in imports(statement)} & (HEAVY - AT_HOME.get(place(module), set()))
            assert not found, f"{MODULES[module]}:{statement.lineno} imports {found.pop()}: do it where it is used"


def drawn(page: str, first: str) -> list[str]:
    """The lines of the drawing whose first line matches ``first``."""
    lines = (ROOT / page).read_text("utf-8").splitlines()
    begin = next(n for n, line in enumerate(lines) if re.match(f"    {first}", line))
    return [line.strip() for line in itertools.takewhile(str.strip, lines[begin:])]


def written(name: str) -> str:
    """A name in ``LAYERS`` as the page writes it."""
    path = name.replace(".", "/")
    return f"{path}.py" if (SRC / f"cqia/{path}.py").exists() else f"{path}/"


@pytest.mark.parametrize("page", ["docs/architecture.md", "docs/zh/architecture.md"])
def test_the_architecture_page_draws_this_tree(page: str) -> None:
    shown = [line.split()[0] for line in drawn(page, "src/cqia/")[1:]]
    there = [path for path in (SRC / "cqia").iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()]
    names = {path.name if path.suffix else f"{path.name}/" for path in there} - {"__init__.py", "__main__.py"}
    assert sorted(shown) == sorted({*names, "sources/source.py"})
    layers = [set(re.split("[, 、]+", line.removeprefix("<- "))) for line in drawn(page, "schema.py[,、]")]
    assert layers == [{written(name) for name in names} for names in LAYERS[:-1]]


def test_no_real_data_is_in_the_project() -> None:
    if not DATA.is_dir():
        pytest.skip(f"wants the folder of real data, {DATA}, to compare with")
    sizes: dict[int, list[Path]] = {}
    for path in ours():
        sizes.setdefault(path.stat().st_size, []).append(path)
    sizes.pop(0, None)
    for real in DATA.rglob("*"):
        if real.is_file() and (mine := sizes.get(real.stat().st_size)):
            digest = hashlib.sha256(real.read_bytes()).digest()
            same = [path for path in mine if hashlib.sha256(path.read_bytes()).digest() == digest]
            assert not same, f"{same} is a copy of {real}"


def ours() -> Iterator[Path]:
    """The files of the project, without what is built in it."""
    for path in ROOT.iterdir():
        if path.is_dir() and path.name in ("src", "tests", "docs", "demo", "benchmarks", "requirements"):
            yield from (p for p in path.rglob("*") if p.is_file() and not {"__pycache__", "work"} & set(p.parts))
        elif path.is_file():
            yield path
