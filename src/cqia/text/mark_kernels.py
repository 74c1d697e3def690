"""Compiled: what a text bears (``marks``)."""

from __future__ import annotations

import numpy as np
from numba import njit

from cqia.text import marks
from cqia.text.kernels import Array, Int, forget_if_older
from cqia.text.marks import (
    ACCOUNT,
    ACCOUNT_NEAR,
    ADDRESS,
    AT,
    DRAWN,
    DRAWN_NEXT,
    FOREIGN,
    GAP,
    NUMBER,
    NUMERAL,
    OWN,
    PICTURE,
    PLATE,
    PLATE_NEXT,
    QQ,
    QQ_NEAR,
)

NUMBER_FROM, QQ_FROM, ACCOUNT_FROM = 8, 5, 6
NEAR = 40  # characters: what stands between takes at most 36
BLANK, CLOSING, DASH, DOT, DIGIT, SIGN_AT, UNDERLINE, STAR, SLASH = map(ord, " )-.0@_*/")
SMALL_A, SMALL_C, SMALL_E, SMALL_M, SMALL_P, SMALL_Q, SMALL_V, SMALL_W, SMALL_X = map(ord, "acempqvwx")


@njit(nogil=True, cache=True)
def see(points: Array, signs: Array, signed: Int, classes: Array) -> Int:
    """The marks of a text, from its code points that are anything but plain Hanzi; ``kernels.read`` lists them."""
    found = np.int64(0)
    digits = 0  # in a number so far
    run = 0  # digits on end so far
    name = 0  # letters, digits, dots, dashes and underlines on end so far
    word = 0  # letters on end so far
    near = np.int64(-1)  # up to which character an account may still follow
    near_qq = np.int64(-1)  # and a number of QQ
    bears = np.int64(FOREIGN)  # the character before: what it bears
    byte = np.int64(0)  # and itself if it is ASCII
    due = np.int64(0)  # the place behind it
    for each in range(signed):
        at = np.int64(signs[each])
        if at != due:  # plain Hanzi stand between
            digits = run = name = word = 0
            bears = byte = np.int64(0)
        due = at + 1
        point = np.int64(points[at])
        before = bears
        last = byte
        bears = np.int64(classes[np.uint64(point)] >> np.uint32(16))
        if point >= 0x80:
            byte = np.int64(0)
            run = name = word = 0
            found |= bears & OWN
            if bears & NUMERAL:
                digits += 1
                if digits >= NUMBER_FROM:
                    found |= NUMBER
                continue
            if bears & ACCOUNT_NEAR:
                near = at + NEAR
            if bears & QQ_NEAR:
                near_qq = at + NEAR
            if bears & DRAWN and before & (FOREIGN | DRAWN_NEXT):
                found |= PICTURE
            if not bears & GAP:
                digits = 0
            continue
        byte = point
        small = byte | 0x20
        if DIGIT <= byte <= DIGIT + 9:
            digits += 1
            run += 1
            name += 1
            word = 0
            if last | 0x20 == SMALL_P:
                found |= PICTURE
            if run >= QQ_FROM and near_qq >= at:
                found |= QQ
        elif SMALL_A <= small <= SMALL_A + 25:
            digits = 0
            run = 0
            name += 1
            word += 1
            if before & PLATE_NEXT:
                found |= PLATE
            elif last == DOT and name > 2 and small in (SMALL_C, SMALL_M):
                found |= ADDRESS
            if small == SMALL_Q:
                near_qq = at + NEAR
            if (word == 1 and small == SMALL_V) or (
                word == 2 and SMALL_V <= last | 0x20 <= SMALL_W and small in (SMALL_X, SMALL_E)
            ):
                near = at + NEAR
        else:
            word = 0
            run = 0
            if byte in (DOT, UNDERLINE, DASH):
                name += 1
            else:
                name = 0
                if byte == SIGN_AT:
                    found |= AT
                if byte > BLANK and byte not in (CLOSING, STAR, SLASH):
                    digits = 0
        if digits >= NUMBER_FROM:
            found |= NUMBER
        if name >= ACCOUNT_FROM and near >= at:
            found |= ACCOUNT
    return found


forget_if_older(see, marks)
