"""The project: what ``cqia.toml`` says, checked, with the sources it names."""

from __future__ import annotations

import glob
import tomllib
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from cqia.answers.settings import AnswersTable
from cqia.errors import ProjectError, RawError, nearest
from cqia.llm.ask import OPENAI
from cqia.own_rules import with_own_rules
from cqia.own_source import own_source
from cqia.release.settings import ReleaseTable
from cqia.report.bounds import ReportTable
from cqia.rules.rule import Rule
from cqia.similar.overlap_items import Benchmark, benchmark
from cqia.similar.settings import Settings as Similarity
from cqia.sources import SOURCES
from cqia.sources.source import Quota, Source
from cqia.sources.tables import SHAPES, Columns, table_source

FILE = "cqia.toml"


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Bounds(_Table):
    """Bounds of one rule that the project sets otherwise than the source."""

    at_least: float | None = None
    at_most: float | None = None
    missing: Literal["drop", "keep"] | None = None


class ColumnsTable(_Table):
    """``columns`` of a source that is a table: what its columns are called."""

    instruction: str | None = None
    input: str | None = None
    output: str | None = None
    history: str | None = None
    dialogue: str | None = None
    kind: str | None = None


class SourceTable(_Table):
    """``[sources.<name>]``."""

    raw: list[str] = Field(min_length=1)
    python: str | None = None
    table: str | None = None
    columns: ColumnsTable | None = None
    header: bool = True
    answer_from: Literal["human", "llm", "expert", ""] = ""
    licence: str | None = Field(None, min_length=1)
    quota: int | None = Field(None, ge=0)
    at_least: float | None = Field(None, ge=1, le=10)
    rules: dict[str, Bounds] = {}
    own_rules: str | None = None
    own_words: list[str] = []


class JudgeTable(_Table):
    """``[judge]``: who scores. ``heuristic`` is embedded; ``replay`` serves recorded replies; else a model's name."""

    model: str = "heuristic"
    revision: str = ""
    base_url: str = OPENAI
    key_env: str = ""
    temperature: float = Field(0.0, ge=0, le=2)
    max_tokens: int = Field(1024, ge=1)
    in_flight: int = Field(8, ge=1, le=4096)
    timeout: float = Field(120.0, gt=0)
    wait: float = Field(600.0, ge=0)
    requests_per_minute: int | None = Field(None, ge=1)
    tokens_per_minute: int | None = Field(None, ge=1)
    price_in: float = Field(0.0, ge=0)
    price_out: float = Field(0.0, ge=0)
    currency: str = ""
    replay: str | None = None
    retry_failed: bool = False
    probes: float = Field(0.01, ge=0, le=1)
    anchors: str | None = None
    student: str | None = None
    student_asks: float = Field(0.1, ge=0, le=1)

    @model_validator(mode="after")
    def _priced(self) -> JudgeTable:
        if (self.price_in or self.price_out) and not self.currency:
            raise ValueError('prices need their currency, like currency = "CNY"')
        return self


class VisionTable(_Table):
    """``[vision]``: the model that reads scanned pages of papers; without it they are quarantined."""

    model: str = Field(min_length=1)
    revision: str = ""
    base_url: str = OPENAI
    key_env: str = ""
    max_tokens: int = Field(4096, ge=1)
    in_flight: int = Field(4, ge=1, le=4096)
    timeout: float = Field(300.0, gt=0)
    wait: float = Field(600.0, ge=0)
    max_pages: int = Field(200, ge=1)


class OidcTable(_Table):
    """``[review.oidc]``: log in with an account that people have already."""

    issuer: str = Field(min_length=1)
    client_id: str = Field(min_length=1)
    secret_env: str = ""


class DedupTable(_Table):
    """``[dedup]``: what counts as a near duplicate; ``similar.settings`` says where the numbers come from."""

    gram: int = Field(5, ge=1, le=32)
    bands: int = Field(25, ge=1, le=128)
    rows: int = Field(5, ge=1, le=128)
    threshold: float = Field(0.8, gt=0, le=1)
    short: int = Field(50, ge=0)
    short_threshold: float = Field(0.95, gt=0, le=1)

    @model_validator(mode="after")
    def _sketched(self) -> DedupTable:
        Similarity(**self.model_dump())
        return self


class ReviewTable(_Table):
    """``[review]``: which records a person must have seen before release, and how the desk hands them out."""

    require: Literal["undecided", "all", "none"] = "undecided"
    near: float = Field(0.0, ge=0, le=10)
    audit: float = Field(0.0, ge=0, le=1)
    double: float = Field(0.0, ge=0, le=1)
    gold: float = Field(0.05, ge=0, le=1)
    url: str | None = Field(None, min_length=1)
    verdicts: Literal["after", "at_once"] = "after"
    marks: Literal["scale", "pass"] = "scale"
    oidc: OidcTable | None = None


