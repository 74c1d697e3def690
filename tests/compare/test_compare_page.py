"""The page of a comparison: valid, whole without scripts, in two languages, escaped."""

import json
import re

import html5lib
import pytest

from cqia.compare import page
from cqia.compare.datasets import Dataset
from cqia.compare.numbers import numbers
from cqia.report.numbers import About
from report.made_records import made, many, row

HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(2)>{{ 7 * 7 }}\u2028]]>"
HOSTILE_ROW = row(source=HOSTILE, instruction=HOSTILE, output=HOSTILE, answer_from=HOSTILE, id=HOSTILE, major=[HOSTILE],
                  minor=[HOSTILE], domain=[HOSTILE])  # fmt: skip


def dataset(name, rows, **about):
    return Dataset(name, made(rows), About(name=name, **about))


COMPARISONS = {
    "one": {"甲": many(60)},
    "one record each": {"甲": [row()], "乙": [row(instruction="别的问题怎么问？")]},
    "nothing": {"甲": []},
    "nothing beside something": {"甲": [], "乙": many(40)},
    "nothing said": {"甲": [row(major=[], minor=[], domain=[], answer_from=None, human_verified=None)], "乙": many(40)},
    "equal": {"甲": many(60), "乙": many(60), "丙": many(40)},
    "twenty": {f"第{n}套": [row(instruction=f"第{n}套的问题{m}？") for m in range(3)] for n in range(20)},
    "hostile": {HOSTILE: [HOSTILE_ROW] * 3, "乙": [HOSTILE_ROW, *many(40)]},
}


@pytest.mark.parametrize("datasets", COMPARISONS.values(), ids=COMPARISONS)
def test_a_page_of_any_datasets(datasets):
    found = numbers([dataset(name, rows, unread={HOSTILE: 2}) for name, rows in datasets.items()], ())
    json.dumps(found, allow_nan=False)
    html = page.html(found)
    html5lib.HTMLParser(strict=True).parse(html)
    assert not re.search(r"""(?:src|href|action|data)\s*=\s*["']?(?:https?:)?//""", html)
    assert "url(" not in html
    assert " style=" not in html
    assert "<script" not in html
    assert "<img" not in html
    assert len(re.findall(r'class="zh"', html)) == len(re.findall(r'class="en"', html))
    assert "{{ 7 * 7 }}" in html  # as it stands, not 49


def test_the_map_is_data_that_cannot_end_its_script():
    found = numbers([dataset(HOSTILE, many(40)), dataset("乙", [])], ())
    series = [{"name": HOSTILE, "x": [1], "y": [2], "texts": [HOSTILE]}, {"name": "乙", "x": [], "y": [], "texts": []}]
    html = page.html(found | {"map": {"of": 1, "drawn": 1, "by": "source", "series": series}})
    data = re.search(r'<script type="application/json" id="map-texts">(.*?)</script>', html, re.DOTALL)[1]
    assert json.loads(data) == [{"name": each["name"], "texts": each["texts"]} for each in series]
    assert html.count("</script>") == 2


def test_every_picture_has_a_text_and_a_table():
    html = page.html(numbers([dataset("甲", many(60)), dataset("乙", many(90))], ()))
    pictures = re.findall(r"<svg[^>]*class=\"chart\"[^>]*>", html)
    assert len(pictures) >= 10
    assert all("aria-label=" in each and 'role="img"' in each for each in pictures)
    for id in ("overview", "sources", "lengths", "tasks", "variety", "overlap", "faults", "people"):
        section = re.search(rf'<section id="{id}".*?</section>', html, re.DOTALL)[0]
        assert "<table>" in section, id
    linked = re.findall(r'<li><a href="#(\w+)">', html)
    assert linked == re.findall(r'<section id="(\w+)"', html)


def test_the_map_has_a_series_for_every_dataset_in_their_order():
    pytest.importorskip("umap")
    found = numbers([dataset("空", []), dataset("甲", many(60)), dataset("乙", many(40))], (), map=True)["map"]
    assert [(each["name"], len(each["x"])) for each in found["series"]] == [("空", 0), ("甲", 60), ("乙", 40)]


def test_neighbours_stand_in_the_order_of_the_datasets():
    tea = [row(instruction=f"第{n}种绿茶要用多热的水来泡才香？") for n in range(40)]
    moon = [row(instruction=f"{n}月里月亮几点钟升起、几点钟落下？") for n in range(80)]
    found = numbers([dataset("茶", tea), dataset("空", []), dataset("月", moon)], ())["neighbours"]
    assert found["sources"] == ["茶", "月"]  # not the larger first
    assert found["shares"] == [[1.0, 0.0], [0.0, 1.0]]
