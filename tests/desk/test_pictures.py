"""What was transcribed, beside its original: the very page of the very file, and nothing else of the disk."""

import hashlib
from collections.abc import Callable

import pytest
from selectolax.lexbor import LexborHTMLParser as Html
from sqlalchemy import update

from cqia.desk.originals import originals, transcribed
from cqia.review.items import item
from cqia.review.tables import items
from desk_at_work import Office

ID = "notes:n0/answer"


def scanned(desk: Office, **raw: str) -> None:
    """Give the desk's only record the facts of one that was read from the first page of a scan."""
    pypdfium2 = pytest.importorskip("pypdfium2", reason="wants the extra exams: pip install 'cqia[exams]'")
    paper = desk.folder / "raw" / "paper.pdf"
    with pypdfium2.PdfDocument.new() as pdf:
        for _ in range(2):
            pdf.new_page(200, 280)
        pdf.save(str(paper))
    place = {"path": "raw/paper.pdf", "digest": hashlib.sha256(paper.read_bytes()).hexdigest(), "locator": ""} | raw
    media = [{"kind": "scan", "url": "page=1"}, {"kind": "formula", "url": "page=1"},
             {"kind": "formula", "url": "https://example.org/f.png"}, {"kind": "image", "url": "page=2"}]  # fmt: skip
    with desk.database.writing() as db:
        facts = item(db, ID).facts | {"raw": place, "media": media}
        db.execute(
            update(items).where(items.c.id == ID).values(facts=facts, output="解得 $x=1$。\n\n|甲|乙|\n|-|-|\n|1|2|\n")
        )


def test_the_page_stands_beside_the_transcription(office: Callable[..., Office]) -> None:
    desk = office(1)
    scanned(desk)
    me = desk.client("甲")
    page = me.page("/review")
    pictures = [node.attributes["src"] for node in page.css("img.page")]
    assert pictures == ["/record/page?id=notes%3An0%2Fanswer&page=1"]
    drawn = me.http.get(str(pictures[0]))
    assert (drawn.status_code, drawn.headers["content-type"]) == (200, "image/png")
    assert drawn.content.startswith(b"\x89PNG")
    assert page.css_first("a[href='https://example.org/f.png']") is not None


def test_formulas_and_tables_are_picked_out(office: Callable[..., Office]) -> None:
    desk = office(1)
    scanned(desk)
    with desk.database.reading() as db:
        found = item(db, ID)
    assert transcribed(found) == ["$x=1$", "|甲|乙|\n|-|-|\n|1|2|"]
    assert [each.place for each in originals(found)] == ["page=1", "https://example.org/f.png"]


@pytest.mark.parametrize(
    ("query", "raw", "status"),
    [
        ("page=2", {}, 404),  # of the same file, but nothing was transcribed from it
        ("page=0", {}, 404),
        ("page=-1", {}, 404),
        ("page=x", {}, 422),
        ("", {}, 404),
        ("page=1", {"digest": "0" * 64}, 409),
        ("page=1", {"path": "raw/gone.pdf"}, 404),
        ("page=1", {"path": "/etc/passwd"}, 409),  # not the file whose digest is on record
    ],
)
def test_nothing_else_is_shown(office: Callable[..., Office], query: str, raw: dict[str, str], status: int) -> None:
    desk = office(1)
    scanned(desk, **raw)
    answer = desk.client("甲").get(f"/record/page?id={ID}&{query}")
    assert answer.status_code == status
    assert not Html(answer.text).css("img")


def test_a_page_that_cannot_be_drawn_is_said(office: Callable[..., Office]) -> None:
    desk = office(1)
    broken = desk.folder / "raw" / "broken.pdf"
    broken.write_bytes(b"%PDF-1.7 and then nothing that holds")
    scanned(desk, path="raw/broken.pdf", digest=hashlib.sha256(broken.read_bytes()).hexdigest())
    answer = desk.client("甲").get(f"/record/page?id={ID}&page=1")
    assert answer.status_code == 404
    assert "打不开" in answer.text
