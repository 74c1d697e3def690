"""The four things that travel: Page, Document, Record, Status; as Polars schemas and as typed rows.

One module, so that a column has one name, one type and one meaning everywhere. Stages work on frames with
these schemas; the ``TypedDict`` beside each schema is one row of it, for code that looks at single rows.

Unknown metadata is null, never 0; an anonymous author is null. Times are UTC.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, TypedDict
from urllib.parse import quote

import polars as pl


def _columns(**columns: Any) -> dict[str, Any]:
    """Columns by name; Polars types its own data types as classes or instances."""
    return columns


TIME = pl.Datetime("us", "UTC")
RAW = pl.Struct({"path": pl.String, "digest": pl.String, "locator": pl.String})
MEDIA = pl.List(pl.Struct({"kind": pl.String, "url": pl.String}))  # kind: image, video, formula, attachment
FIRED = pl.List(pl.Struct({"rule": pl.String, "value": pl.Float64, "detail": pl.String}))
EDITS = pl.List(
    pl.Struct({"field": pl.String, "name": pl.String, "start": pl.Int64, "was": pl.String, "now": pl.String})
)
TURNS = pl.List(pl.Struct({"instruction": pl.String, "output": pl.String}))

#: A locator into raw bytes. ``digest`` is the sha256 of the whole raw file; ``locator`` is "" for a whole file,
#: "bytes=START-END" for a line of JSON lines, "row=N" (from 0) for a row of a table or an element of a JSON list.
PAGE: pl.Schema = pl.Schema(
    _columns(
        id=pl.String,
        source=pl.String,
        path=pl.String,
        digest=pl.String,
        locator=pl.String,
        size=pl.Int64,
        url=pl.String,
        fetched=TIME,
        charset=pl.String,
    )
)

#: What the world wrote. ``page`` is the id of the page it was read from.
DOCUMENT: pl.Schema = pl.Schema(
    _columns(
        id=pl.String,
        source=pl.String,
        page=pl.String,
        url=pl.String,
        title=pl.String,
        context=pl.String,
        text=pl.String,
        likes=pl.Int64,
        comments=pl.Int64,
        accepted=pl.Boolean,
        rating=pl.Float64,
        created=TIME,
        author=pl.String,
        tags=pl.List(pl.String),
        media=MEDIA,
        copyright=pl.String,
        extra=pl.String,
        raw=RAW,
    )
)

#: An instruction example. The first nine columns are COIG-CQIA's own fields, in its order.
RECORD: pl.Schema = pl.Schema(
    _columns(
        instruction=pl.String,
        input=pl.String,
        output=pl.String,
        task_type=pl.Struct({"major": pl.List(pl.String), "minor": pl.List(pl.String)}),
        domain=pl.List(pl.String),
        metadata=pl.String,
        answer_from=pl.String,
        human_verified=pl.Boolean,
        copyright=pl.String,
        id=pl.String,
        document_id=pl.String,
        source=pl.String,
        task=pl.String,
        template=pl.String,
        text_digest=pl.String,
        history=TURNS,
        edits=EDITS,
        score=pl.Float64,
    )
)
PUBLISHED = tuple(RECORD)[:9]

#: What became of one input at one stage. ``reason`` is the first rule that fired, in the source's order;
#: ``fired`` holds all of them; ``by`` and ``score`` belong to verdicts.
STATUS: pl.Schema = pl.Schema(
    _columns(
        id=pl.String,
        status=pl.String,
        reason=pl.String,
        fired=FIRED,
        by=pl.String,
        score=pl.Float64,
    )
)

StatusName = Literal["kept", "dropped", "quarantined", "pending"]
STATUSES: tuple[StatusName, ...] = ("kept", "dropped", "quarantined", "pending")


class Place(TypedDict):
    """Where a document stands in the raw files."""

    path: str
    digest: str
    locator: str


class Medium(TypedDict):
    """A picture, a video or another thing that text stands beside."""

    kind: str
    url: str


class Page(TypedDict):
    """One row of ``PAGE``."""

    id: str
    source: str
    path: str
    digest: str
    locator: str
    size: int
    url: str | None
    fetched: datetime | None
    charset: str | None


class Document(TypedDict, total=False):
    """One row of ``DOCUMENT``. A reader yields it without ``source``, ``page`` and ``raw``, which collect fills in;
    its ``id`` is then the site's own (``answer-123``) or missing. What a reader leaves out is null."""

    id: str | None
    source: str
    page: str
    url: str | None
    title: str | None
    context: str | None
    text: str | None
    likes: int | None
    comments: int | None
    accepted: bool | None
    rating: float | None
    created: datetime | None
    author: str | None
    tags: list[str] | None
    media: list[Medium] | None
    copyright: str | None
    extra: str | None
    raw: Place


