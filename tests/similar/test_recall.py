"""On real answers, exam questions and model replies: nothing like a kept document stays, nothing goes without one."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator
from pathlib import Path

import numba
import numpy as np
import polars as pl

from cqia.engine.stage import Summary
from cqia.schema import DOCUMENT
from cqia.similar import kernels, normal, sketch
from cqia.stages import dedup

DOCUMENTS = 20_000


def strings(value: object) -> Iterator[str]:
    """All strings of 20 characters or more in a JSON value."""
    if isinstance(value, str):
        if len(value) >= 20:
            yield value
    elif isinstance(value, list):
        for each in value:
            yield from strings(each)
    elif isinstance(value, dict):
        for each in value.values():
            yield from strings(each)


def real_texts(folder: Path) -> list[str]:
    texts = []
    for path in sorted((folder / "web/zhihu_api_rows/answers").glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            texts += [re.sub(r"<[^>]*>", "", row["content"] or "") for row in csv.DictReader(file)]
    for line in (folder / "web/zhihu_archive/answers_dev.jsonl").read_text("utf-8").splitlines():
        texts.append(re.sub(r"<[^>]*>", "", json.loads(line).get("content") or ""))
    for path in sorted([*(folder / "labels/judge_llmeval2/human-score").glob("*.json"),
                        *(folder / "exams/lawbench/zero_shot").glob("*.json")]):  # fmt: skip
        texts += dict.fromkeys(strings(json.loads(path.read_text("utf-8"))))  # a task says its instruction in each row
    return texts[:DOCUMENTS]


@numba.njit
def like_pairs(grams: kernels.Hashes, ends: kernels.Ints, threshold: float) -> list[tuple[int, int, float]]:
    """All pairs of sets with that similarity, by an inverted index; set d is grams[ends[d - 1]:ends[d]]."""
    order = np.argsort(grams)
    owner = np.searchsorted(ends, order, side="right")
    begin = np.zeros(len(grams), np.int64)  # for each gram where its list begins
    place = np.zeros(len(grams), np.int64)
    for i in range(len(order)):
        same = i > 0 and grams[order[i]] == grams[order[i - 1]]
        begin[order[i]] = begin[order[i - 1]] if same else i
        place[order[i]] = i
    shared = np.zeros(len(ends), np.int64)
    found = []
    start = 0
    for b in range(len(ends)):
        for at in range(start, ends[b]):
            i = begin[at]
            while i < len(order) and grams[order[i]] == grams[at]:
                if owner[i] < b:
                    shared[owner[i]] += 1
                i += 1
        for a in range(b):
            if shared[a]:
                size = ends[a] - (ends[a - 1] if a else 0)
                like = shared[a] / (size + ends[b] - start - shared[a])
                if like >= threshold:
                    found.append((a, b, like))
                shared[a] = 0
        start = ends[b]
    return found


def gram_sets(texts: pl.Series) -> tuple[kernels.Hashes, kernels.Ints]:
    data, offsets = sketch.flat(texts)
    sets = []
    for start, end in zip(offsets[:-1].tolist(), offsets[1:].tolist(), strict=True):
        codes = np.empty(end - start, dtype=np.uint32)
        grams = np.empty(end - start, dtype=np.uint64)
        length = kernels.normalise(data, start, end, *normal.table(), codes)
        sets.append(np.unique(grams[: kernels.gram_hashes(codes, length, 5, grams)]))
    return np.concatenate(sets), np.cumsum([len(each) for each in sets])


def test_recall_on_real_texts(real_data: Path) -> None:
    texts = real_texts(real_data)
    frame = pl.DataFrame(
        {"id": [f"d{n:05d}" for n in range(len(texts))], "source": "real", "text": texts}, schema_overrides=DOCUMENT
    )
    frame = pl.concat([pl.DataFrame(schema=DOCUMENT), frame], how="diagonal")
    parts = [frame[start : start + 6000] for start in range(0, len(frame), 6000)]
    summaries = [Summary(str(n), dedup.summarise(part).lazy(), part.lazy()) for n, part in enumerate(parts)]
    summary = pl.concat([s.summary for s in summaries]).collect()
    found = dedup.decide(summaries)

    grams, ends = gram_sets(frame["text"])
    sizes = np.diff(ends, prepend=0)
    pairs = like_pairs(grams, ends, 0.8)
    assert len(pairs) > 500

    # pairs that are looked at: those that share a band
    bands = summary.select(dedup.SETTINGS.band_columns).fill_null(0).to_numpy()
    first, second, _ = (np.array(each) for each in zip(*pairs, strict=True))
    seen = ((bands[first] == bands[second]) & (bands[first] != 0)).any(axis=1).mean()
    print(f"{len(frame)} documents, {len(pairs)} pairs of 0.8 or more, {seen:.2%} of them share a band")
    assert seen >= 0.98

    # documents: of those like a kept one, nearly none stays; of those that go, all are like theirs
    gone = {int(id[1:]): (int(kept[1:]), like) for id, kept, like in found.select("id", "kept", "similarity").rows()}
    like = {(a, b): s for a, b, s in pairs if s >= (0.95 if min(sizes[a], sizes[b]) < 50 else 0.8)}
    exact = dict(enumerate(summary["exact"].to_list()))
    for one, (kept, similarity) in gone.items():
        assert kept not in gone
        pair = (min(one, kept), max(one, kept))
        if exact[one] != exact[kept]:
            assert abs(like[pair] - similarity) < 1e-9
    left = [pair for pair in like if not set(pair) & set(gone)]
    print(f"{len(gone)} documents go, {len(left)} pairs of kept documents are at or above the threshold")
    assert len(left) <= 0.02 * len(gone)
