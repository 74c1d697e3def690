"""Before deciding: what is shown of a rule's values, beside what can be counted by hand."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from cqia.analyse import BINS, EXAMPLES, Measured, analyse
from cqia.rules.rule import Rule
from cqia.schema import DOCUMENT

LIKES = Rule(name="likes", why="too few likes", value=pl.col("likes"), at_least=51, missing="drop")
SHORT = Rule(name="short", why="too short", value=pl.col("text").str.len_chars(), at_least=3, missing="drop")
WATER = Rule(name="water", why="no water", value=~pl.col("text").str.contains("水"), missing="keep")


def parts(folder: Path, likes: list[int | None], texts: list[str], cuts: int = 3) -> list[Path]:
    """Documents in several files."""
    frame = pl.DataFrame(dict.fromkeys(DOCUMENT)).clear().cast(dict(DOCUMENT))
    rows = {"id": [f"s:{n:03d}" for n in range(len(likes))], "likes": likes, "text": texts}
    frame = pl.concat([frame, pl.DataFrame(rows, schema_overrides={"likes": pl.Int64})], how="diagonal_relaxed")
    found = []
    for number, rows_ in enumerate(frame.iter_slices(max(1, -(-frame.height // cuts)))):
        found.append(folder / f"part-{number}.parquet")
        rows_.write_parquet(found[-1])
    return found


def rows(folder: Path, likes: list[int | None], texts: list[str], *rules: Rule) -> dict[str, Measured]:
    return {row.rule: row for row in analyse(parts(folder, likes, texts), rules, pl.DataFrame())}


def test_counts_alone_and_missing(tmp_path: Path) -> None:
    found = rows(tmp_path, [10, 60, 10, None], ["水长流", "水", "水", "水长流"], LIKES, SHORT)
    assert (found["likes"].fires, found["likes"].alone, found["likes"].missing) == (3, 2, 1)
    assert (found["short"].fires, found["short"].alone, found["short"].missing) == (2, 1, 0)


def test_other_bounds_say_what_they_let_through(tmp_path: Path) -> None:
    found = rows(tmp_path, [10, 30, 60, 90], ["水长流", "水", "水长流", "水长流"], LIKES, SHORT)["likes"]
    tried = {bound: (through, kept) for bound, _, through, kept in found.tried}
    assert tried[51] == (2, 2)  # as it stands
    assert tried[30] == (3, 2)  # one more passes this rule, and another rule drops it
    assert tried[10] == (4, 3)


def test_the_histogram_holds_every_value_once(tmp_path: Path) -> None:
    likes = [*range(1000), None]
    found = rows(tmp_path, likes, ["水长流"] * 1001, LIKES)["likes"]
    assert len(found.histogram) == BINS
    assert sum(count for *_, count in found.histogram) == 1000
    rare = rows(tmp_path, [0] * 999 + [100], ["水长流"] * 1000, LIKES)["likes"]
    assert (rare.histogram[0], rare.histogram[-1]) == ((0.0, 5.0, 999), (95.0, 100.0, 1))
    same = rows(tmp_path, [7, 7, 7], ["水"] * 3, LIKES)["likes"]
    assert same.histogram == ((7.0, 7.0, 3),)


def test_ten_documents_on_either_side_of_the_bound_nearest_first(tmp_path: Path) -> None:
    likes = list(range(100))
    found = rows(tmp_path, likes, [f"第{n}个 \n 回答" for n in likes], LIKES)["likes"]
    assert [each.value for each in found.inside] == list(range(51, 51 + EXAMPLES))
    assert [each.value for each in found.outside] == list(range(50, 50 - EXAMPLES, -1))
    assert (found.inside[0].id, found.inside[0].text) == ("s:051", "第51个 回答")


def test_a_rule_of_yes_and_no(tmp_path: Path) -> None:
    found = rows(tmp_path, [1, 2, 3], ["水", "火", "火"], WATER)["water"]
    assert found.fires == 2
    assert found.tried == ()
    assert ([each.id for each in found.inside], [each.id for each in found.outside]) == ([], ["s:001", "s:002"])
    assert found.histogram == ((0.0, 0.0, 1), (1.0, 1.0, 2))


def test_nothing_to_measure(tmp_path: Path) -> None:
    assert rows(tmp_path, [], [], LIKES)["likes"].histogram == ()
    assert analyse([], [LIKES], pl.DataFrame())[0].fires == 0
    assert analyse([], [], pl.DataFrame()) == []


def test_parts_do_not_matter(tmp_path: Path) -> None:
    likes: list[int | None] = [n * 37 % 101 for n in range(300)]
    texts = ["水长流"[: n % 4] for n in range(300)]
    one, many = tmp_path / "one", tmp_path / "many"
    one.mkdir(), many.mkdir()
    rules = (LIKES, SHORT, WATER)
    whole = analyse(parts(one, likes, texts, cuts=1), rules, pl.DataFrame())
    assert whole == analyse(parts(many, likes, texts, cuts=7), rules, pl.DataFrame())