class RunTable(_Table):
    """``[run]``: where and how the work is done. Results do not depend on it."""

    runner: Literal["local", "ray"] = "local"
    address: str | None = None
    workers: int | None = Field(None, ge=1)
    shard_mib: float = Field(16, gt=0, le=1024)


class BenchmarkTable(_Table):
    """``[benchmarks.<name>]``: what no record may be an item of; ``exempt`` sources are its origin."""

    raw: list[str] = Field(min_length=1)
    exempt: list[str] = []


class BudgetTable(_Table):
    """``[budget]``: the most that the judge's model may be asked, and cost."""

    calls: int | None = Field(None, ge=0)
    cost: float | None = Field(None, ge=0)


class Settings(_Table):
    """The whole file."""

    name: str = "cqia"
    seed: int = 42
    sources: dict[str, SourceTable] = Field(min_length=1)
    judge: JudgeTable = JudgeTable()
    answers: AnswersTable = AnswersTable()
    vision: VisionTable | None = None
    dedup: DedupTable = DedupTable()
    review: ReviewTable = ReviewTable()
    run: RunTable = RunTable()
    benchmarks: dict[str, BenchmarkTable] = {}
    budget: BudgetTable = BudgetTable()
    report: ReportTable = ReportTable()
    release: ReleaseTable = ReleaseTable()

    @model_validator(mode="after")
    def _countable(self) -> Settings:
        if self.budget.cost is not None and not (self.judge.price_in or self.judge.price_out):
            raise ValueError("[budget] cost needs prices: [judge] price_in, price_out and currency")
        if (self.answers.price_in or self.answers.price_out) and not self.judge.currency:
            raise ValueError('[answers] prices are in the currency of [judge], like currency = "CNY"')
        return self


@dataclass(frozen=True)
class Project:
    """A project: its folder, its settings, and its sources with the settings applied.

    Attributes:
        folder: where cqia.toml lies.
        work: the workspace, ``work`` or the one of a sample.
        sources: by name, in the file's order.
        modules: Python files of the user's own sources.
    """

    folder: Path
    settings: Settings
    sources: dict[str, Source]
    modules: tuple[Path, ...] = ()
    work_name: str = "work"

    @property
    def work(self) -> Path:
        """The workspace folder."""
        return self.folder / self.work_name

    @property
    def decisions(self) -> Path | str:
        """Where people's decisions are: a file of the workspace, or the URL of a PostgreSQL database."""
        return self.settings.review.url or self.work / "review.sqlite"

    def raw(self, source: str, warn: Callable[[str], None] = lambda message: None) -> list[Path]:
        """The raw files of a source, sorted; ``warn`` is told of folders that a pattern matches beside files.

        Raises:
            RawError: a pattern matches no file, or names a folder.
        """
        return raw_files(source, self.settings.sources[source].raw, self.folder, warn=warn)

    def benchmarks(self) -> tuple[Benchmark, ...]:
        """The benchmarks that releases are checked against, in the file's order.

        Raises:
            RawError: a pattern matches no file or names a folder, or a file cannot be read.
        """
        return tuple(
            benchmark(name, raw_files(name, table.raw, self.folder, what="Benchmark"), tuple(table.exempt))
            for name, table in self.settings.benchmarks.items()
        )


def raw_files(
    source: str,
    patterns: list[str],
    folder: Path,
    what: str = "Source",
    warn: Callable[[str], None] = lambda message: None,
) -> list[Path]:
    """The files that patterns match, absolute and sorted; relative patterns start at ``folder``."""
    found: set[Path] = set()
    for pattern in patterns:
        absolute = folder / pattern
        whole = pattern if Path(pattern).is_absolute() else f"{glob.escape(str(folder))}/{pattern}"
        try:
            matches = [Path(path) for path in glob.glob(whole, recursive=True)]  # noqa: PTH207 - it may be absolute
        except (OSError, ValueError):  # a name that is too long, or holds a NUL
            matches = []
        files = {path for path in matches if path.is_file()}
        if len(matches) == 1 and matches[0].is_dir():
            hint = f"Name its files: {pattern.rstrip('/') or '.'}/*"
            raise RawError(f"{what} {source}: {pattern or absolute} is a folder.", hint)
        if not files:
            raise RawError(f"{what} {source}: no file matches {absolute}.", "Look for a typing error in the pattern.")
        folders = sorted(path.name for path in matches if path.is_dir())
        if folders and "**" not in pattern:
            warn(f"{what} {source}: {pattern} matches folders too, which are not read: {', '.join(folders[:3])}.")
        found |= files
    for path in found:
        if str(path).encode("utf-8", "replace").decode() != str(path):
            raise RawError(f"{what} {source}: the name of the file {str(path)!a} is not UTF-8.", "Rename it.")
    return sorted(found)


