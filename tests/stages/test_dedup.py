from __future__ import annotations

import logging
import subprocess
import sys
from collections.abc import Sequence
from itertools import combinations
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cqia.engine.stage import Summary
from cqia.schema import DOCUMENT, STATUS
from cqia.similar.settings import Settings
from cqia.stages import dedup

#: A pair is looked at if one of 25 values agrees: of those at the threshold one in 10^17 is not.
SURE = Settings(rows=1)


def frame(rows: Sequence[dict[str, Any]]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=DOCUMENT)


def decided(shards: Sequence[Sequence[dict[str, Any]]], how: Settings = dedup.SETTINGS) -> pl.DataFrame:
    frames = [frame(rows) for rows in shards]
    return dedup.decide(
        [Summary(f"s/part-{n}", dedup.summarise(f, how).lazy(), f.lazy()) for n, f in enumerate(frames)], how
    )


def gone(*shards: Sequence[dict[str, Any]], how: Settings = dedup.SETTINGS) -> dict[str, tuple[str, str]]:
    """The documents that go: the reason, and for which document."""
    rows = decided(shards, how).select("id", "reason", "kept").rows()
    return {id: (reason, kept) for id, reason, kept in rows}


def made(seed: int, length: int = 120) -> str:
    return "".join(map(chr, np.random.default_rng(seed).integers(0x4E00, 0x5E00, length)))


A = made(1)
NEAR_A = A[:60] + "改" + A[61:]


def document(id: str, text: str | None, **fields: Any) -> dict[str, Any]:
    return {"id": id, "source": "s", "text": text} | fields


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        # keep order: likes (null last), length, id
        ({"text": A, "likes": 3}, {"text": A, "likes": 5}, {"a": ("exact_duplicate", "b")}),
        ({"text": A, "likes": 0}, {"text": A}, {"b": ("exact_duplicate", "a")}),
        ({"text": A}, {"text": A + "！！"}, {"a": ("exact_duplicate", "b")}),
        ({"text": A}, {"text": A}, {"b": ("exact_duplicate", "a")}),
        ({"text": A, "likes": 1}, {"text": NEAR_A, "likes": 2}, {"a": ("near_duplicate", "b")}),
        # titles do not keep equal texts apart
        ({"text": A, "title": "为什么？"}, {"text": A, "title": "怎么办？"}, {"b": ("exact_duplicate", "a")}),
        ({"text": A, "title": "为什么？"}, {"text": NEAR_A, "title": "怎么办？"}, {"b": ("near_duplicate", "a")}),
        # but one template about two things is not a copy
        ({"text": "青枣" + A, "title": "青枣"}, {"text": "红杏" + A, "title": "红杏"}, {}),
        # a document without text is its title
        ({"title": "鱼会不会口渴？"}, {"title": "鱼会不会口渴"}, {"b": ("exact_duplicate", "a")}),
        ({"title": A}, {"title": A + "吗"}, {"a": ("near_duplicate", "b")}),
        ({"title": A, "text": ""}, {"title": A, "text": ""}, {}),
        # what says nothing is a duplicate of nothing
        ({}, {}, {}),
        ({"text": ""}, {"text": ""}, {}),
        ({"text": "。。。"}, {"text": "😀"}, {}),
        # short texts
        ({"text": "同意"}, {"text": "同意！"}, {"a": ("exact_duplicate", "b")}),
        ({"text": "同意"}, {"text": "反对"}, {}),
        ({"text": "小明有三个苹果，吃了一个，还剩几个？"}, {"text": "小明有五个苹果，吃了一个，还剩几个？"}, {}),
        ({"text": A[:40]}, {"text": A[:20] + "改" + A[21:40]}, {}),
        ({"text": A[:45]}, {"text": A[:46]}, {"a": ("near_duplicate", "b")}),
        ({"text": made(2)}, {"text": made(3)}, {}),
    ],
)
def test_two_documents(one: dict[str, Any], other: dict[str, Any], expected: dict[str, tuple[str, str]]) -> None:
    a, b = {"id": "a", "source": "s"} | one, {"id": "b", "source": "t"} | other
    assert gone([a, b]) == expected  # within a source
    assert gone([b], [a]) == expected  # and across


