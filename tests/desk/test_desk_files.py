"""The desk's own files: every wording in both languages and in use, nothing from outside, every licence there."""

import re
from pathlib import Path
from string import Formatter

import pytest

from cqia.desk import wordings
from cqia.desk.wordings import LANGUAGES, language_of, table, wording
from cqia.review.decisions import CRITERIA, REASONS
from cqia.review.refused import Reason

DESK = Path(wordings.__file__).parent
TEMPLATES = sorted((DESK / "templates").glob("*.html"))
OURS = [*TEMPLATES, *sorted((DESK / "static").glob("*.*"))]
#: Names that are put together of a part and something else.
PUT_TOGETHER = (
    "criterion_", "reason_", "fact_", "state_", "stage_", "decided_", "last_", "role_", "refused_", "bulk_", "vote_",
    "suggestion_", "filter_", "js_", "check_", "found_", "sure_",
)  # fmt: skip


def said() -> set[str]:
    """The names that templates and pages say as they stand."""
    named = {name for path in TEMPLATES for name in re.findall(r"\bt\(['\"](\w+)['\"]", path.read_text("utf-8"))}
    code = "\n".join(path.read_text("utf-8") for path in DESK.glob("*.py"))
    named |= set(re.findall(r"(?:say\(|Stop\(\d+, |failed\(visit, \d+, )\"(\w+)\"", code))
    return {name for name in named if not name.endswith("_")}


def test_everything_that_is_said_has_words() -> None:
    assert said() <= table().keys(), said() - table().keys()
    for prefix, names in (("criterion_", (*CRITERIA, "action")), ("reason_", REASONS), ("refused_", Reason.__args__)):  # type: ignore[attr-defined]
        assert {f"{prefix}{name}" for name in names} <= table().keys()


def test_no_wording_is_left_over() -> None:
    quoted = "\n".join(
        path.read_text("utf-8") for path in (*TEMPLATES, *DESK.glob("*.py"), *(DESK / "static").glob("*.js"))
    )
    unused = {name for name in table() if not name.startswith(PUT_TOGETHER) and not re.search(rf"\b{name}\b", quoted)}
    assert not unused


@pytest.mark.parametrize("name", table())
def test_both_languages_say_the_same_things(name: str) -> None:
    words = table()[name]
    named = [{field for _, field, _, _ in Formatter().parse(words[language]) if field} for language in LANGUAGES]
    assert named[0] == named[1]
    assert all(words[language].strip() for language in LANGUAGES)
    assert re.search("[一-鿿]", words["zh"]) or name == "other_language"
    assert not re.search("[一-鿿]", words["en"]) or name == "other_language"


@pytest.mark.parametrize(
    ("chosen", "accepted", "language"),
    [
        (None, "", "zh"), (None, "en", "en"), (None, "zh-CN,zh;q=0.9,en;q=0.8", "zh"), (None, "fr,en-GB;q=0.7", "en"),
        (None, "fr,de", "zh"), ("en", "zh-CN", "en"), ("xx", "en", "en"), (None, ",;q=;,", "zh"),
    ],
)  # fmt: skip
def test_chinese_comes_first(chosen: str | None, accepted: str, language: str) -> None:
    assert language_of(chosen, accepted) == language
    assert wording("review", language_of(chosen, accepted)) in ("审核", "Review")


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.name)
def test_nothing_is_fetched_from_outside(path: Path) -> None:
    text = path.read_text("utf-8").replace("http://www.w3.org/2000/svg", "")
    assert not re.search(r"(?:src|href|url\(|@import|fetch\()\s*=?\s*['\"(]?\s*(?:https?:)?//", text)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_no_template_has_script_or_style_of_its_own(path: Path) -> None:
    text = path.read_text("utf-8")
    assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)|hx-on|hx-vals=.js|\|\s*safe\b", text)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_every_form_that_changes_something_has_a_token(path: Path) -> None:
    forms = re.findall(r"<form[^>]*method=\"post\".*?</form>", path.read_text("utf-8"), re.DOTALL)
    assert all('name="csrf"' in form for form in forms)


@pytest.mark.parametrize("folder", ["htmx", "katex"])
def test_what_others_wrote_stands_with_its_licence(folder: str) -> None:
    vendored = DESK / "static" / "vendor" / folder
    assert (vendored / "LICENSE").read_text("utf-8").strip()
    assert folder in (vendored.parent / "README.md").read_text("utf-8").lower()


def test_every_font_that_the_style_names_first_is_there() -> None:
    style = (DESK / "static/vendor/katex/katex.min.css").read_text("utf-8")
    fonts = set(re.findall(r"fonts/(KaTeX_[\w-]+\.woff2)", style))
    assert len(fonts) == 20
    assert {path.name for path in (DESK / "static/vendor/katex/fonts").iterdir()} == fonts