class Fired(TypedDict):
    """One rule that fired: its name, the value it measured, and what there is to say about it."""

    rule: str
    value: float | None
    detail: str | None


class Status(TypedDict):
    """One row of ``STATUS``."""

    id: str
    status: StatusName
    reason: str | None
    fired: list[Fired]
    by: str | None
    score: float | None


def status(
    id: str,
    status: StatusName,
    reason: str | None = None,
    *,
    value: float | None = None,
    detail: str | None = None,
    by: str | None = None,
    score: float | None = None,
) -> Status:
    """A status row; with a ``reason``, the reason is also what fired."""
    fired: list[Fired] = [] if reason is None else [{"rule": reason, "value": value, "detail": detail}]
    return {"id": id, "status": status, "reason": reason, "fired": fired, "by": by, "score": score}


def digest(*parts: str | bytes) -> str:
    """The hexadecimal sha256 of ``parts``, each preceded by its length, so that ("ab", "c") is not ("a", "bc")."""
    h = hashlib.sha256()
    for part in parts:
        data = part.encode("utf-8", "surrogatepass") if isinstance(part, str) else part
        h.update(len(data).to_bytes(8, "big"))
        h.update(data)
    return h.hexdigest()


def page_id(source: str, path: str, locator: str) -> str:
    """The id of a page: the same place in the same file is the same page."""
    return f"{source}:page-{digest(path, locator)[:16]}"


def document_id(source: str, native: str | None, raw_digest: str, locator: str, nth: int) -> str:
    """``<source>:<native id>``, or for a site without ids a digest of where the text stands; ``nth`` counts the
    documents of one page. What would break an id apart (white space, ``/``, ``%``) is percent-encoded."""
    if not native:
        return f"{source}:{digest(raw_digest, locator, str(nth))[:16]}"
    return f"{source}:" + re.sub(r"[\s/%\x00-\x1f\x7f-\x9f]", lambda match: quote(match[0], safe=""), native)


def frame(rows: Sequence[Mapping[str, Any]], schema: Mapping[str, Any]) -> pl.DataFrame:
    """Rows as a frame of ``schema``; a missing key is null.

    Column by column, and what lies in lists and structs as frames of their own: five times as fast as handing Polars
    rows of nested values.
    """
    return pl.DataFrame([column(name, kind, [row.get(name) for row in rows]) for name, kind in schema.items()])


def column(name: str, kind: Any, values: Sequence[Any]) -> pl.Series:
    """Values as a series of ``kind``, as ``frame`` makes it."""
    if isinstance(kind, pl.Struct):
        fields = {field.name: field.dtype for field in kind.fields}
        inner = frame([value or {} for value in values], fields).to_struct(name)
        return inner if all(values) else _nulled(inner, [not value for value in values])
    if isinstance(kind, pl.List) and isinstance(kind.inner, pl.Struct):
        lengths = pl.Series([len(value or ()) for value in values], dtype=pl.UInt32)
        flat = column(name, kind.inner, [item for value in values for item in value or ()])
        empty = pl.Series(name, [[]], dtype=kind).new_from_index(0, len(values))
        table = pl.DataFrame(
            {"row": pl.int_range(len(values), eager=True).repeat_by(lengths).explode().drop_nulls(), name: flat}
        )
        lists = table.group_by("row", maintain_order=True).agg(name)
        every = pl.DataFrame({"row": pl.int_range(len(values), eager=True)})
        found = every.join(lists, on="row", how="left", maintain_order="left")[name].fill_null(empty)
        nulls = [value is None for value in values]
        return _nulled(found, nulls) if any(nulls) else found
    return pl.Series(name, values, dtype=kind)


def _nulled(series: pl.Series, nulls: Sequence[bool]) -> pl.Series:
    name = series.name
    return series.to_frame().select(pl.when(~pl.Series(nulls, dtype=pl.Boolean)).then(name).alias(name)).to_series()
