"""The report of real datasets: what is counted is what another way of counting counts."""

import json
import re
from collections import Counter

from cqia import report_of
from cqia.report import page
from cqia.report.numbers import numbers


def test_the_published_sample(real_data, tmp_path):
    folder = real_data / "coig_cqia_sample"
    rows = [json.loads(line) for file in folder.glob("*/*.jsonl") for line in file.read_text("utf-8").splitlines()]
    table, about = report_of.dataset(folder, None)
    found = numbers(table, about)
    assert found["records"] == len(rows)
    assert found["unread"] == {}
    assert found["written"]["human_verified"]["true"] == sum(row["human_verified"] is True for row in rows)
    assert found["written"]["answer_from"]["llm"] == sum(row["answer_from"] == "llm" for row in rows)
    lengths = sorted(len(row["output"].strip()) for row in rows)
    assert (found["lengths"]["output"]["quantiles"][0], found["lengths"]["output"]["quantiles"][-1]) == (
        lengths[0], lengths[-1],
    )  # fmt: skip
    asked = [row["instruction"].strip() for row in rows]
    words = [re.match(r"[A-Za-z'’]{1,20} +[A-Za-z'’]{1,20}", text) for text in asked]
    begun = Counter(two[0] if two else text[:4] for two, text in zip(words, asked, strict=True))
    assert found["beginnings"]["distinct"] == len(begun)
    assert found["beginnings"]["top"][0]["records"] == max(begun.values())
    by = {row["source"]: row["records"] for row in found["sources"]}
    for name, config in (("zhihu", "zhihu"), ("douban", "douban"), ("ruozhiba", "ruozhiba"), ("logic", "logi_qa")):
        files = (folder / config).glob("*.jsonl")
        assert by[name] == sum(len(file.read_text("utf-8").splitlines()) for file in files), name
    assert page.write(tmp_path, found).stat().st_size < 2_000_000


def test_other_datasets_are_read(real_data):
    for place, least in (("coig", 3000), ("nlp/alpaca_zh", 20_000), ("nlp/firefly_moss", 32)):
        table, about = report_of.dataset(real_data / place, None)
        assert table.height >= least, place
        assert about.name == place.rpartition("/")[2]
