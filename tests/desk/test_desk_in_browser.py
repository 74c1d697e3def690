"""The desk as a person uses it, in a real browser: by keyboard, over a network that goes away, two at a time."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from browser_at_work import Seat, Served
from cqia.review import accounts, arenas, history
from cqia.review import arena as given
from cqia.review.arena_intake import take
from desk_at_work import ALL, DESK_ROWS, PASSWORD
from made import lines

#: What a browser and htmx write down when there is no network.
OFFLINE = re.compile("ERR_INTERNET_DISCONNECTED|ERR_FAILED|^htmx:(sendError|afterRequest)")
SIX = ("4", "5", "4", "3", "5", "5")


def said(served: Served, id: str) -> list[Any]:
    with served.office.database.reading() as db:
        return history.of_record(db, id)


def test_the_first_admin_comes_by_a_link_that_works_once(served: Callable[..., Served], chromium: Any) -> None:
    desk = served(2)
    with desk.office.database.writing() as db:
        link = accounts.first_link(db)
    page = chromium.new_context(locale="zh-CN").new_page()
    page.goto(f"{desk.address}/invited/{link}")
    page.fill("[name=name]", "林管理")
    for field in ("password", "again"):
        page.fill(f"[name={field}]", PASSWORD)
    page.click("button.main")
    page.wait_for_selector("#desk")
    assert "管理员" in page.inner_text(".who")
    assert page.goto(f"{desk.address}/invited/{link}").status == 410
    page.context.close()


def test_ten_records_by_keyboard_and_one_is_edited(served: Callable[..., Served], seat: Callable[..., Seat]) -> None:
    desk = served(DESK_ROWS)
    me = seat(desk, "甲")
    me.press("?")
    me.page.wait_for_selector("dialog[open]")
    me.press("Escape")
    me.press(*SIX)
    me.page.wait_for_function("() => document.querySelectorAll('.criteria input:checked').length === 6")
    me.shot("desk-record")
    done = [me.decide("a")]
    done += [me.decide(*SIX, "a") for _ in range(5)]
    me.press("r", "1", "6")
    me.page.wait_for_selector("[name=reason]:checked")
    done.append(me.decide("Enter"))
    done.append(me.decide("s"))
    me.press("f")  # a flag wants a note: the field for it is where one is now
    me.page.keyboard.type("第二段的数字对不上")
    me.press("Escape")
    done.append(me.decide("f"))
    me.press("e")
    me.page.keyboard.type("改写的开头。")
    me.page.wait_for_selector("#check ins")
    me.shot("desk-edit")
    done.append(me.decide("Control+Enter"))
    assert [said(desk, id)[0].action for id in done] == ["accept"] * 6 + ["reject", "skip", "skip", "edit"]
    assert said(desk, done[0])[0].ratings == dict(
        zip(("useful", "professional", "logical", "detailed", "objective", "harmless"), map(int, SIX), strict=True)
    )
    assert said(desk, done[6])[0].reasons == ["wrong", "biased"]
    assert said(desk, done[9])[0].output.startswith("改写的开头。")
    me.press("u")
    me.page.wait_for_function("id => document.querySelector('input[name=id]').value === id", arg=done[9])


def test_the_network_goes_while_typing_and_the_text_comes_back(
    served: Callable[..., Served], seat: Callable[..., Seat]
) -> None:
    desk = served(3)
    me = seat(desk, "甲")
    id = me.id()
    me.press("e")
    me.page.keyboard.type("断网之前。")
    me.page.wait_for_function("() => document.querySelector('#state').textContent === '草稿已存'")
    me.context.set_offline(True)
    me.page.keyboard.type("断网之后。")
    me.page.wait_for_selector("#state.bad")
    assert "只存在这台电脑上" in me.page.inner_text("#state")
    me.press("Control+Enter")
    me.page.wait_for_selector("#unsaved:not([hidden])")
    assert me.page.inner_text("#unsaved").startswith("没有保存")
    me.shot("desk-offline")
    assert said(desk, id) == []
    me.context.set_offline(False)
    me.page.wait_for_function("() => document.querySelector('#state').textContent === '草稿已存'")  # by itself
    me.page.reload()
    me.page.wait_for_selector("form.editing")
    assert me.page.input_value("[name=new_output]").startswith("断网之前。断网之后。")
    me.decide("Control+Enter")
    assert said(desk, id)[0].output.startswith("断网之前。断网之后。")
    me.faults[:] = [fault for fault in me.faults if not OFFLINE.search(fault)]


def test_a_browser_that_dies_offline_keeps_the_text(served: Callable[..., Served], seat: Callable[..., Seat]) -> None:
    desk = served(3)
    me = seat(desk, "甲")
    me.press("e")
    me.page.wait_for_selector("form.editing")
    me.context.set_offline(True)
    me.page.keyboard.type("没来得及发出去的话。")
    me.page.wait_for_selector("#state.bad")
    me.page.route("**/review/draft", lambda route: route.abort())  # the draft never reaches the server
    me.context.set_offline(False)
    page = me.context.new_page()
    page.goto(f"{desk.address}/review")
    page.wait_for_selector("form.editing")
    assert page.input_value("[name=new_output]").startswith("没来得及发出去的话。")
    me.faults[:] = [fault for fault in me.faults if not OFFLINE.search(fault)]


def test_a_draft_that_arrives_while_another_page_is_on_its_way_is_in_that_page(
    served: Callable[..., Served], seat: Callable[..., Seat]
) -> None:
    desk = served(3)
    me = seat(desk, "甲")
    on_its_way = me.context.request.get(f"{desk.address}/review")
    me.press("e")
    me.page.keyboard.type("刚刚才存上的话。")
    me.page.wait_for_function("() => document.querySelector('#state').textContent === '草稿已存'")
    page = me.context.new_page()
    page.route("**/review", lambda route: route.fulfill(response=on_its_way))
    page.goto(f"{desk.address}/review")
    page.wait_for_selector("form.editing")
    assert page.input_value("[name=new_output]").startswith("刚刚才存上的话。")


def test_two_disagree_and_a_senior_adjudicates(served: Callable[..., Served], seat: Callable[..., Seat]) -> None:
    desk = served(2, ALL + "double = 1.0\n")
    one, other, senior = seat(desk, "周一"), seat(desk, "郑二"), seat(desk, "吴三", "senior")
    contested = one.id()
    one.press(*SIX)
    one.decide("a")
    if other.id() != contested:
        other.decide("s")
    assert "周一" not in other.page.inner_text("#desk")  # blind
    other.press("e")
    other.page.keyboard.type("换个说法。")
    other.press("Control+Enter")
    other.page.wait_for_function("id => document.querySelector('input[name=id]')?.value !== id", arg=contested)
    senior.page.goto(f"{desk.address}/adjudicate")
    versions = senior.page.locator("section[aria-labelledby^=version]").all_inner_texts()
    assert len(versions) == 2
    assert "通过" in versions[0] + versions[1]
    assert "换个说法。" in versions[0] + versions[1]
    assert not {name for name in ("周一", "郑二") if name in "".join(versions)}
    senior.shot("desk-adjudicate")
    senior.press("1" if "换个说法。" in versions[0] else "2")
    senior.page.wait_for_selector("form.editing")
    senior.page.wait_for_selector("#check ins")
    senior.page.keyboard.type("仲裁时添的。")
    senior.page.wait_for_function("() => document.querySelector('#state').textContent === '草稿已存'")
    senior.page.evaluate("localStorage.clear()")  # as at another machine: only what the server has
    senior.page.reload()
    senior.page.wait_for_selector("form.editing")
    assert senior.page.input_value("[name=new_output]").endswith("仲裁时添的。")
    senior.page.wait_for_selector("#check ins")
    senior.press("Control+Enter")
    senior.page.wait_for_selector("text=没有等着仲裁的记录")
    last = said(desk, contested)[-1]
    assert (last.kind, last.action, last.reviewer) == ("adjudicate", "edit", "吴三")
    assert last.output.startswith("换个说法。")
    assert last.output.endswith("仲裁时添的。")


def test_pairs_are_compared_by_keyboard_and_nobody_sees_whose_they_are(
    served: Callable[..., Served], seat: Callable[..., Seat], tmp_path: Path
) -> None:
    desk = served(2)
    prompts = [
        {
            "id": f"p{n}",
            "instruction": f"第{n}问：冬天窗户上为什么结冰花？",
            "answers": {"模型甲": f"水汽遇冷凝成冰晶，**第{n}种**说法。", "模型乙": f"因为冷，第{n}回。"},
        }
        for n in range(3)
    ]
    (tmp_path / "prompts.jsonl").write_text(lines(prompts), "utf-8")
    asked, _ = given.read_file(tmp_path / "prompts.jsonl")
    with desk.office.database.writing() as db:
        take(db, "冬天", asked, [], seed=1, wanted=1)
    me = seat(desk, "甲")
    me.page.goto(f"{desk.address}/arena?name=冬天")
    for key in ("1", "0", "2"):
        me.page.wait_for_selector(".votes button")
        assert "模型" not in me.page.inner_text("main")
        if key == "1":
            me.shot("desk-compare")
        battle = me.page.get_attribute("[name=battle]", "value")
        me.press(key)
        me.page.wait_for_function("n => document.querySelector('[name=battle]')?.value !== n", arg=battle)
    assert "谢谢" in me.page.inner_text("#desk")
    with desk.office.database.reading() as db:
        winners = arenas.ballots(db, "冬天")
    assert winners.height == 3


def test_formulas_are_drawn_broken_ones_are_shown_and_nothing_runs(
    served: Callable[..., Served], seat: Callable[..., Seat]
) -> None:
    hostile = "\n\n".join((
        "好的 $\\frac{1}{2}$，坏的 $\\frac{1}{$，重的 $\\def\\a{\\a\\a}\\a$，外链 $\\href{javascript:alert(1)}{点}$。",
        "<script>window.hit = 1</script><img src=x onerror='window.hit = 1'>",
        "[点我](javascript:window.hit=1) <style>body{display:none}</style>",
        "‮倒过来的字‬",
    ))  # fmt: skip
    desk = served([{"id": "h1", "title": "坏文字怎么显示？", "text": hostile, "likes": 9}])
    me = seat(desk, "甲")
    me.page.wait_for_selector(".text.output .katex")
    assert me.page.locator(".text.output .math.broken").count() == 2
    assert me.page.evaluate("window.hit") is None
    assert me.page.locator(".text.output a[href^=javascript]").count() == 0
    assert me.page.locator(".text.output mark.unseen").count() == 2
    assert me.page.is_visible(".text.output")


def test_a_disk_that_is_full_is_said_plainly(
    served: Callable[..., Served], seat: Callable[..., Seat], monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = served(3)
    me = seat(desk, "甲")
    id = me.id()
    engine = desk.office.database.engine
    with engine.connect() as db:  # SQLite's own limit: the file may not grow
        pages = db.exec_driver_sql("PRAGMA page_count").scalar_one()

    def full(connection: Any, *_: object) -> None:
        connection.execute(f"PRAGMA max_page_count={pages}")

    from sqlalchemy import event

    event.listen(engine, "checkout", full)
    me.press("e")
    me.page.keyboard.type("一段很长的话。" * 40)
    me.page.evaluate("t => document.querySelector('[name=new_output]').value = t", "很长的话。" * 60_000)
    me.press("Control+Enter")
    me.page.wait_for_selector("#unsaved:not([hidden])")
    assert "没有保存" in me.page.inner_text("#unsaved")
    assert "硬盘" in me.page.inner_text("#unsaved")
    event.remove(engine, "checkout", full)
    engine.dispose()  # each connection has had its limit
    assert said(desk, id) == []
    assert me.page.input_value("[name=new_output]").startswith("很长的话。")
    me.page.wait_for_timeout(500)  # a draft may have met the full disk as well
    me.faults[:] = [fault for fault in me.faults if "503" not in fault]


def test_it_is_calm_in_the_dark_too(served: Callable[..., Served], seat: Callable[..., Seat]) -> None:
    desk = served(DESK_ROWS)
    me = seat(desk, "丁", "admin", dark=True)
    assert me.page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(23, 25, 29)"
    me.shot("desk-dark")
    for path in ("/overview", "/search?text=水", "/accounts", "/inspection", "/audit"):
        me.page.goto(desk.address + path)
        assert me.page.locator("main h1").count() == 1
