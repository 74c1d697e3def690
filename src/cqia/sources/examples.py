"""What the sources made of existing datasets share: the parts of an example as expressions, and rules about them.

No source of its own; ``readers.examples`` puts the parts where these expressions find them.
"""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from cqia.rules import form
from cqia.rules.rule import Rule
from cqia.schema import TURNS

#: The wording of a source whose instructions were written one by one: a frame around each would make them all alike.
AS_WRITTEN = ("{instruction}",)


def extra(name: str) -> pl.Expr:
    """A field of the document's ``extra`` as a string; null where it has none."""
    return pl.col("extra").str.json_path_match(f"$.{name}")


INSTRUCTION = extra("instruction")
INPUT = extra("input").fill_null("")
OUTPUT = extra("output")
HISTORY = extra("history").str.json_decode(TURNS)


def listed(name: str) -> pl.Expr:
    """A list of strings in ``extra``; empty where it has none."""
    return extra(name).str.json_decode(pl.List(pl.String)).fill_null(pl.lit([], pl.List(pl.String)))


def chars(text: pl.Expr) -> pl.Expr:
    """The length of a part in characters; 0 where it is missing."""
    return text.str.strip_chars().str.len_chars().fill_null(0)


NO_INSTRUCTION = Rule(
    name="no_instruction", why="nothing is asked", value=chars(INSTRUCTION) + chars(INPUT) == 0, missing="drop"
)
NO_ANSWER = Rule(name="no_answer", why="no answer", value=chars(OUTPUT) == 0, missing="drop")
# Lines of some length: fences and brackets of code repeat by nature, and so does 国家：日本 in a list, up to a half.
_lines = OUTPUT.str.split("\n").list.eval(
    pl.element().str.strip_chars().filter(pl.element().str.strip_chars().str.len_chars() >= 4)
)
REPEATED_LINES = Rule(
    name="repeated_lines",
    why="the output repeats its lines",
    value=(1 - _lines.list.n_unique() / _lines.list.len()).fill_nan(None),
    at_most=0.5,
    missing="keep",
)
_broken = form.broken(at_most=0.05)
# A � is the mark of a lost character and nothing else: one of them is enough.
BROKEN = replace(
    _broken, value=pl.when(pl.col("text").str.contains("\ufffd", literal=True)).then(1.0).otherwise(_broken.value)
)
#: What an example of any dataset must be. Examples are short: one character that broken texts share with whole ones
#: (浣 in 浣熊) is a twentieth of them.
WHOLE = (NO_INSTRUCTION, NO_ANSWER, BROKEN, REPEATED_LINES, form.repeated_ngrams())
