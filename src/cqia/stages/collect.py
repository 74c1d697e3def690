"""Raw data collection (paper 2.1): pages of a source become Documents, with as much metadata as the page gives.

Every page ends as one of: kept (it gave documents), dropped (it holds none: a login wall, a removed answer; or each of
its documents is known by the same id from elsewhere, or was taken down), or quarantined (it cannot be read, with why).

A group stage with a draft: pages are read once, shard by shard; then ids that stand in more than one page are found,
and all but the fullest version is dropped as ``same_id``.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl

from cqia.engine.stage import Outcome, Summary
from cqia.errors import NotADocument, Unreadable
from cqia.readers import transcript
from cqia.readers.raw import Raw
from cqia.readers.slices import Slice, pages
from cqia.schema import DOCUMENT, PAGE, STATUS, Document, Status, document_id, frame, page_id, status
from cqia.sources.source import Read

#: What a reader may set, and of which Python types; source, page and raw are filled in here.
FIELDS: dict[str, tuple[type, ...]] = {
    "id": (str,), "url": (str,), "title": (str,), "context": (str,), "text": (str,), "likes": (int,),
    "comments": (int,), "accepted": (bool,), "rating": (int, float), "created": (datetime,), "author": (str,),
    "tags": (list,), "media": (list,), "copyright": (str,), "extra": (str,),
}  # fmt: skip
CONTROLS = {code: None for code in range(32) if code not in (9, 10)}
DECISIONS = {"shard": pl.String, "row": pl.UInt32, "id": pl.String, "page": pl.String, "reason": pl.String,
             "detail": pl.String}  # fmt: skip


def load(units: Sequence[Mapping[str, Any]], troubled: Mapping[int, tuple[str, str]]) -> Iterator[Raw]:
    """The pages of a shard's slices, in order; those that took a worker down come with that as their trouble.

    A unit is a ``Slice`` as a mapping. With ``only``, a list of locators, it is a sample of the slice's pages; with
    ``transcript``, a file, a vision model has read its scanned pages.
    """
    number = 0
    for unit in units:
        only = frozenset(unit["only"]) if "only" in unit else None
        for raw in pages(Slice(**{field.name: unit[field.name] for field in fields(Slice) if field.name in unit})):
            if only is None or raw.locator in only:
                raw = _transcribed(raw, unit["transcript"]) if "transcript" in unit else raw
                trouble = Unreadable(*troubled[number]) if number in troubled else raw.trouble
                yield replace(raw, data=None, row=None, trouble=trouble) if trouble else raw
                number += 1


def _transcribed(raw: Raw, file: str) -> Raw:
    try:
        return replace(raw, transcript=transcript.read(Path(file)))
    except (OSError, ValueError) as error:
        return replace(raw, trouble=Unreadable("bad_transcript", f"{error}; delete it, and it is made again"))


def draft(raws: Iterable[Raw], decisions: pl.DataFrame, *, source: str, copyright: str, read: Read) -> Outcome:
    """Read the pages of one shard into documents; ids may repeat.

    Args:
        raws: the pages.
        decisions: none.
        source: the source's name. copyright: of documents that do not say their own. read: the source's reader.
    """
    inputs: list[dict[str, object]] = []
    statuses: list[Status] = []
    documents: list[Document] = []
    for raw in raws:
        page = page_id(source, raw.path, raw.locator)
        inputs.append({"id": page, "source": source, "path": raw.path, "digest": raw.digest,
                       "locator": raw.locator, "size": raw.size, "url": raw.url, "fetched": raw.fetched,
                       "charset": raw.charset})  # fmt: skip
        try:
            found = _documents(raw, page, source, copyright, read)
        except NotADocument as error:
            statuses.append(status(page, "dropped", _clean(error.reason), detail=_clean(error.message) or None))
        except Unreadable as error:
            statuses.append(status(page, "quarantined", _clean(error.reason), detail=_clean(error.message)))
        except Exception as error:  # noqa: BLE001 - a reader meets hostile pages and may be a user's own
            message = _clean(f"{type(error).__name__}: {error}"[:500])
            statuses.append(status(page, "quarantined", "reader_error", detail=message))
        else:
            documents += found
            statuses.append(status(page, "kept") if found else status(page, "dropped", "nothing_found"))
    return Outcome(
        out=frame(documents, DOCUMENT),
        status=frame(statuses, STATUS),
        inputs=frame(inputs, PAGE),
    )


def _documents(raw: Raw, page: str, source: str, copyright: str, read: Read) -> list[Document]:
    if raw.trouble is not None:
        raise raw.trouble
    place = {"path": raw.path, "digest": raw.digest, "locator": raw.locator}
    # An archive grows as it is crawled into, and holds an address again where its page has changed: a page with an
    # address goes by that, and the fullest version stays.
    where = (raw.digest, raw.locator) if raw.url is None else (raw.url, "")
    found: list[Document] = []
    for nth, document in enumerate(read(raw)):
        row: dict[str, Any] = {name: _checked(name, value) for name, value in document.items() if value is not None}
        row["id"] = document_id(source, row.get("id"), *where, nth)
        row |= {"source": source, "page": page, "raw": place}
        row.setdefault("copyright", copyright)
        row.setdefault("url", None if raw.url is None else _clean(raw.url))
        found.append(row)  # type: ignore[arg-type]
    return found


def _checked(name: str, value: object) -> object:
    """One field of a reader's document; a reader that gives the wrong type is told so, the value is not guessed."""
    types = FIELDS.get(name)
    if types is None:
        raise Unreadable("bad_document", f"the reader gives a field {name!r}; there are {', '.join(FIELDS)}")
    if not isinstance(value, types) or (isinstance(value, bool) and bool not in types):
        expected = " or ".join(t.__name__ for t in types)
        raise Unreadable("bad_document", f"the reader gives {name} as {type(value).__name__}, not {expected}")
    if isinstance(value, str):
        return _clean(value)
    if name == "tags" and isinstance(value, list):
        if not all(isinstance(tag, str) for tag in value):
            raise Unreadable("bad_document", "the reader gives tags that are not all str")
        return [_clean(tag) for tag in value]
    if name == "media" and isinstance(value, list):
        if not all(isinstance(medium, dict) and medium.keys() == {"kind", "url"}
                   and all(isinstance(text, str) for text in medium.values()) for medium in value):  # fmt: skip
            raise Unreadable("bad_document", "the reader gives media that are not all like {'kind': str, 'url': str}")
        return [{key: _clean(text) for key, text in medium.items()} for medium in value]
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        raise Unreadable("bad_document", f"the reader gives {name} as {value}, which is no 64-bit number")
    return value


