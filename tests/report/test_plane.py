"""The space of instructions and the map: the same picture every time, near what is alike."""

from importlib.util import find_spec

import polars as pl
import pytest
from made_records import made, many, row

from cqia.report import plane as plane_module
from cqia.report.plane import SIDE, plane
from cqia.report.space import clusters, neighbours, space
from cqia.report.table import TABLE

pytest.importorskip("sklearn", reason="wants scikit-learn: pip install 'cqia[map]'")


def test_of_few_instructions_there_is_no_space():
    assert space(made(many(20)), 1) is None
    assert space(made([row()] * 100), 1) is None
    assert space(TABLE.to_frame(), 1) is None


def test_equal_instructions_are_one_point_of_length_one():
    found = space(made(many(60) + many(60)), 1)
    assert found is not None
    assert len(found.texts) == 60
    assert found.rows.tolist() == [*range(60)] * 2
    assert (abs((found.vectors**2).sum(axis=1) - 1) < 1e-4).all()


def test_what_is_alike_is_near():
    table = made(many(120))
    found = space(table, 1)
    assert found is not None
    like = found.vectors @ found.vectors.T
    guitar = [n for n, text in enumerate(table["instruction"]) if "木吉他" in text]
    others = [n for n in range(120) if n not in guitar]
    assert like[guitar][:, guitar].mean() > like[guitar][:, others].mean() + 0.2


def test_clusters_hold_every_record_once():
    table = made(many(200))
    found = space(table, 1)
    assert found is not None
    made_ = clusters(found, table, 1)
    assert sum(each["records"] for each in made_) == 200
    assert [each["records"] for each in made_] == sorted((each["records"] for each in made_), reverse=True)
    assert made_ == clusters(found, table, 1)
    assert all(each["terms"] for each in made_)


def test_neighbours_are_looked_up_in_all_sources():
    rows = [row(source="甲", instruction=f"怎样养护第{n}盆绿植？") for n in range(40)]
    rows += [row(source="乙", instruction=f"Explain item {n} of the manual") for n in range(40)]
    table = made(rows)
    found = space(table, 1)
    assert found is not None
    shares = neighbours(found, table["source"], 1)
    assert shares["asked"] == 80
    assert shares["shares"] == [[1.0, 0.0], [0.0, 1.0]]


umap = pytest.mark.skipif(find_spec("umap") is None, reason="wants umap-learn: pip install 'cqia[map]'")


@umap
def test_the_map_is_the_same_every_time_and_stands_beside_others(monkeypatch):
    table = made(many(90))
    beside = made(many(200)).with_columns(
        dataset=pl.lit("旁"), instruction=pl.concat_str(pl.lit("旁的"), "instruction")
    )
    found = plane(table, beside, 3)
    assert found is not None
    assert found == plane(table, beside, 3)
    assert found["by"] == "dataset"
    assert [(each["name"], len(each["x"])) for each in found["series"]] == [("试", 90), ("旁", 90)]
    assert all(0 <= at <= SIDE for each in found["series"] for at in each["x"] + each["y"])
    alone = plane(table, TABLE.to_frame(), 3)
    assert alone is not None
    assert [each["name"] for each in alone["series"]] == ["甲", "乙", "丙"]
    monkeypatch.setattr(plane_module, "MOST", 45)
    fewer = plane(table, TABLE.to_frame(), 3)
    assert fewer is not None
    assert (fewer["drawn"], fewer["of"]) == (45, 90)
    assert plane(made([row()]), TABLE.to_frame(), 3) is None
