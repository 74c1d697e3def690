"""The digest of code: what a function can reach, so that a part made by other code is never taken for this code's.

A stage's digest covers the syntax trees of the stage's functions and of all that they can reach inside the package:
functions, classes, constants, imported modules. Comments and layout do not count, and neither do tables that the
function does not touch, so a changed threshold beside a reader leaves what was read alone.
"""

from __future__ import annotations

import ast
import functools
import importlib.util
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

from cqia.schema import digest

OWN = ("cqia.", "cqia_own_")  # the package, and a user's source files as load_module names them


def load_module(path: Path) -> ModuleType:
    """Import a user's Python file under a name of its own, the same in every process."""
    name = f"cqia_own_{path.stem}_{digest(str(path))[:8]}"
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def code_digest(*functions: Callable[..., Any]) -> str:
    """The digest of ``functions`` and of everything of ours that they can reach."""
    seen: dict[tuple[str, str], str] = {}
    settings: list[str] = []
    for function in functions:
        plain = function
        if isinstance(function, functools.partial):
            plain = function.func
            given = [*function.args, *(value for _, value in sorted(function.keywords.items()))]
            settings += [*sorted(function.keywords), *(code_digest(v) if callable(v) else repr(v) for v in given)]
        elif not hasattr(function, "__qualname__"):
            settings.append(repr(function))  # an object that is called: its fields are its settings
        owner = plain if hasattr(plain, "__qualname__") else type(plain)
        _reach(owner.__module__, owner.__qualname__.split(".")[0], seen)
    return digest(*settings, *(f"{module}.{name}={text}" for (module, name), text in sorted(seen.items())))


def _reach(module: str, name: str, seen: dict[tuple[str, str], str]) -> None:
    if (module, name) in seen or not module.startswith(OWN):
        return
    seen[module, name], onward = _written(module, name)
    for each in onward:
        _reach(*each, seen)


@functools.cache
def _written(module: str, name: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    """The syntax trees that define a name, as text, and the names that they use."""
    definitions, imports = _top_level(module)
    if name == "*" or (name not in definitions and name not in imports):  # a lambda has no name to look up
        return "", tuple((module, each) for each in definitions)
    onward = dict.fromkeys([imports[name]] if name in imports else [])
    text = ""
    for statement in definitions.get(name, ()):
        text += ast.dump(statement)
        for used, source in _names(statement, module):
            if source is not None:
                onward[source] = None
            elif used in definitions or used in imports:
                onward[module, used] = None
    return text, tuple(onward)


@functools.cache
def _top_level(module: str) -> tuple[dict[str, list[ast.stmt]], dict[str, tuple[str, str]]]:
    """Top-level statements by the names they define, and imported names with where they come from."""
    definitions: dict[str, list[ast.stmt]] = {}
    imports: dict[str, tuple[str, str]] = {}
    body = ast.parse(_source(module)).body
    for statement in body:
        if isinstance(statement, ast.Import | ast.ImportFrom):
            imports.update(_imported(statement, module))
            continue
        for name in _defined(statement):
            definitions.setdefault(name, []).append(statement)
    for statement in body:  # one that defines nothing may change what another has defined: TABLE["b"] = 3
        if not isinstance(statement, ast.Import | ast.ImportFrom) and not any(_defined(statement)):
            for name in {used for used, source in _names(statement, module) if source is None} & definitions.keys():
                definitions[name].append(statement)
    return definitions, imports


@functools.cache
def _source(module: str) -> str:
    loaded = sys.modules.get(module)
    file = getattr(loaded, "__file__", None)
    if file is None:
        spec = importlib.util.find_spec(module)
        file = spec.origin if spec else None
    return Path(file).read_text("utf-8") if file else ""


def _defined(statement: ast.stmt) -> Iterator[str]:
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield statement.name
        return
    for node in ast.walk(statement):  # of an if or a try, whatever is defined or imported anywhere in it
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Import | ast.ImportFrom):
            yield from (alias.asname or alias.name.split(".")[0] for alias in node.names)


def _imported(statement: ast.Import | ast.ImportFrom, module: str) -> dict[str, tuple[str, str]]:
    if isinstance(statement, ast.Import):
        return {(a.asname or a.name.split(".")[0]): (a.name, "*") for a in statement.names}
    origin = statement.module or ""
    found: dict[str, tuple[str, str]] = {}
    for alias in statement.names:
        inner = f"{origin}.{alias.name}"
        is_module = origin.startswith(OWN) and _is_module(inner)
        found[alias.asname or alias.name] = (inner, "*") if is_module else (origin, alias.name)
    return found


@functools.cache
def _is_module(name: str) -> bool:
    if name in sys.modules:
        return True
    try:
        return importlib.util.find_spec(name) is not None
    except (ImportError, ValueError):
        return False


def _names(statement: ast.stmt, module: str) -> Iterator[tuple[str, tuple[str, str] | None]]:
    """Names used in a statement; those imported inside it come with where they are from."""
    for node in ast.walk(statement):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            yield node.id, None
        elif isinstance(node, ast.Import | ast.ImportFrom):
            yield from _imported(node, module).items()
