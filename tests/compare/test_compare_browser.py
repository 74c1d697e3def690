"""A comparison in a real browser: nothing is asked for, and axe-core finds no serious fault."""

import re

import pytest

from cqia.compare import page as pages
from cqia.compare.datasets import Dataset
from cqia.compare.numbers import numbers
from cqia.report.numbers import About
from report.made_records import made, many, row

HOSTILE = "</script><img src=https://example.org/x onerror=alert(1)>"


def written(folder):
    """The page of three datasets with a map whose places are given, so that no library is needed."""
    tables = {HOSTILE: [row(instruction=HOSTILE, output=HOSTILE), *many(40)], "乙": many(120), "空": []}
    datasets = [Dataset(name, made(rows), About(name=name, unread={"bad_json": 3})) for name, rows in tables.items()]
    found = numbers(datasets, ())
    found["map"] = {"of": 2, "drawn": 2, "by": "source", "series": [
        {"name": HOSTILE, "x": [100], "y": [500], "texts": [HOSTILE]},
        {"name": "乙", "x": [900], "y": [500], "texts": ["右边的问题"]},
        {"name": "空", "x": [], "y": [], "texts": []},
    ]}  # fmt: skip
    return pages.write(folder, found)


def test_nothing_leaves_the_page(page, tmp_path):
    address = written(tmp_path).as_uri()
    page.goto(address)
    for closed in page.query_selector_all("details:not([open]) > summary"):
        closed.click()
    page.focus(".map .focus")
    page.keyboard.press("ArrowRight")
    assert page.locator(".map output").inner_text() == "乙：右边的问题"
    assert page.asked == [address]
    assert page.said == []  # no error, and nothing that the policy had to stop


def test_no_section_is_wider_than_a_narrow_window(page, tmp_path):
    page.set_viewport_size({"width": 390, "height": 800})
    page.goto(written(tmp_path).as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= 391


@pytest.mark.parametrize("language", ["#in-zh", "#in-en"])
def test_axe_finds_no_serious_fault(page, axe, tmp_path, language):
    html = re.sub(r"<meta http-equiv[^>]*>", "", written(tmp_path).read_text("utf-8"))  # to let axe-core in
    (tmp_path / "open.html").write_text(html, "utf-8")
    page.goto((tmp_path / "open.html").as_uri())
    page.check(language)
    page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    page.add_script_tag(content=axe)
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    faults = [(each["id"], each["help"], each["nodes"][0]["html"][:200]) for each in found["violations"]
              if each["impact"] in ("serious", "critical", "moderate")]  # fmt: skip
    assert faults == []
