"""Workbooks: every sheet is a table of strings; what is none, or a bomb, says so."""

import sys
import zipfile
from pathlib import Path

import pytest

from cqia.readers import xlsx_rows
from cqia.readers.slices import cut, pages

NS = "http://schemas.openxmlformats.org"
MAIN = f'xmlns="{NS}/spreadsheetml/2006/main"'


def workbook(path: Path, **sheets: list[list[object]]) -> Path:
    """A workbook written by hand: text and numbers alone."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as book:
        kinds = "".join(
            f'<Override PartName="/xl/worksheets/s{n}.xml" '
            'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>'
            for n in range(len(sheets))
        )
        book.writestr(
            "[Content_Types].xml",
            f'<Types xmlns="{NS}/package/2006/content-types"><Default Extension="rels" ContentType='
            '"application/vnd.openxmlformats-package.relationships+xml"/>'
            '<Override PartName="/xl/workbook.xml" ContentType='
            f'"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>{kinds}</Types>',
        )
        relation = f"{NS}/officeDocument/2006/relationships"
        start = f'<Relationships xmlns="{NS}/package/2006/relationships">'
        book.writestr(
            "_rels/.rels",
            f'{start}<Relationship Id="r" Type="{relation}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        )
        book.writestr(
            "xl/_rels/workbook.xml.rels",
            start
            + "".join(
                f'<Relationship Id="r{n}" Type="{relation}/worksheet" Target="worksheets/s{n}.xml"/>'
                for n in range(len(sheets))
            )
            + "</Relationships>",
        )
        names = "".join(f'<sheet name="{name}" sheetId="{n + 1}" r:id="r{n}"/>' for n, name in enumerate(sheets))
        book.writestr("xl/workbook.xml", f'<workbook {MAIN} xmlns:r="{relation}"><sheets>{names}</sheets></workbook>')
        for n, rows in enumerate(sheets.values()):
            book.writestr(
                f"xl/worksheets/s{n}.xml",
                f"<worksheet {MAIN}><sheetData>"
                + "".join(
                    f'<row r="{r + 1}">'
                    + "".join(cell(f"{chr(65 + c)}{r + 1}", v) for c, v in enumerate(values))
                    + "</row>"
                    for r, values in enumerate(rows)
                )
                + "</sheetData></worksheet>",
            )
    return path


def cell(place: str, value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, int | float):
        return f'<c r="{place}"><v>{value}</v></c>'
    return f'<c r="{place}" t="inlineStr"><is><t>{value}</t></is></c>'


def read(path: Path):
    (slice,) = cut(path, slice_bytes=1 << 20, whole=())
    return list(pages(slice))


@pytest.fixture
def fastexcel():
    pytest.importorskip("fastexcel", reason="wants the extra tables: pip install 'cqia[tables]'")


@pytest.mark.usefixtures("fastexcel")
def test_the_rows_of_all_sheets(tmp_path):
    first = [["问", "答"], ["几点了？", "八点"], [7, None]]
    found = read(workbook(tmp_path / "a.xlsx", first=first, second=[["问", "答"], ["还早吗？", "早"]]))
    assert [(raw.locator, raw.row) for raw in found] == [
        ("row=0", {"问": "几点了？", "答": "八点"}),
        ("row=1", {"问": "7", "答": None}),
        ("row=2", {"问": "还早吗？", "答": "早"}),
    ]


@pytest.mark.usefixtures("fastexcel")
def test_a_workbook_without_rows_is_empty(tmp_path):
    (found,) = read(workbook(tmp_path / "a.xlsx", first=[]))
    assert found.trouble is not None
    assert found.trouble.reason == "empty_file"


@pytest.mark.parametrize("data", [b"PK\x03\x04 torn", b"no zip file at all", b"\xd0\xcf\x11\xe0 encrypted"])
def test_what_is_no_workbook_says_so(tmp_path, data):
    (tmp_path / "a.xlsx").write_bytes(data)
    (found,) = read(tmp_path / "a.xlsx")
    assert found.trouble is not None
    assert found.trouble.reason == "bad_xlsx"


def test_a_bomb_is_not_opened(tmp_path, monkeypatch):
    monkeypatch.setattr(xlsx_rows, "MAX_UNPACKED", 100_000)
    (found,) = read(workbook(tmp_path / "a.xlsx", first=[["问"], ["啊" * 200_000]]))
    assert found.trouble is not None
    assert found.trouble.reason == "too_large"


def test_without_the_extra_it_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "fastexcel", None)
    (found,) = read(workbook(tmp_path / "a.xlsx", first=[["问"], ["答"]]))
    assert found.trouble is not None
    assert (found.trouble.reason, "cqia[tables]" in found.trouble.message) == ("needs_extra", True)
