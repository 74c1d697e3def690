"""The embedded judge. A stand-in: it scores form, not truth.

It cannot know whether an answer is right, and says so in nothing but its name: a well-formed falsehood scores as high
as a well-formed truth. It is there so that the whole road runs on a fresh machine, offline and in seconds, and so that
texts which no model need read (too short, repeated, cut off, off the question, addressed to the judge) are seen as
what they are. Everything is a Polars expression over a record; a finding adds or takes points from ``START``, and the
detail of a verdict lists the findings.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import polars as pl

from cqia import schema
from cqia.errors import UsageError, nearest
from cqia.judge.verdict import HIGHEST, LOWEST, VERDICTS

NAME = "heuristic"
VERSION = "1"

START = 8.5  # an answer without findings is kept by the sources' bound of 8
WINDOW = 200  # characters in which Han share and variety are measured: enough to tell, and bounds the memory
PROBES = 24  # pairs of the question's characters that are looked for in the answer
SLICE = 50_000  # records at a time: the lists of single characters of a slice take about 300 MB
TO_THE_JUDGE = 2.0  # no text that asks for a score gets a better one
ASKS_FOR_POINTS = r"(请|务必|麻烦|恳请|拜托).{0,6}[给打评].{0,8}(满分|高分|10 ?分|十分|１０分)"
MOSTLY_CHINESE = 0.3  # share of Han characters in the window; published answers with code or names lie above 0.35

# Characters of wording rather than of the question: a shared 这个 or 什么 does not make an answer one to this question.
WORDING = (
    "的了是在有和与为我你您他她它这那个一不吗呢吧啊么什怎样如何请能可以会要想写篇段关于帮给出"
    "下列说法正确哪项中对以及或就都也还上到被把从用"
)
TELLING = rf"[\p{{Han}}&&[^{WORDING}]]"
PAIR = rf"{TELLING}{{2}}|[A-Za-z0-9]{{2,}}"


@dataclass(frozen=True)
class Form:
    """What a kind of answer looks like.

    Attributes:
        full: characters from which the length costs nothing.
        short: points that an empty answer of this kind would lose; the loss falls with the logarithm of the length.
        touch: points that an answer loses in which no pair of the question's characters is found.
        unfinished: points that an answer loses which ends in the middle of a sentence.
    """

    full: int
    short: float = 6.0
    touch: float = 2.5
    unfinished: float = 2.5


#: By rubric. An exam answer may be one letter, a couplet of a poem fourteen characters.
FORMS: dict[str, Form] = {
    "general": Form(full=150),
    "forum": Form(full=200),
    "review": Form(full=200, touch=0.5),  # a synopsis need not repeat the title it was asked for
    "social": Form(full=200, touch=1.0, unfinished=1.0),  # titles are bait, and posts end in emoji and tags
    "encyclopedia": Form(full=150),
    "howto": Form(full=150),
    "exam": Form(full=20, short=1.0, touch=0.5, unfinished=0.5),  # 故选A
    "nlp": Form(full=20, short=2.0, touch=0.5, unfinished=0.5),
    "value": Form(full=80, short=4.0),
}


@dataclass(frozen=True)
class Heuristic:
    """The heuristic judge with the form that ``rubric`` expects. Raises ``UsageError`` for an unknown rubric."""

    rubric: str = "general"
    name: str = NAME

    def __post_init__(self) -> None:
        if self.rubric not in FORMS:
            raise UsageError(f"the heuristic judge knows no rubric '{self.rubric}'", nearest(self.rubric, FORMS))

    @property
    def digest(self) -> str:
        """Covers the version of this code, the word lists and the form."""
        lists = [word for file in sorted(_folder().glob("*.txt")) for word in _words(file.stem)]
        return schema.digest(NAME, VERSION, repr(FORMS[self.rubric]), *lists)

    def __call__(self, records: pl.DataFrame) -> pl.DataFrame:
        return score(records, self.rubric)


def score(records: pl.DataFrame, rubric: str = "general") -> pl.DataFrame:
    """Verdicts (``VERDICTS``) on ``records`` (``schema.RECORD``; ``id, instruction, input, output`` are read).

    Scores in half points. Abstains where the output is mostly not Chinese and holds neither code nor formulas.
    """
    form = FORMS[rubric]
    parts = [_scored(part, form) for part in records.select("id", "instruction", "input", "output").iter_slices(SLICE)]
    return pl.concat([VERDICTS.to_frame(), *parts])


def _scored(records: pl.DataFrame, form: Form) -> pl.DataFrame:
    measured = records.select("id", **_texts()).with_columns(**_measures())
    found = _findings(form)
    total = pl.lit(START) + pl.sum_horizontal(found.values())
    capped = pl.when("to_the_judge").then(pl.min_horizontal(total, pl.lit(TO_THE_JUDGE))).otherwise(total)
    said = [
        pl.when(points.abs() >= 0.05).then(pl.format(f"{name} {{}}", points.round(1)))
        for name, points in found.items()  # what would show as 0.0 is not said
    ]
    asks = pl.when("to_the_judge").then(pl.lit("对评委说话"))
    abstains = (pl.col("han") < MOSTLY_CHINESE) & ~pl.col("code") & (pl.col("length") >= form.full)
    return measured.select(
        "id",
        outcome=pl.when(abstains).then(pl.lit("abstained")).otherwise(pl.lit("scored")),
        score=pl.when(~abstains).then((capped.clip(LOWEST, HIGHEST) * 2).round() / 2),
        by=pl.lit(NAME),
        detail=pl.when(abstains)
        .then(pl.lit("正文大半不是中文，无从判断"))
        .otherwise(pl.concat_str([asks, *said], separator="；", ignore_nulls=True)),
    )


def _texts() -> dict[str, pl.Expr]:
    question = pl.concat_str("instruction", "input", ignore_nulls=True).str.slice(0, WINDOW)
    # Pairs from the first and from the second character of every run, since where a word begins is not known.
    shifted = question.str.replace_all(rf"{TELLING}({TELLING}+)", " $1")
    pairs = pl.concat_list(question.str.extract_all(PAIR), shifted.str.extract_all(PAIR))
    return {
        "asked": pairs.list.unique(maintain_order=True).list.head(PROBES),
        "answer": pl.col("output").fill_null("").str.strip_chars(),
    }


def _measures() -> dict[str, pl.Expr]:
    answer = pl.col("answer")
    length = answer.str.len_chars()
    lines = answer.str.split("\n").list.eval(pl.element().filter(pl.element().str.len_chars() > 3))
    return {
        "length": length,
        "variety": answer.str.slice(0, WINDOW).str.split("").list.n_unique() / length.clip(1, WINDOW),
        "asked": pl.col("asked").list.len(),
        "touched": pl.sum_horizontal(
            answer.str.contains(pl.col("asked").list.get(nth, null_on_oob=True), literal=True) for nth in range(PROBES)
        ),
        "han": answer.str.slice(0, WINDOW).str.count_matches(r"\p{Han}") / length.clip(1, WINDOW),
        "lines": lines.list.len(),
        "different": lines.list.n_unique(),
        # Three places looked for again in the whole text: a phrase said over and over is met wherever one looks.
        "again": pl.mean_horizontal(
            (answer.str.count_matches(answer.str.slice(length * part // 4, 8), literal=True) - 1) * 8 / length.clip(1)
            for part in (1, 2, 3)
        ),
        "links": answer.str.extract_many(_words("connectives")).list.n_unique(),
        "last": answer.str.extract(r"([^\n]*)$"),
        "code": answer.str.contains_any(_words("code")),
        "advert": answer.str.extract_many(_words("advert")).list.n_unique(),
        "picture": answer.str.contains_any(_words("picture")),
        "machine": answer.str.contains_any(_words("machine")),
        "to_the_judge": answer.str.contains_any(_words("to_the_judge"), ascii_case_insensitive=True)
        | answer.str.contains(ASKS_FOR_POINTS),
    }


def _findings(form: Form) -> dict[str, pl.Expr]:
    """Points by finding; each bound was set where published answers almost never lie and spoiled ones do."""
    length, last = pl.col("length"), pl.col("last")
    long = length >= form.full
    shortness = 1 - (length + 1).log() / pl.lit(form.full + 1).log()
    touch = pl.col("touched") / pl.col("asked").clip(1)
    repeated = (pl.col("lines") - pl.col("different")) / pl.col("lines").clip(1)
    # A heading, an item of a list or a line of a poem ends without a full stop; a sentence is longer.
    unfinished = last.str.contains(r"[，、,：:（(]$") | (last.str.contains(r"\p{Han}$") & (last.str.len_chars() > 20))
    return {
        "篇幅过短": -form.short * pl.when(long).then(0.0).otherwise(shortness),
        "未扣题": -form.touch * (1 - touch / 0.1).clip(0, 1) * (pl.col("asked") >= 3),
        "用字单调": -((0.3 - pl.col("variety")) / 0.05).clip(0, 4) * (long & ~pl.col("code")),
        "行重复": -((repeated - 0.3) * 10).clip(0, 5),
        "短语重复": -((pl.col("again") - 0.1) * 10).clip(0, 4),
        "没有写完": -form.unfinished * unfinished,
        "软广告": -1.0 * pl.col("advert").clip(0, 3),
        "需要图片": -1.0 * pl.col("picture"),
        "机器生成": -1.0 * pl.col("machine"),
        "条理": 0.25 * pl.col("links").clip(0, 4) * long,
        "详细": 0.5 * (length >= 3 * form.full),
    }


def _folder() -> Path:
    return Path(__file__).with_name("words")


@cache
def _words(name: str) -> list[str]:
    lines = (_folder() / f"{name}.txt").read_text("utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("# ")]
