"""Word papers: what Word shows is in the text, what it cannot be read is listed, and bombs do no harm."""

import io
import re
import time
import zipfile

import pytest

from cqia.errors import Unreadable
from cqia.readers.paper_files import questions
from cqia.readers.raw import Raw

docx = pytest.importorskip("docx", reason="wants the extra: pip install 'cqia[exams]'")

from docx.oxml import parse_xml  # noqa: E402

from cqia.readers.docx import read_docx  # noqa: E402
from cqia.readers.omml import convert  # noqa: E402

SPACES = (
    'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" '
    'xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" '
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
    'xmlns:o="urn:schemas-microsoft-com:office:office" xmlns:v="urn:schemas-microsoft-com:vml"'
)


def run(words: str) -> str:
    return f"<m:r><m:t>{words}</m:t></m:r>"


def math(inner: str) -> str:
    return f"<m:oMath {SPACES}>{inner}</m:oMath>"


HALF = f"<m:f><m:num>{run('1')}</m:num><m:den>{run('2')}</m:den></m:f>"


def saved(document) -> bytes:
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


def repacked(data: bytes, **parts: bytes) -> bytes:
    """The same zip with other bytes in some entries; __ in a name stands for /, and _ before the suffix for a dot."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            new.writestr(entry.filename, parts.pop(entry.filename, None) or old.read(entry))
        for name, content in parts.items():
            new.writestr(name, content)
    return file.getvalue()


def with_body(inner: str) -> bytes:
    data = saved(docx.Document())
    xml = f'<?xml version="1.0" encoding="UTF-8"?><w:document {SPACES}><w:body>{inner}</w:body></w:document>'
    return repacked(data, **{"word/document.xml": xml.encode()})


@pytest.mark.parametrize(
    ("omml", "tex"),
    [
        (run("x+1"), "x+1"),
        (run("α≤∞"), r"\alpha \leq \infty"),
        (run("𝑥＝𝟐"), "x=2"),
        (run("50%"), r"50\%"),
        (HALF, r"\frac{1}{2}"),
        (f"<m:f><m:fPr><m:type m:val='noBar'/></m:fPr><m:num>{run('n')}</m:num><m:den>{run('k')}</m:den></m:f>",
         r"{n \atop k}"),
        (f"<m:sSup><m:e>{run('x')}</m:e><m:sup>{run('2')}</m:sup></m:sSup>", "x^{2}"),
        (f"<m:sSub><m:e>{run('ab')}</m:e><m:sub>{run('i')}</m:sub></m:sSub>", "{ab}_{i}"),
        (f"<m:sSubSup><m:e>{run('a')}</m:e><m:sub>{run('1')}</m:sub><m:sup>{run('n')}</m:sup></m:sSubSup>",
         "a_{1}^{n}"),
        (f"<m:sPre><m:sub>{run('6')}</m:sub><m:sup>{run('12')}</m:sup><m:e>{run('C')}</m:e></m:sPre>",
         "{}_{6}^{12}{C}"),
        (f"<m:rad><m:radPr><m:degHide m:val='1'/></m:radPr><m:deg/><m:e>{run('2')}</m:e></m:rad>", r"\sqrt{2}"),
        (f"<m:rad><m:deg>{run('3')}</m:deg><m:e>{run('x')}</m:e></m:rad>", r"\sqrt[3]{x}"),
        (f"<m:nary><m:naryPr><m:chr m:val='∑'/></m:naryPr><m:sub>{run('i=1')}</m:sub><m:sup>{run('n')}</m:sup>"
         f"<m:e>{run('i')}</m:e></m:nary>", r"\sum_{i=1}^{n} i"),
        (f"<m:nary><m:sub>{run('0')}</m:sub><m:sup>{run('1')}</m:sup><m:e>{run('f')}</m:e></m:nary>",
         r"\int_{0}^{1} f"),
        (f"<m:d><m:e>{run('x')}</m:e></m:d>", "(x)"),
        (f"<m:d><m:dPr><m:begChr m:val='{{'/><m:endChr m:val=''/></m:dPr><m:e><m:eqArr><m:e>{run('x=1')}</m:e>"
         f"<m:e>{run('y=2')}</m:e></m:eqArr></m:e></m:d>",
         r"\left\{ \begin{array}{l} x=1 \\ y=2 \end{array} \right."),
        (f"<m:d><m:dPr><m:begChr m:val='|'/><m:endChr m:val='|'/></m:dPr><m:e><m:m><m:mr><m:e>{run('a')}</m:e>"
         f"<m:e>{run('b')}</m:e></m:mr><m:mr><m:e>{run('c')}</m:e><m:e>{run('d')}</m:e></m:mr></m:m></m:e></m:d>",
         r"\left| \begin{matrix} a & b \\ c & d \end{matrix} \right|"),
        (f"<m:func><m:fName>{run('sin')}</m:fName><m:e>{run('x')}</m:e></m:func>", r"\sin x"),
        (f"<m:func><m:fName><m:limLow><m:e>{run('lim')}</m:e><m:lim>{run('x→0')}</m:lim></m:limLow></m:fName>"
         f"<m:e>{HALF}</m:e></m:func>", r"\lim_{x\to 0} \frac{1}{2}"),
        (f"<m:acc><m:accPr><m:chr m:val='⃗'/></m:accPr><m:e>{run('AB')}</m:e></m:acc>", r"\overrightarrow{AB}"),
        (f"<m:bar><m:barPr><m:pos m:val='top'/></m:barPr><m:e>{run('A')}</m:e></m:bar>", r"\overline{A}"),
    ],
)  # fmt: skip
def test_formulas(omml, tex):
    assert convert(parse_xml(math(omml))) == (tex, [])


def test_a_formula_that_does_not_convert_is_told():
    tex, unread = convert(parse_xml(math(f"<m:oddity><m:e>{run('x')}</m:e></m:oddity>{run('+1')}")))
    assert (tex, unread) == ("x+1", ["oddity"])
    deep = "".join(f"<m:f><m:num>{run('1')}</m:num><m:den>" for _ in range(60)) + run("2") + "</m:den></m:f>" * 60
    assert convert(parse_xml(math(deep)))[1] == ["too deep"]


def test_a_paper():
    paper = docx.Document()
    paper.add_paragraph("2031年初中数学试卷")
    paper.add_paragraph("一、选择题")
    asked = paper.add_paragraph("1．已知 ")
    asked._p.append(parse_xml(math(HALF)))
    asked.add_run(" 与 H")
    asked.add_run("2").font.subscript = True
    asked.add_run("O，求和")
    asked.add_run("   ").underline = True
    table = paper.add_table(rows=1, cols=4)
    for cell, words in zip(table.rows[0].cells, ("A．1", "B．2", "C．3", "D．4"), strict=True):
        cell.text = words
    paper.add_paragraph("2．填表")
    table = paper.add_table(rows=2, cols=2)
    for cell, words in zip([cell for row in table.rows for cell in row.cells], "甲乙丙丁", strict=True):
        cell.text = words
    paper.add_paragraph("参考答案")
    paper.add_paragraph("1．B  2．略")
    first, second = questions(Raw("a.docx", "d", "", 1, data=saved(paper)))
    assert first.question == r"已知 $\frac{1}{2}$ 与 H$_{2}$O，求和____" + "\nA．1  B．2  C．3  D．4"
    assert first.media == (("formula", "word/document.xml#oMath=1"),)
    assert (first.answers, first.kind, first.year) == (("B",), "选择题", "2031")
    assert second.question == "填表\n甲 | 乙\n丙 | 丁"
    assert second.media == ()


def test_numbers_that_word_alone_shows():
    data = with_body(
        "".join(
            f'<w:p><w:pPr><w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="7"/></w:numPr></w:pPr>'
            f"<w:r><w:t>{words}</w:t></w:r></w:p>"
            for level, words in ((0, "天空是什么颜色"), (1, "蓝"), (1, "绿"), (0, "草是什么颜色"), (1, "红"))
        )
    )
    levels = '<w:lvl w:ilvl="0"><w:start w:val="5"/><w:numFmt w:val="decimal"/><w:lvlText w:val="%1．"/></w:lvl>' \
             '<w:lvl w:ilvl="1"><w:numFmt w:val="upperLetter"/><w:lvlText w:val="%2．"/></w:lvl>'  # fmt: skip
    numbering = f'<w:numbering {SPACES}><w:abstractNum w:abstractNumId="3">{levels}</w:abstractNum>' \
                '<w:num w:numId="7"><w:abstractNumId w:val="3"/></w:num></w:numbering>'  # fmt: skip
    text, _ = read_docx(repacked(data, **{"word/numbering.xml": numbering.encode()}))
    assert text.split("\n") == ["5． 天空是什么颜色", "A． 蓝", "B． 绿", "6． 草是什么颜色", "A． 红"]


def test_what_cannot_be_read_is_listed_where_it_stands():
    data = with_body(
        '<w:p><w:r><w:t>1．求</w:t><w:object><v:shape><v:imagedata r:id="rId91"/></v:shape>'
        '<o:OLEObject ProgID="Equation.DSMT4" r:id="rId90"/></w:object><w:t>的值，</w:t>'
        '<w:drawing><a:blip r:embed="rId91"/></w:drawing><w:object><o:OLEObject ProgID="Excel.Sheet.12" r:id="rId92"/>'
        "</w:object></w:r></w:p>"
    )
    relations = zipfile.ZipFile(io.BytesIO(data)).read("word/_rels/document.xml.rels").decode()
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    more = "".join(
        f'<Relationship Id="{key}" Type="{kind}/{sort}" Target="{target}" TargetMode="External"/>'
        for key, sort, target in (("rId90", "oleObject", "embeddings/oleObject1.bin"),
                                  ("rId91", "image", "media/image1.png"),
                                  ("rId92", "package", "embeddings/a.xlsx"))
    )  # fmt: skip
    data = repacked(data, **{"word/_rels/document.xml.rels": relations.replace("</Rel", more + "</Rel").encode()})
    (item,) = questions(Raw("a.docx", "d", "", 1, data=data))
    assert item.unread == "word/embeddings/oleObject1.bin"
    assert item.media == (
        ("formula", "word/embeddings/oleObject1.bin"),
        ("image", "word/media/image1.png"),
        ("attachment", "word/embeddings/a.xlsx"),
    )


def test_an_odd_formula_keeps_its_words_and_a_link():
    odd = math(f"<m:oddity>{run('x')}</m:oddity>")
    data = with_body(f"<w:p><w:r><w:t>1．求 </w:t></w:r>{odd}<w:r><w:t> 的值</w:t></w:r></w:p>")
    (item,) = questions(Raw("a.docx", "d", "", 1, data=data))
    assert "$x$" in item.question
    assert item.unread == "word/document.xml#oMath=1:oddity"


def test_deleted_words_are_gone_and_text_boxes_are_not():
    data = with_body(
        "<w:p><w:r><w:t>1．留下</w:t></w:r><w:del><w:r><w:delText>删去</w:delText></w:r></w:del>"
        "<w:r><w:pict><w:txbxContent><w:p><w:r><w:t>框里的话</w:t></w:r></w:p></w:txbxContent></w:pict></w:r></w:p>"
    )
    assert read_docx(data)[0] == "1．留下\n框里的话"


def bomb() -> bytes:
    entities = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
    xml = f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a0 "ha">{entities}]><w:document {SPACES}>&a9;</w:document>'
    return repacked(saved(docx.Document()), **{"word/document.xml": xml.encode()})


def nested(tag: str, count: int) -> bytes:
    return with_body(f"<w:{tag}>" * count + f"</w:{tag}>" * count)


def encrypted() -> bytes:
    data = bytearray(saved(docx.Document()))
    for mark, offset in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):
        for found in re.finditer(re.escape(mark), bytes(data)):
            data[found.start() + offset] |= 1
    return bytes(data)


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (bomb, "xml_bomb"),
        (lambda: repacked(saved(docx.Document()), **{"word/a.xml": b" " * 60_000_000}), "zip_bomb"),
        (lambda: repacked(saved(docx.Document()), **{f"word/{n}.bin": b"x" for n in range(6_000)}), "zip_bomb"),
        (lambda: nested("tbl", 10_000), "too_nested"),
        (lambda: nested("sdt", 100), "too_nested"),
        (lambda: with_body("<w:p>" + "<w:ins>" * 100 + "</w:ins>" * 100 + "</w:p>"), "too_nested"),
        (lambda: saved(docx.Document()), "no_text"),
        (lambda: saved(docx.Document())[:2000], "bad_docx"),
        (lambda: repacked(saved(docx.Document()), **{"word/document.xml": b"<broken"}), "bad_docx"),
        (lambda: b"PK\x03\x04" + b"x" * 500, "bad_docx"),
        (encrypted, "password"),
    ],
)  # fmt: skip
def test_hostile_files_have_a_reason(make, reason):
    data = make()
    began = time.perf_counter()
    with pytest.raises(Unreadable) as raised:
        questions(Raw("a.docx", "d", "", len(data), data=data))
    assert raised.value.reason == reason
    assert time.perf_counter() - began < 5


def test_a_zip_that_is_no_word_document():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("a.txt", "甲")
    with pytest.raises(Unreadable) as raised:
        read_docx(file.getvalue())
    assert raised.value.reason == "bad_docx"
