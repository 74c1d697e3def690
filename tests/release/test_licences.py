"""Only a statement that names a licence in every clause, without doubt, is known."""

import pytest

from cqia.release.licences import hub_licence, terms
from cqia.sources import SOURCES


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        ("MIT", ["MIT"]),
        ("Apache-2.0 (COIG)", ["Apache-2.0"]),
        ("Apache License, Version 2.0", ["Apache-2.0"]),
        ("CC BY-NC-SA 3.0 (wikiHow); Unlicense (HowToCook)", ["CC-BY-NC-SA-3.0", "Unlicense"]),
        ("CC-BY-4.0；MIT", ["CC-BY-4.0", "MIT"]),
        ("cc by-sa", ["CC-BY-SA"]),
        ("CC0", ["CC0-1.0"]),
        ("MIT (a, b), Apache-2.0 (c); the works are public domain", ["Apache-2.0", "MIT", "LicenseRef-public-domain"]),
        ("作者逝世逾五十年，属公有领域", ["LicenseRef-public-domain"]),
    ],
)
def test_known(statement, named):
    found = terms(statement)
    assert found.known
    assert {licence.spdx for licence in found.licences} == set(named)


@pytest.mark.parametrize(
    "statement",
    [
        "",
        " ; ",
        "none stated",
        "written for tests",
        "写给测试用，随意使用",
        "MIT for the code; the texts belong to their authors",
        "Apache-2.0; M3KE states none",
        "unknown, perhaps MIT",
        "not MIT",
        "Apache-2.0 (BAAI); exams: fair use",
        "SUBMIT",  # holds MIT and names nothing
        "CC BY-NC 4.0，未经同意禁止转载",
    ],
)
def test_unknown(statement):
    found = terms(statement)
    assert not found.known
    assert "commercial" not in found.to_dict()


@pytest.mark.parametrize(
    ("statement", "credit", "commercial", "share_alike", "derivatives"),
    [
        ("MIT", True, True, False, True),
        ("CC0", False, True, False, True),
        ("CC BY-NC-SA 4.0", True, False, True, True),
        ("MIT; CC BY-ND 4.0", True, True, False, False),
    ],
)
def test_what_a_licence_asks_for(statement, credit, commercial, share_alike, derivatives):
    found = terms(statement).to_dict()
    assert [found[key] for key in ("credit", "commercial", "share_alike", "derivatives")] == [
        credit, commercial, share_alike, derivatives,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("statements", "name"),
    [
        ([], "unknown"),
        (["MIT"], "mit"),
        (["MIT", "MIT (x)"], "mit"),
        (["CC-BY-SA-3.0"], "cc-by-sa-3.0"),
        (["CC BY-SA"], "other"),
        (["MIT", "Apache-2.0"], "other"),
        (["MIT", "none stated"], "unknown"),
    ],
)
def test_the_name_on_the_hub(statements, name):
    assert hub_licence([terms(each) for each in statements]) == name


def test_the_sources_that_forbid_or_say_nothing_are_unknown():
    known = {source.name for source in SOURCES.values() if terms(source.licence).known}
    assert not known & {"zhihu", "douban", "xiaohongshu", "zgbk", "baike", "ruozhiba", "finance", "law", "coig_pc"}
    assert {"coig_value", "traditional", "wikihow"} <= known