def load(folder: Path) -> Project:
    """Read the project in ``folder``.

    Raises:
        ProjectError: there is none, or something in it is wrong; the message says what, where, and what exists.
    """
    file = folder.absolute() / FILE
    try:
        with file.open("rb") as handle:
            table = tomllib.load(handle)
    except FileNotFoundError as error:
        hint = "Begin one with: cqia init DIR --raw SOURCE='GLOB', or go to the folder of one."
        raise ProjectError(f"There is no {FILE} in {folder.absolute()}.", hint) from error
    except OSError as error:
        raise ProjectError(f"{file} cannot be read: {error.strerror}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ProjectError(f"{file} is not TOML: {error}.") from error
    try:
        settings = Settings.model_validate(table)
    except ValidationError as error:
        raise ProjectError(*_explained(file, error)) from error
    sources, modules = {}, []
    for name, row in settings.sources.items():
        if row.python is not None:
            modules.append((file.parent / row.python).absolute())
            source = own_source(name, modules[-1])
        elif row.table is not None or row.columns is not None:
            source = own_table(name, row, file)
        elif name in SOURCES:
            source = SOURCES[name]
        else:
            raise ProjectError(
                f"{file}: there is no source {name!r}.",
                f'{nearest(name, SOURCES)} A source of your own needs: python = "FILE.py"; a table: table = "…".',
            )
        if row.own_rules is not None:
            modules.append((file.parent / row.own_rules).absolute())
        lists = [(file.parent / path).absolute() for path in row.own_words]
        own = with_own_rules(source, modules[-1] if row.own_rules is not None else None, lists)
        sources[name] = overridden(replace(source, rules=own), row, file)
    for name in settings.answers.sources:
        if name not in sources:
            raise ProjectError(f"{file}: [answers] sources: the project has no {name!r}.", nearest(name, sources))
    known = {*sources, *SOURCES}
    for origin in (origin for table in settings.benchmarks.values() for origin in table.exempt):
        if origin not in known:
            raise ProjectError(f"{file}: exempt: there is no source {origin!r}.", nearest(origin, known))
    return Project(file.parent, settings, sources, tuple(modules))


def own_table(name: str, row: SourceTable, file: Path) -> Source:
    """The source called ``name`` that is a table of instruction examples, by its shape or its columns."""
    if row.table is not None and row.columns is not None:
        raise ProjectError(f"{file}: source {name} has table and columns.", "Name the shape, or the columns; not both.")
    if row.table is not None and row.table not in SHAPES:
        raise ProjectError(f"{file}: source {name}: there is no table {row.table!r}.", nearest(row.table, SHAPES))
    try:
        shape = row.table if row.columns is None else Columns(**row.columns.model_dump())
        return table_source(name, shape or "", row.licence or "", row.header, row.answer_from)
    except ValueError as error:
        hint = 'columns = {instruction = "…", output = "…"}, with input, history and kind as there are'
        raise ProjectError(f"{file}: source {name}: {error}.", hint) from error


def overridden(source: Source, row: SourceTable, file: Path) -> Source:
    """The source with the project's bounds, quota and threshold."""
    known = {rule.name for rule in source.rules}
    for name in row.rules:
        if name not in known:
            raise ProjectError(f"{file}: source {source.name} has no rule {name!r}.", nearest(name, known))
    if row.quota is not None and source.quota is None:
        raise ProjectError(f"{file}: source {source.name} has no quota to set.")
    return replace(
        source,
        rules=tuple(_bounded(rule, row.rules.get(rule.name), file) for rule in source.rules),
        quota=source.quota if row.quota is None or source.quota is None else Quota(row.quota, source.quota.by),
        at_least=source.at_least if row.at_least is None else row.at_least,
        licence=row.licence or source.licence,
    )


def _bounded(rule: Rule, bounds: Bounds | None, file: Path) -> Rule:
    if bounds is None:
        return rule
    if not rule.bounded and (bounds.at_least is not None or bounds.at_most is not None):
        raise ProjectError(f"{file}: {rule.name!r} is a yes/no rule and has no bounds.", 'It has only: missing = "…"')
    return replace(rule, **bounds.model_dump(exclude_none=True))


def _explained(file: Path, error: ValidationError) -> tuple[str, str]:
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        return f"{file}: unknown key {place!r}.", nearest(str(first["loc"][-1]), _keys(Settings, first["loc"][:-1]))
    if first["type"] == "value_error":
        return f"{file}: {place + ': ' if place else ''}{first['ctx']['error']}.", ""
    if first["type"] in ("missing", "too_short"):
        hint = 'A source is a table: [sources.NAME], with raw = ["GLOB"].' if place == "sources" else ""
        return f"{file}: {place!r} is {'missing' if first['type'] == 'missing' else 'empty'}.", hint
    return f"{file}: {place} = {first['input']!r}: {first['msg']}.", ""


def _keys(model: Any, path: tuple[int | str, ...]) -> list[str]:
    """The keys that exist at ``path``; a table of tables (sources, rules) has keys of the user's."""
    for part in path:
        field = model.model_fields.get(part)
        if field is not None:
            model = field.annotation
        arguments = [each for each in getattr(model, "__args__", ()) if each is not type(None)]
        if arguments and not hasattr(model, "model_fields"):
            model = arguments[-1]
    return list(model.model_fields)
