"""The map of instructions (paper, Figure 6): UMAP of ``report.space`` in the plane, beside other datasets.

Needs scikit-learn and umap-learn (the extra ``map``).
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import polars as pl

from cqia.errors import UsageError
from cqia.report.space import space
from cqia.report.table import sampled

#: Points of the picture, and records that are clustered; of more a seeded sample is drawn.
MOST = 50_000
SIDE = 1000  # coordinates are whole numbers from 0 to this
#: Bytes of text that hovering shows, in all: the page stays under ten megabytes.
TEXT_BYTES = 4_500_000
LONGEST = 60
NEIGHBOURS = 15


def plane(table: pl.DataFrame, beside: pl.DataFrame, seed: int) -> dict[str, Any] | None:
    """The map; the same seed gives the same picture. None where there are too few instructions for one.

    Args:
        table: what the report is about. Without ``beside`` its sources are the series, else it is one.
        beside: other datasets, each a series, of each at most as many as of ``table``.

    Returns: ``of`` and ``drawn`` records and the ``series``: name, and of each point ``x``, ``y`` and ``texts``.

    Raises:
        UsageError: the libraries are not installed.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ImportWarning)  # of TensorFlow, which this does without
            from umap import UMAP
    except ImportError as error:
        raise UsageError("The map needs scikit-learn and umap-learn.", "pip install 'cqia[map]'") from error
    key = "source" if beside.is_empty() else "dataset"
    others = beside.partition_by("dataset", maintain_order=True) if beside.height else []
    most = MOST // (1 + len(others))
    mine = sampled(table, most, seed)
    drawn = pl.concat([mine, *(sampled(other, min(most, mine.height), seed) for other in others)])
    found = space(drawn, seed)
    if found is None:
        return None
    # From the first two axes of the SVD and not from random places: a seeded layout that keeps the broad order.
    umap = UMAP(
        n_neighbors=min(NEIGHBOURS, len(found.texts) - 1), min_dist=0.1, init="pca", random_state=seed, n_jobs=1
    )
    points = np.asarray(umap.fit_transform(found.vectors))
    low, high = np.quantile(points, [0.002, 0.998], axis=0)  # a few far points must not press all others together
    whole = np.clip(np.round((points - low) / np.maximum(high - low, 1e-9) * SIDE), 0, SIDE).astype(int)[found.rows]
    length = max(8, min(LONGEST, TEXT_BYTES // max(drawn.height, 1) // 3))
    shown = drawn.select(
        pl.col(key).alias("name"),
        x=pl.Series(whole[:, 0]),
        y=pl.Series(whole[:, 1]),
        text=pl.col("instruction").str.head(2 * length).str.replace_all(r"\s+", " ").str.head(length),
    )
    series = [
        {"name": name, "x": rows["x"].to_list(), "y": rows["y"].to_list(), "texts": rows["text"].to_list()}
        for (name,), rows in shown.partition_by("name", as_dict=True, maintain_order=True).items()
    ]
    return {"of": table.height + beside.height, "drawn": drawn.height, "by": key, "series": series}
