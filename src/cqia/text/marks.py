"""What a text bears at all, and how much of it repeats, seen in one pass over its bytes.

Marks let the slow patterns read only the texts that may hold what they look for. A mark says "perhaps"; that it is
missing is certain.

    AT        an @, in full width too
    NUMBER    five digits or more, blanks, dashes and brackets between them allowed
    ACCOUNT   six letters, digits, dots, dashes or underlines on end, at most 40 characters behind 信,
              薇, 微, 威, 徽, vx, wx, wechat or a v that begins a word
    PLATE     a Latin letter right behind the sign of a province
    ADDRESS   a dot before a letter and behind a letter or digit: the name of a host
    WIDE      a letter or digit in full width, or ＠
    PICTURE   图, 视, or a p or P before a digit
    ODD       a character that comes of reading bytes in the wrong charset, or stands for lost ones (``BROKEN``)
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from cqia.text.words import buffers, slices

AT, NUMBER, ACCOUNT, PLATE, ADDRESS, WIDE, PICTURE, ODD = (1 << bit for bit in range(8))
ACCOUNT_NEAR, PLATE_NEXT = 1 << 8, 1 << 9  # of a character only: what must stand before an account and a plate
PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
#: What UTF-8 read as GBK or as Latin-1 looks like, fresh memory (烫烫), and the mark of lost bytes; also where they are
#: innocent: the pattern in ``rules.form.broken`` tells.
BROKEN = "\ufffd锟鐨銆锛鈥鏄鎴杩涔鍙绗浠鐜鎵浣烫屯ÃÂï¼ãåæçèé"


@cache
def _borne() -> NDArray[np.uint16]:
    """What a code point below 65,536 bears by itself."""
    table = np.zeros(1 << 16, np.uint16)
    bearing = {AT | WIDE: "＠", PICTURE: "图视", ODD: BROKEN, ACCOUNT_NEAR: "信薇微威徽", PLATE_NEXT: PROVINCES}
    for mark, characters in bearing.items():
        for character in characters:
            table[ord(character)] |= mark
    return table


def marks(texts: pl.Series) -> pl.Series:
    """The marks of each text, as the sum of those it bears (UInt8); null counts as empty."""
    from cqia.text.repeats import see

    return _each(texts, np.uint8, lambda data, offsets, out: see(data, offsets, _borne(), out))


def repeated_ngrams(texts: pl.Series, size: int) -> pl.Series:
    """The share of the n-grams of ``size`` characters that came before in the same text; null where there is none."""
    from cqia.text.repeats import grams

    return _each(texts, np.float64, lambda data, offsets, out: grams(data, offsets, size, out)).fill_nan(None)


def repeated_lines(texts: pl.Series) -> pl.Series:
    """The share of lines that stood before in the same text, without the blank ones; null where there is no line."""
    from cqia.text.repeats import lines

    return _each(texts, np.float64, lines).fill_nan(None)


def _each(texts: pl.Series, kind: Any, loop: Callable[[NDArray[Any], NDArray[Any], NDArray[Any]], None]) -> pl.Series:
    data, offsets = buffers(texts)
    found: NDArray[Any] = np.empty(len(texts), kind)

    def part(rows: tuple[int, int]) -> None:
        loop(data, offsets[rows[0] : rows[1] + 1], found[rows[0] : rows[1]])

    with ThreadPoolExecutor() as pool:
        list(pool.map(part, slices(offsets)))
    return pl.Series(found)