def _clean(text: str) -> str:
    return text.translate(CONTROLS).encode("utf-8", "replace").decode("utf-8")


def summarise(frame: pl.DataFrame) -> pl.DataFrame:
    """Documents to one column, ``hash``: enough to see which ids may repeat, at 8 bytes a document."""
    return frame.select(hash=pl.col("id").hash())


def decide(summaries: Sequence[Summary], *, takedown: pl.DataFrame) -> pl.DataFrame:
    """Which rows to drop: all but the fullest of each id, and what was taken down.

    The fullest has the longest text, then the most likes, then the first place by raw digest and locator, so that the
    choice depends neither on where the files lie nor on when they came. What is taken down goes in every version.

    Args:
        summaries: of all shards of one source.
        takedown: columns ``field`` (id, url or author) and ``value``.
    """
    if not summaries:
        return pl.DataFrame(schema=DECISIONS)
    hashes = pl.concat([summary.summary for summary in summaries]).collect()["hash"]
    repeated = hashes.filter(hashes.is_duplicated()).unique()
    dropped = [pl.DataFrame(schema=DECISIONS)]
    if len(repeated):
        rows = pl.concat(
            summary.frame.with_row_index("row")
            .filter(pl.col("id").hash().is_in(repeated.implode()))
            .select(pl.lit(summary.shard).alias("shard"), "row", "id", "page", "likes", pl.col("raw").struct.unnest(),
                    pl.col("text").str.len_chars().fill_null(0).alias("length"))
            .collect()
            for summary in summaries
        )  # fmt: skip
        ranked = rows.sort("id", pl.col("length") * -1, pl.col("likes").fill_null(-1) * -1, "digest", "locator",
                             "page", "row")  # fmt: skip
        losers = ranked.with_columns(
            nth=pl.int_range(pl.len()).over("id"), detail=pl.col("page").first().over("id"), reason=pl.lit("same_id")
        ).filter(pl.col("nth") > 0)
        dropped.append(losers.select(*DECISIONS))
    if takedown.height:
        wanted = {field: rows["value"] for (field,), rows in takedown.partition_by("field", as_dict=True).items()}
        hit = pl.any_horizontal(pl.col(str(field)).is_in(values.implode()) for field, values in wanted.items())
        ids = pl.concat(summary.frame.filter(hit).select("id").collect() for summary in summaries)["id"].unique()
        dropped += [
            summary.frame.with_row_index("row")
            .filter(pl.col("id").is_in(ids.implode()))
            .select(pl.lit(summary.shard).alias("shard"), "row", "id", "page", pl.lit("takedown").alias("reason"),
                    pl.lit(None, pl.String).alias("detail"))
            .collect()
            for summary in summaries
        ]  # fmt: skip
    return pl.concat(dropped).unique(["shard", "row"], keep="last").sort("shard", "row")


def apply(drafted: Outcome, decisions: pl.DataFrame) -> Outcome:
    """Drop the decided rows; a page none of whose documents is left is dropped, for the first document's reason."""
    documents = drafted.out.with_row_index("row")
    out = documents.join(decisions, on="row", how="anti").drop("row")
    fired = pl.struct(
        rule=pl.col("reason"), value=pl.lit(None, pl.Float64), detail=pl.concat_str("id", pl.lit(" "), "detail",
                                                                                    ignore_nulls=True),
    )  # fmt: skip
    told = decisions.group_by("page", maintain_order=True).agg(
        pl.col("reason").first().alias("why"), fired.alias("said")
    )
    left = pl.col("id").is_in(out["page"].unique().implode())
    status = drafted.status.join(told, left_on="id", right_on="page", how="left", maintain_order="left").with_columns(
        status=pl.when(pl.col("why").is_null() | left).then("status").otherwise(pl.lit("dropped")),
        reason=pl.when(pl.col("why").is_null() | left).then("reason").otherwise("why"),
        fired=pl.when(pl.col("said").is_null()).then("fired").otherwise("said"),
    )
    return Outcome(out, status.select(STATUS.names()), drafted.inputs)
