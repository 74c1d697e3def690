"""The page in a real browser: nothing is asked for, everything works by keyboard, without scripts and on paper."""

import re
from pathlib import Path

import pytest
from made_records import made, many, row

from cqia.report import page as pages
from cqia.report.makeup import Facts
from cqia.report.numbers import About, numbers
from made import note

HOSTILE = "</script><img src=https://example.org/x onerror=alert(1)>"
FACTS = {
    "甲": Facts("甲源", "Forum", "", 10, ("collect",), "Source A"),
    "乙": Facts("乙源", "Exam", "", 10, ("collect",), "Source B"),
}


def written(folder: Path, *, points: bool = True) -> str:
    """The address of a page with a map whose places are given, so that no library is needed."""
    found = numbers(made([*many(120), row(instruction=HOSTILE, output=HOSTILE)]), About(name=HOSTILE, sources=FACTS))
    if points:
        series = [
            {"name": "甲", "x": [100, 500, 900], "y": [500, 500, 500], "texts": [HOSTILE, "中间的问题", "右边的问题"]},
            {"name": "乙", "x": [500], "y": [100], "texts": ["上面的问题"]},
        ]
        found["map"] = {"of": 4, "drawn": 4, "by": "source", "series": series}
    return pages.write(folder, found).as_uri()


def test_nothing_leaves_the_page(page, tmp_path):
    address = written(tmp_path)
    page.goto(address)
    for section in page.query_selector_all("section"):
        section.scroll_into_view_if_needed()
    for closed in page.query_selector_all("details:not([open]) > summary"):
        closed.click()
    page.mouse.move(500, 500)
    assert page.asked == [address]
    assert page.said == []  # no error, and nothing that the policy had to stop


def test_one_language_is_shown_and_the_other_by_keyboard(page, tmp_path):
    page.goto(written(tmp_path))
    assert page.is_visible("h2 >> text=来源")
    assert not page.is_visible("h2 >> text=Sources")
    page.focus("#in-zh")
    page.keyboard.press("ArrowRight")
    assert page.is_visible("h2 >> text=Sources")
    assert not page.is_visible("h2 >> text=来源")
    left = page.evaluate("""() => [...document.querySelectorAll('main h2, main h3, main th, figcaption')]
        .map(e => e.innerText).filter(t => /[\\u4e00-\\u9fff]/.test(t) && !/[甲乙丙]/.test(t))""")
    assert left == []


def test_pointing_and_arrow_keys_tell_what_a_point_says(page, tmp_path):
    page.goto(written(tmp_path))
    told = page.locator(".map output")
    box = page.locator(".map svg").bounding_box()
    scale = box["width"] / 1024
    page.locator(".map svg").scroll_into_view_if_needed()
    box = page.locator(".map svg").bounding_box()
    page.mouse.move(box["x"] + 112 * scale, box["y"] + 512 * scale)
    assert told.inner_text() == f"甲源：{HOSTILE}"  # as text
    page.mouse.move(box["x"] + 700 * scale, box["y"] + 900 * scale)
    assert told.inner_text() == ""
    page.focus(".map .focus")
    for key, said in (("ArrowRight", "右边的问题"), ("ArrowLeft", "中间的问题"), ("ArrowUp", "上面的问题")):
        page.keyboard.press(key)
        assert said in told.inner_text()
    page.keyboard.press("Escape")
    assert told.inner_text() == ""
    page.check("#in-en")
    page.focus(".map .focus")
    page.keyboard.press("ArrowUp")
    assert told.inner_text() == "Source B: 上面的问题"
    page.click(".key label >> nth=1")
    assert page.get_attribute('.dots[data-series="1"]', "visibility") == "hidden"
    assert page.said == []


def test_the_page_is_whole_without_scripts_and_on_paper(page, tmp_path):
    address = written(tmp_path)
    plain = page.context.browser.new_context(java_script_enabled=False).new_page()
    plain.goto(address)
    assert plain.is_visible(".map svg")
    assert plain.locator(".map svg .dots").count() == 2
    plain.check("#in-en")
    assert plain.is_visible("h2 >> text=Sources")
    page.goto(address)
    page.emulate_media(media="print")
    assert not page.is_visible(".switch")
    assert page.is_visible("#tasks details table >> nth=0")  # what is folded on a screen is printed
    assert len(page.pdf(format="A4")) > 50_000


@pytest.mark.parametrize("language", ["#in-zh", "#in-en"])
def test_no_label_of_a_picture_is_cut_off(page, tmp_path, language):
    long = {"source": "一个名字特别特别长的来源与它的第二分册", "instruction": "问" * 10_000, "output": "答" * 10_000}
    found = numbers(
        made([*many(120), *[row(**long)] * 40, row(source="data-of-a-very-long-name-01")]), About(name="试")
    )
    page.goto(pages.write(tmp_path, found).as_uri())
    page.check(language)
    page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    outside = page.evaluate("""() => [...document.querySelectorAll('svg.chart')].flatMap(picture => {
        const whole = picture.getBoundingClientRect();
        const out = box => box.left < whole.left - 1 || box.right > whole.right + 1
            || box.top < whole.top - 4 || box.bottom > whole.bottom + 4;  // a line is taller than its letters
        return [...picture.querySelectorAll('text')].filter(each => each.getClientRects().length)
            .filter(each => out(each.getBoundingClientRect())).map(each => each.textContent);
    })""")
    assert outside == []


def test_what_the_head_says_of_unreadable_rows_can_be_read(page, tmp_path):
    page.goto(pages.write(tmp_path, numbers(made(many(40)), About(name="试", unread={"bad_json": 3}))).as_uri())
    colour, ground = page.evaluate("""() => { const style = getComputedStyle(document.querySelector('.top code'));
        return [style.color, style.backgroundColor]; }""")
    assert colour == "rgb(255, 255, 255)"
    assert ground.startswith("rgba(255, 255, 255, 0.1")  # a veil over the dark head


def test_no_section_is_wider_than_a_narrow_window(page, tmp_path):
    page.set_viewport_size({"width": 390, "height": 800})
    page.goto(written(tmp_path))
    assert page.evaluate("document.documentElement.scrollWidth") <= 391


def faults(page, axe, file, language):
    """What axe-core finds, but for its least grade. It is let in by taking the page's policy away."""
    html = re.sub(r"<meta http-equiv[^>]*>", "", file.read_text("utf-8"))
    (file.parent / "open.html").write_text(html, "utf-8")
    page.goto((file.parent / "open.html").as_uri())
    page.check(language)
    page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    page.add_script_tag(content=axe)
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [(each["id"], each["help"], each["nodes"][0]["html"][:200]) for each in found["violations"]
            if each["impact"] in ("serious", "critical", "moderate")]  # fmt: skip


@pytest.mark.parametrize("language", ["#in-zh", "#in-en"])
def test_axe_finds_no_serious_fault(page, axe, tmp_path, language):
    written(tmp_path)
    assert faults(page, axe, tmp_path / "index.html", language) == []


def test_axe_finds_no_serious_fault_in_a_projects_report(page, axe, project, cqia, inline):
    folder = project([note(1), note(2, likes=0), note(3, text="短"), "{"], toml="[report]\nat_least_records = 9")
    assert cqia("run", "-C", folder).code == 0
    assert cqia("report", "-C", folder).code == 0
    assert faults(page, axe, folder / "report" / "index.html", "#in-zh") == []
