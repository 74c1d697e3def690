"""What a text bears at all, and how much of it repeats, seen in one pass over its bytes.

Marks let the slow patterns read only the texts that may hold what they look for. A mark says "perhaps"; that it is
missing is certain.

    AT        an @, in full width too, or one of the signs of money that Taobao's passwords stand between
    NUMBER    eight digits or more, in Chinese and in circles too; between them blanks, ) and signs of - . _ / * allowed
    QQ        five digits or more on end, close behind Q or one of the characters that name QQ or ask to get in touch
    ACCOUNT   six letters, digits, dots, dashes or underlines on end, close behind 信, 薇, 微, 威, 徽, 星, 泡, vx, wx,
              we or a v that begins a word
    PLATE     a Latin letter right behind the sign of a province
    ADDRESS   a dot before c or m and behind a letter or digit: the name of a host as in .com, .cn, .csdn, .me
    WIDE      a letter or digit in full width, a digit in a circle, or ＠
    PICTURE   a p or P before a digit; 图 or 频 behind anything but a Hanzi, or behind a Hanzi that stands before them
              where a picture or a video is meant (如图, 视频; not 试图)
    ODD       a character that comes of reading bytes in the wrong charset, or stands for lost ones (``BROKEN``)
"""

from __future__ import annotations

from functools import cache

import numpy as np
import polars as pl
from numpy.typing import NDArray

from cqia.text.reading import joined, measured

AT, NUMBER, ACCOUNT, PLATE, ADDRESS, WIDE, PICTURE, ODD, QQ = (1 << bit for bit in range(9))
#: Those that a single character may bear.
OWN = AT | WIDE | ODD
#: Of a character only: what must stand before an account, a number of QQ, and a plate; 图 and 频, and what must stand
#: before them if it is a Hanzi; a digit of another kind; what may stand within a number; what is no Hanzi.
ACCOUNT_NEAR, QQ_NEAR, PLATE_NEXT, DRAWN, DRAWN_NEXT, NUMERAL = (1 << bit for bit in range(9, 15))
GAP, FOREIGN = NUMBER, PLATE  # which no character bears by itself
PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
#: Digits that a number may be disguised in, and what they stand for.
NUMERALS = dict(zip("〇零一二三四五六七八九幺壹贰叁肆伍陆柒捌玖①②③④⑤⑥⑦⑧⑨⓪❶❷❸❹❺❻❼❽❾",
                    "001234567891123456789" "1234567890" "123456789", strict=True))  # fmt: skip
CIRCLED = "".join(sign for sign in NUMERALS if "\u2460" <= sign < "\u2800")
#: What UTF-8 read as GBK or as Latin-1 looks like, fresh memory (烫烫), and the mark of lost bytes; also where they are
#: innocent: the pattern in ``rules.form.broken`` tells.
BROKEN = "\ufffd锟鐨銆锛鈥鏄鎴杩涔鍙绗浠鐜鎵浣烫屯ÃÂï¼ãåæçèé"


@cache
def bearing() -> NDArray[np.uint32]:
    """What every code point bears by itself; 0 for most Hanzi."""
    table = np.full(0x110000, FOREIGN, np.uint32)
    table[0x3400:0xA000] = 0
    for first, end in ((0x80, 0x100), (0x2000, 0x3001), (0xFE00, 0xFE10), (0xFEFF, 0xFF00), (0xFF09, 0xFF0A)):
        # blanks, dashes, dots, ）
        table[first:end] |= GAP
    for first, end in ((0xFF10, 0xFF1A), (0xFF21, 0xFF3B), (0xFF41, 0xFF5B)):
        table[first:end] |= WIDE
    signs = {
        AT | WIDE: "＠", WIDE: "．" + CIRCLED, AT: "￥¥€₤₳₴", ODD: BROKEN, ACCOUNT_NEAR: "信薇微威徽星泡",
        QQ_NEAR: "扣抠叩蔻球鹅群裙羊系找聊入询🐧", PLATE_NEXT: PROVINCES, NUMERAL: "".join(NUMERALS),
        DRAWN: "图频", DRAWN_NEXT: "如下上左右附见看首主配页的面放在发末尾击按描别动截视",
    }  # fmt: skip
    for mark, characters in signs.items():
        for character in characters:
            table[ord(character)] |= mark
    return table


def marks(texts: pl.Series) -> pl.Series:
    """The marks of each text, as the sum of those it bears (UInt16); null counts as empty."""
    return measured(joined(texts), marks=True).marks


def repeated_ngrams(texts: pl.Series, size: int) -> pl.Series:
    """The share of the n-grams of ``size`` characters that came before in the same text; null where there is none."""
    return measured(joined(texts), grams=[size]).grams[0]


def repeated_lines(texts: pl.Series) -> pl.Series:
    """The share of lines that stood before in the same text, without the blank ones; null where there is no line."""
    return measured(joined(texts), lines=True).lines
