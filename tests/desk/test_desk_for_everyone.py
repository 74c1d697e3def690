"""The desk for whoever sits at it: by a screen reader, on a small screen, with a key that sticks, a click too many."""

from collections.abc import Callable
from typing import Any

import pytest

from browser_at_work import Seat, Served
from cqia.review import history
from desk_at_work import ALL, DESK_ROWS
from made import note
from written_answers import Author

PAGES = ("/review", "/search?text=水", "/search/history", "/adjudicate", "/overview", "/overview/agreement",
         "/inspection", "/audit", "/arena", "/traps", "/accounts", "/me", "/record?id=notes%3An5%2Fanswer",
         "/nothing")  # fmt: skip


def faults(page: Any, axe: str) -> list[tuple[str, str]]:
    """What axe-core finds, but for its least grade."""
    page.evaluate(axe)
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
    return [(each["id"], each["nodes"][0]["html"][:200]) for each in found if each["impact"] != "minor"]


@pytest.mark.parametrize("dark", [False, True])
def test_axe_finds_nothing_on_any_page(
    served: Callable[..., Served], seat: Callable[..., Seat], axe: str, dark: bool
) -> None:
    desk = served(DESK_ROWS)
    me = seat(desk, "丁", "admin", dark=dark)
    found = {}
    for path in PAGES:
        me.page.goto(desk.address + path)
        found[path] = faults(me.page, axe)
    me.page.goto(desk.address + "/review")
    me.press("r", "1")
    found["reasons"] = faults(me.page, axe)
    me.press("r", "e")
    me.page.keyboard.type("改。")
    me.page.wait_for_selector("#check ins")
    found["editing"] = faults(me.page, axe)
    assert not {path: list(each) for path, each in found.items() if each}
    me.faults[:] = [fault for fault in me.faults if "404" not in fault]


@pytest.mark.parametrize("width", [1024, 680, 390])
def test_nothing_runs_off_a_narrow_window(served: Callable[..., Served], seat: Callable[..., Seat], width: int) -> None:
    desk = served(DESK_ROWS)
    me = seat(desk, "丁", "admin")
    me.page.set_viewport_size({"width": width, "height": 800})
    for path in PAGES[:-1]:
        me.page.goto(desk.address + path)
        assert me.page.evaluate("document.documentElement.scrollWidth") <= width, path
        head = me.page.locator("header.top").bounding_box()
        assert head["height"] < 200, path  # the pages stand in rows, not in a column


def test_a_key_that_is_held_down_decides_once(served: Callable[..., Served], seat: Callable[..., Seat]) -> None:
    desk = served(5)
    me = seat(desk, "甲")
    first = me.id()
    me.page.keyboard.down("a")
    me.page.wait_for_function("id => document.querySelector('input[name=id]')?.value !== id", arg=first)
    second = me.id()
    for _ in range(5):
        me.page.keyboard.down("a")  # as a keyboard repeats it
    me.page.wait_for_timeout(500)
    assert me.id() == second
    me.page.keyboard.up("a")
    with desk.office.database.reading() as db:
        assert len(history.of_reviewer(db, "甲")) == 1
    assert me.page.evaluate("document.activeElement.tagName") == "H1"  # where a screen reader goes on


def test_an_edit_that_was_undone_can_be_discarded(served: Callable[..., Served], seat: Callable[..., Seat]) -> None:
    me = seat(served(3), "甲")
    original = me.page.input_value("[name=new_output]")
    me.press("e")
    me.page.keyboard.type("写坏了。")
    edited = me.decide("Control+Enter")
    me.press("u")
    me.page.wait_for_function("id => document.querySelector('input[name=id]')?.value === id", arg=edited)
    me.page.wait_for_selector("form.editing")
    assert me.page.input_value("[name=new_output]").startswith("写坏了。")
    me.page.click("[data-do=leave]")
    me.page.wait_for_selector("form:not(.editing):not([data-resumed]) [name=new_output]", state="attached")
    me.press("e")
    assert me.id() == edited
    assert me.page.input_value("[name=new_output]") == original


def test_a_model_is_asked_once_however_often_the_button_is_pressed(
    served: Callable[..., Served], seat: Callable[..., Seat], server: Author
) -> None:
    toml = f'rules.short = {{at_least = 0, missing = "keep"}}\n[answers]\nmodel = "stub"\nbase_url = "{server.url}"\n'
    desk = served([note(1, text=""), note(2)], toml + ALL)
    me = seat(desk, "甲")
    me.page.click("nav >> text=陷阱题")
    me.page.click("td a.button")
    me.page.fill("[name=trap]", "把比喻当真")
    me.page.evaluate("() => { const b = document.querySelector('[data-once] button'); b.click(); b.click(); }")
    me.page.wait_for_selector("text=第 1 稿")
    assert len(server.drafts) == 1