def test_a_chain_does_not_collapse() -> None:
    chain = [A]
    for step in range(1, 6):  # each ten characters further from the first
        at = step * 18
        chain.append(chain[-1][:at] + "改变" + chain[-1][at + 2 :])
    documents = [document(f"d{n}", text, likes=100 - n) for n, text in enumerate(chain)]
    found = gone(documents)
    assert found["d1"] == ("near_duplicate", "d0")
    assert "d0" not in found
    assert {kept for _, kept in found.values()}.isdisjoint(found)
    assert len(found) < len(documents) - 1


def test_copies_go_with_the_first_of_them() -> None:
    documents = [document("a", NEAR_A, likes=9), *(document(f"b{n}", A, likes=n) for n in range(3))]
    assert gone(documents) == {f"b{n}": ("near_duplicate", "a") for n in range(3)}
    alone = [*documents[1:], document("c", NEAR_A)]
    assert gone(alone) == {
        "b0": ("exact_duplicate", "b2"),
        "b1": ("exact_duplicate", "b2"),
        "c": ("near_duplicate", "b2"),
    }


def test_a_hub_of_many_copies(caplog: pytest.LogCaptureFixture) -> None:
    random = np.random.default_rng(4)
    texts = []
    for _ in range(600):
        at = int(random.integers(0, 119))
        texts.append(A[:at] + chr(int(random.integers(0x6E00, 0x9E00))) + A[at + 1 :])
    documents = [document("best", A, likes=1), *(document(f"d{n:03d}", text) for n, text in enumerate(texts))]
    with caplog.at_level(logging.WARNING, "cqia.stages.dedup"):
        found = gone(documents)
    assert found == {f"d{n:03d}": ("near_duplicate", "best") for n in range(600)}
    assert "buckets hold more than 256 documents" in caplog.text


def test_nothing_to_decide() -> None:
    for nothing in (decided([]), decided([[]]), decided([[], [document("a", A)], []])):
        assert nothing.schema == dedup.DECISIONS
        assert nothing.is_empty()


def test_apply_gives_every_document_one_status() -> None:
    documents = frame([document("a", A, likes=2), document("b", A), document("c", NEAR_A), document("d", None)])
    summary = Summary("s/part-0", dedup.summarise(documents).lazy(), documents.lazy())
    outcome = dedup.apply(documents, dedup.decide([summary]).drop("shard"))
    assert outcome.out.equals(documents[[0, 3]])
    assert outcome.out.schema == DOCUMENT
    assert outcome.status.schema == STATUS
    told = outcome.status.to_dicts()
    assert [row["status"] for row in told] == ["kept", "dropped", "dropped", "kept"]
    assert told[1]["fired"] == [{"rule": "exact_duplicate", "value": 1.0, "detail": "a"}]
    assert told[2]["reason"] == "near_duplicate"
    assert told[2]["fired"][0]["value"] == pytest.approx(111 / 121)
    assert told[0]["fired"] == told[3]["fired"] == []


def test_apply_without_decisions_keeps_everything() -> None:
    documents = frame([document("a", A), document("b", A)])
    outcome = dedup.apply(documents, decided([]).drop("shard"))
    assert outcome.out.equals(documents)
    assert outcome.status["status"].to_list() == ["kept", "kept"]
    empty = dedup.apply(documents.clear(), decided([]).drop("shard"))
    assert empty.status.schema == STATUS


def test_a_summary_has_one_row_a_document() -> None:
    documents = frame([document("a", A, likes=7), document("b", None, title="题目"), document("c", None)])
    summary = dedup.summarise(documents)
    assert summary.columns == ["id", "likes", "length", "exact", *(f"b{n}" for n in range(25))]
    assert summary["length"].to_list() == [120, 2, 0]
    assert summary["exact"].is_null().to_list() == [False, False, True]
    assert summary["b24"].is_null().to_list() == [False, True, True]
    assert dedup.summarise(documents.clear()).schema == summary.schema


# --- against a slow pass over all pairs -------------------------------------------------------------------------------

