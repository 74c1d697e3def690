"""A PDF made by hand: pages of text and of pictures."""


def pdf(*pages: list[str], image: bool = False, trailer: bytes = b"") -> bytes:
    """A PDF with a page for each list of lines; characters are their own code points (Identity-H)."""
    characters = sorted({character for page in pages for line in page for character in line})
    mapped = "".join(f"<{ord(c):04x}> <{ord(c):04x}>\n" for c in characters)
    cmap = ("/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /A def /CMapType 2 def\n"
            "1 begincodespacerange <0000> <ffff> endcodespacerange\n"
            f"{len(characters)} beginbfchar\n{mapped}endbfchar endcmap end end").encode()  # fmt: skip
    objects: dict[int, bytes] = {
        1: b"<</Type/Catalog/Pages 2 0 R>>",
        3: b"<</Type/Font/Subtype/Type0/BaseFont/Song/Encoding/Identity-H/DescendantFonts[4 0 R]/ToUnicode 5 0 R>>",
        4: b"<</Type/Font/Subtype/CIDFontType2/BaseFont/Song"
           b"/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>/DW 1000/FontDescriptor 6 0 R>>",
        5: b"<</Length %d>>stream\n%s\nendstream" % (len(cmap), cmap),
        6: b"<</Type/FontDescriptor/FontName/Song/Flags 4/FontBBox[0 0 1000 1000]/ItalicAngle 0/Ascent 800/Descent -200"
           b"/CapHeight 700/StemV 80>>",
        7: b"<</Type/XObject/Subtype/Image/Width 1/Height 1/ColorSpace/DeviceGray/BitsPerComponent 8/Length 1>>stream\n"
           b"\x00\nendstream",
    }  # fmt: skip
    kids = []
    for n, lines in enumerate(pages):
        body = b"".join(
            b"BT /F 12 Tf 50 %d Td <%s> Tj ET\n" % (780 - 20 * y, "".join(f"{ord(c):04x}" for c in line).encode())
            for y, line in enumerate(lines)
        )
        body += b"q 500 0 0 700 0 0 cm /I Do Q" if image else b""
        page, content = 10 + 2 * n, 11 + 2 * n
        objects[content] = b"<</Length %d>>stream\n%s\nendstream" % (len(body), body)
        objects[page] = (b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents %d 0 R"
                         b"/Resources<</Font<</F 3 0 R>>/XObject<</I 7 0 R>>>>>>" % content)  # fmt: skip
        kids.append(b"%d 0 R" % page)
    objects[2] = b"<</Type/Pages/Kids[%s]/Count %d>>" % (b" ".join(kids), len(kids))
    out = b"%PDF-1.5\n"
    places = {}
    for number, content in sorted(objects.items()):
        places[number] = len(out)
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    xref = len(out)
    top = max(objects) + 1
    out += b"xref\n0 %d\n0000000000 65535 f \n" % top
    out += b"".join(b"%010d 00000 n \n" % places[n] if n in places else b"0000000000 00000 f \n" for n in range(1, top))
    return out + b"trailer\n<</Size %d/Root 1 0 R%s>>\nstartxref\n%d\n%%%%EOF" % (top, trailer, xref)


PAPER = [
    "2031年考研政治真题",
    "一、选择题",
    "1．实践是认识的（　）",
    "A．来源  B．终点",
    "2．哪一年在后",
    "A．1949  B．1978",
]
