"""The normal form as a string, by the compiled loop."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from cqia.similar import kernels, normal


@pytest.fixture(scope="session")
def normal_form() -> Callable[[str], str]:
    def form(text: str) -> str:
        data = np.frombuffer(text.encode(), dtype=np.uint8)
        codes = np.zeros(len(data), dtype=np.uint32)
        length = kernels.normalise(data, 0, len(data), *normal.table(), codes)
        return "".join(map(chr, codes[:length].tolist()))

    return form
