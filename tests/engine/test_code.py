"""The digest of code covers what a function reaches, and nothing else."""

import sys

import pytest

from cqia.engine import code

BEFORE = '''
"""A source."""
import json
from collections.abc import Iterable

FLOOR = 3
UNTOUCHED = {"likes": 51}

class Cell:
    WIDTH = 4

def helper(x):
    return x + FLOOR

def unrelated(x):
    return x * UNTOUCHED["likes"]

def read(raw):
    """Read."""
    from cqia.schema import digest
    cell = Cell()
    return helper(raw), digest(str(cell.WIDTH))

try:
    import orjson as fast
except ImportError:
    def within(x):
        return x + 1

def guarded(raw):
    return within(raw)
'''


@pytest.fixture
def digest_of(tmp_path):
    def of(text: str, function: str = "read") -> str:
        path = tmp_path / "mine.py"
        path.write_text(text, "utf-8")
        for name in [name for name in sys.modules if name.startswith("cqia_own_mine")]:
            del sys.modules[name]
        for cache in (code._written, code._top_level, code._source, code._is_module):
            cache.cache_clear()
        return code.code_digest(getattr(code.load_module(path), function))

    return of


@pytest.mark.parametrize(
    ("was", "now"),
    [
        ("FLOOR = 3", "FLOOR = 4"),
        ("return x + FLOOR", "return x - FLOOR"),
        ("WIDTH = 4", "WIDTH = 5"),
        ("return helper(raw)", "return helper(raw) * 2"),
    ],
)
def test_a_change_in_what_is_reached_changes_the_digest(digest_of, was, now):
    assert digest_of(BEFORE) != digest_of(BEFORE.replace(was, now))


@pytest.mark.parametrize(
    ("was", "now"),
    [
        ('{"likes": 51}', '{"likes": 99}'),
        ("return x * UNTOUCHED", "return x - UNTOUCHED"),
        ("import json", "import csv"),
        ("    return x + FLOOR", "    # because\n    return (x  +  FLOOR)"),
        ('"""A source."""', '"""The source."""'),
    ],
)
def test_a_change_elsewhere_does_not(digest_of, was, now):
    assert digest_of(BEFORE) == digest_of(BEFORE.replace(was, now))


def test_what_is_defined_inside_a_try_or_an_if_is_reached_too(digest_of):
    assert digest_of(BEFORE, "guarded") != digest_of(BEFORE.replace("return x + 1", "return x + 2"), "guarded")


def test_a_module_has_one_name_in_every_process(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text("X = 1", "utf-8")
    assert code.load_module(path) is code.load_module(path)
    with pytest.raises(ImportError, match="not a Python file"):
        code.load_module(tmp_path / "mine.txt")


def test_a_module_that_failed_is_not_remembered(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text("raise ValueError('坏了')", "utf-8")
    for _ in range(2):
        with pytest.raises(ValueError, match="坏了"):
            code.load_module(path)


def test_a_lambda_is_covered_by_its_whole_module(digest_of):
    text = "read = lambda raw: raw\nread.__name__ = 'read'\n"
    assert digest_of(text) != digest_of(text.replace(": raw", ": [raw]"))