#: Texts in families: a base with a few changes, cut or lengthened, so that every degree of likeness occurs.
TEXT = st.builds(
    lambda base, length, changes, tail: (
        "".join("改" if i in changes else c for i, c in enumerate(made(base, length))) + made(9, tail)
    ),
    st.integers(0, 2),
    st.sampled_from([0, 3, 5, 40, 53, 54, 80, 120]),
    st.sets(st.integers(0, 119), max_size=3),
    st.sampled_from([0, 0, 1, 2, 8]),
)
DOCUMENTS = st.lists(
    st.tuples(st.one_of(st.none(), TEXT), st.one_of(st.none(), st.integers(0, 2))), min_size=0, max_size=14
).map(lambda rows: [document(f"d{n}", text, likes=likes) for n, (text, likes) in enumerate(rows)])


def grams(text: str) -> set[str]:
    return {text[i : i + 5] for i in range(len(text) - 4)}


def similarity(one: str, other: str) -> float:
    """Of two texts, 0 if they are no duplicates; for texts that are their own normal form."""
    if one == other:
        return 1.0
    a, b = grams(one), grams(other)
    like = len(a & b) / len(a | b) if a and b else 0.0
    return like if like >= (0.95 if min(len(a), len(b)) < 50 else 0.8) else 0.0


def slowly(documents: list[dict[str, Any]]) -> dict[str, tuple[str, float]]:
    def order(row: dict[str, Any]) -> tuple[bool, int, int, str]:
        return row["likes"] is None, -(row["likes"] or 0), -len(row["text"]), row["id"]

    kept: list[dict[str, Any]] = []
    dropped = {}
    for row in sorted((d for d in documents if d["text"]), key=order):
        likes = [(similarity(other["text"], row["text"]), -n) for n, other in enumerate(kept)]
        best, n = max(likes, default=(0.0, 0))
        if best > 0:
            dropped[row["id"]] = (kept[-n]["id"], best)
        else:
            kept.append(row)
    return dropped


@given(DOCUMENTS)
def test_the_slow_pass_agrees(documents: list[dict[str, Any]]) -> None:
    rows = decided([documents], SURE).select("id", "kept", "similarity").rows()
    found = {id: (kept, like) for id, kept, like in rows}
    expected = slowly(documents)
    assert {id: kept for id, (kept, _) in found.items()} == {id: kept for id, (kept, _) in expected.items()}
    for id, (_, like) in found.items():
        assert like == pytest.approx(expected[id][1])


@given(DOCUMENTS, st.randoms(use_true_random=False), st.integers(1, 5))
def test_shards_do_not_matter(documents: list[dict[str, Any]], random: Any, count: int) -> None:
    whole = decided([documents]).drop("shard")
    shuffled = random.sample(documents, len(documents))
    shards = [shuffled[n::count] for n in range(count)]
    split = decided(shards)
    assert split.drop("shard").equals(whole)
    where = {row["id"]: f"s/part-{n}" for n, shard in enumerate(shards) for row in shard}
    assert split["shard"].to_list() == [where[id] for id in split["id"]]


def test_texts_are_read_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    documents = [document(f"d{n:03d}", text) for n in range(60) for text in [made(n % 20)[: 117 + n % 4]]]
    whole = decided([documents])
    assert len(whole) == 40
    monkeypatch.setattr(dedup, "TEXTS", 1500)
    assert decided([documents]).equals(whole)
    assert decided([documents[:17], documents[17:]]).drop("shard").equals(whole.drop("shard"))


def test_every_document_that_goes_is_verified() -> None:
    random = np.random.default_rng(8)
    documents = []
    for n in range(400):
        text = list(made(n % 40, 160))
        for at in random.integers(0, 160, n % 7):
            text[at] = "改"
        documents.append(document(f"d{n:03d}", "".join(text), likes=int(random.integers(0, 50))))
    found = decided([documents[:150], documents[150:]])
    texts = {row["id"]: row["text"] for row in documents}
    assert len(found) > 100
    assert set(found["kept"]).isdisjoint(found["id"])
    for id, kept, like in found.select("id", "kept", "similarity").rows():
        assert similarity(texts[id], texts[kept]) == pytest.approx(like)
        assert like >= 0.8
    kept = set(texts) - set(found["id"])
    assert sum(similarity(texts[a], texts[b]) > 0 for a, b in combinations(sorted(kept), 2)) == 0


def test_importing_the_stage_does_not_load_the_compiler() -> None:
    code = "import sys, cqia.stages.dedup; sys.exit('numba' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
