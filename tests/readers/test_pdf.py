"""PDF papers: text comes out, scanned and locked ones have a reason."""

import time

import pytest

from cqia.errors import Unreadable
from cqia.readers.paper_files import questions
from cqia.readers.raw import Raw

pytest.importorskip("pypdfium2", reason="wants the extra: pip install 'cqia[exams]'")

from cqia.readers.pdf import read_pdf
from paper_pdf import PAPER, pdf


def test_a_paper():
    first, second = questions(Raw("a.pdf", "d", "", 1, data=pdf(PAPER, ["参考答案", "1．A  2．B"])))
    assert first.question.split("\n")[0].startswith("实践是认识的")
    assert "来源" in first.question
    assert (first.answers, second.answers) == (("A",), ("B",))
    assert (first.year, first.subject, first.kind) == ("2031", "政治", "选择题")


LOCK = b"/Encrypt<</Filter/Standard/V 1/R 2/P -44/O<%s>/U<%s>>>/ID[<00><00>]" % (b"ab" * 32, b"cd" * 32)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (pdf([], [], image=True), "scanned_page"),
        (pdf(PAPER + PAPER, []), None),
        (pdf([]), "no_text"),
        (pdf(PAPER, trailer=LOCK), "password"),
        (b"%PDF-1.5\nnothing", "bad_pdf"),
        (pdf(PAPER)[:400], "bad_pdf"),
    ],
)
def test_what_cannot_be_read_has_a_reason(data, reason):
    began = time.perf_counter()
    try:
        read_pdf(data)
        found = None
    except Unreadable as error:
        found = error.reason
    assert found == reason
    assert time.perf_counter() - began < 5


def test_the_scanned_pages_are_named():
    with pytest.raises(Unreadable) as raised:
        read_pdf(pdf([], [], image=True))
    assert "2 of 2 pages" in raised.value.message
