"""What numba keeps of a compiled loop goes when a file it calls into has changed."""

import os
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

from cqia.text.kernels import forget_if_older


@pytest.mark.parametrize(("changed", "left"), [(100, True), (300, False)])
def test_compiled_code_is_as_new_as_what_it_calls(tmp_path: Path, changed: int, left: bool) -> None:
    def loop() -> None: ...

    kept, other = tmp_path / "survey.loop-18.py311.1.nbc", tmp_path / "survey.loops-30.py311.1.nbc"
    called = ModuleType("called")
    called.__file__ = str(tmp_path / "called.py")
    for file, at in ((kept, 200), (other, 200), (Path(called.__file__), changed)):
        file.touch()
        os.utime(file, (at, at))
    forget_if_older(SimpleNamespace(py_func=loop, stats=SimpleNamespace(cache_path=str(tmp_path))), called)
    assert kept.exists() == left
    assert other.exists()
