"""The table of sources: everything in it is there, and nothing is loaded that nobody asked for."""

import subprocess
import sys

import pytest

from cqia.sources import FILES, SOURCES


def test_each_source_stands_under_its_own_name():
    assert [source.name for source in SOURCES.values()] == list(FILES)


def test_what_is_no_source_is_not_found():
    assert "published" not in SOURCES
    with pytest.raises(KeyError):
        SOURCES["zhihuu"]


def test_only_what_is_asked_for_is_loaded():
    code = (
        "import sys; from cqia.sources import SOURCES; SOURCES['zhihu']; "
        "print([name for name in sys.modules if name.startswith(('cqia.sources.gaokao', 'cqia.readers.baike'))])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
