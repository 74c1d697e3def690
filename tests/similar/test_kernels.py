from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numba
import pytest

from cqia.similar import kernels


def test_kernels_compile_where_nothing_can_be_written(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = numba.njit

    def njit(*, nogil: bool, cache: bool = False):  # type: ignore[no-untyped-def]
        if cache:
            raise RuntimeError("cannot cache function: no locator available")
        return plain(nogil=nogil)

    monkeypatch.setattr(numba, "njit", njit)

    @kernels.kernel
    def twice(x: int) -> int:
        return x + x

    assert twice(21) == 42


def test_a_cache_folder_that_cannot_be_made_does_not_matter(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    code = "from cqia.similar import kernels; import numpy as np; print(kernels.mix(np.uint64(1)))"
    env = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path / "file" / "below")}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=env, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == str(int(kernels.mix(kernels.ONE)))
