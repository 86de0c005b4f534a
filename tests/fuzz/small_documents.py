"""Seeds for the readers: one small report of three rows in every medium, a few kilobytes each, so that a fuzzer turns
it over quickly. Promises valid files; leaves alone whether their figures make sense."""

from __future__ import annotations

import html
import io
import zipfile
from collections.abc import Mapping

TITLE = "示例县教育局2021年政府信息公开工作年度报告"
PROSE = ["一、总体情况", "2021年，新收政府信息公开申请3件，上年结转1件，办结4件，其中予以公开2件。",
         "三、收到和处理政府信息公开申请情况"]
ROWS = [["（本列数据的勾稽关系）", "", "自然人", "总计"], ["一、本年新收政府信息公开申请数量", "", "3", "3"],
        ["二、上年结转政府信息公开申请数量", "", "1", "1"], ["三、本年度办理结果", "（一）予以公开", "2", "2"]]
TAIL = "六、其他需要报告的事项 本年度收取信息处理费0万元。发布日期：2022-01-20"

Parts = Mapping[str, bytes]


def stored(parts: Parts) -> bytes:
    """A zip of these members, not compressed, so that a changed byte changes a member and not its compression."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, content in parts.items():
            archive.writestr(zipfile.ZipInfo(name), content)
    return buffer.getvalue()


def page() -> bytes:
    rows = "".join("<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>" for row in ROWS)
    prose = "".join(f"<p>{line}</p>" for line in PROSE)
    return (f'<!DOCTYPE html><html><head><meta charset="utf-8"><meta name="PubDate" content="2022-01-20">'
            f'<title>{TITLE}</title></head><body><div class="content"><h1>{TITLE}</h1>{prose}'
            f'<table border="1"><tr><td rowspan="2" colspan="2">类</td></tr>{rows}</table><p>{TAIL}</p>'
            f'<a href="/a/fj.pdf">附件</a><img src="t.png"></div></body></html>').encode()


def plain() -> bytes:
    return "\n".join([TITLE, *PROSE, *("\t".join(row) for row in ROWS), TAIL]).encode()


def delimited() -> bytes:
    return "\n".join([TITLE, *PROSE, *(",".join(row) for row in ROWS), f'"{TAIL}"']).encode()


def rtf() -> bytes:
    def coded(text: str) -> str:
        return "".join(char if char.isascii() else f"\\u{ord(char) - 65536 if ord(char) > 32767 else ord(char)}?"
                       for char in text)

    rows = "".join("\\trowd\\clvmgf\\cellx900\\clvmrg\\cellx1800\\clmgf\\cellx2700\\clmrg\\cellx3600 "
                   + "".join(f"{coded(cell)}\\cell " for cell in row) + "\\row " for row in ROWS)
    prose = "".join(f"{coded(line)}\\par " for line in [TITLE, *PROSE])
    head = ("{\\rtf1\\ansi\\ansicpg936{\\fonttbl{\\f0\\fcharset134 SimSun;}}"
            "{\\info{\\creatim\\yr2022\\mo1}}{\\*\\generator x;}")
    return (f"{head}\\uc1 {prose}{rows}\\pard \\'b1\\'be{{\\pict\\pngblip 89504e47}} "
            f"{coded(TAIL)}\\par}}").encode("ascii")


def web_archive() -> bytes:
    return (b"MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=\"b\"; type=\"text/html\"\r\n\r\n--b\r\n"
            b"Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n"
            b"Content-Location: file:///a.htm\r\n\r\n" + page() +
            b"\r\n--b\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: base64\r\nContent-Location: t.png\r\n\r"
            b"\niVBORw0KGgo=\r\n--b--\r\n")


# ---------------------------------------------------------------- packages, as their members
_WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
_SHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def _word_paragraph(text: str, more: str = "") -> str:
    return f"<w:p>{more}<w:r><w:t>{html.escape(text)}</w:t></w:r></w:p>"


def _word_body() -> str:
    listed = '<w:pPr><w:pStyle w:val="1"/><w:numPr><w:ilvl w:val="0"/><w:numId w:val="1"/></w:numPr></w:pPr>'
    rows = "".join("<w:tr>" + "".join(
        f'<w:tc><w:tcPr><w:gridSpan w:val="1"/><w:vMerge w:val="restart"/></w:tcPr>{_word_paragraph(cell)}</w:tc>'
        for cell in row) + "</w:tr>" for row in ROWS)
    return ("".join(_word_paragraph(line, listed) for line in [TITLE, *PROSE]) +
            f'<w:tbl><w:tblGrid>{"<w:gridCol/>" * 4}</w:tblGrid>{rows}</w:tbl>{_word_paragraph(TAIL)}'
            '<w:p><w:r><w:fldChar w:fldCharType="begin"/><w:instrText>HYPERLINK "http://a.example/"</w:instrText>'
            '<w:fldChar w:fldCharType="end"/></w:r></w:p><w:sectPr/>')


def docx() -> Parts:
    xml = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    return {
        "word/document.xml": f'{xml}<w:document xmlns:w="{_WORD}"><w:body>{_word_body()}</w:body></w:document>'
                             .encode(),
        "word/styles.xml": f'{xml}<w:styles xmlns:w="{_WORD}"><w:style w:type="paragraph" w:styleId="1"><w:name '
                           f'w:val="heading 1"/><w:basedOn w:val="2"/><w:pPr><w:outlineLvl w:val="0"/></w:pPr>'
                           f'</w:style></w:styles>'.encode(),
        "word/numbering.xml": f'{xml}<w:numbering xmlns:w="{_WORD}"><w:abstractNum w:abstractNumId="0"><w:lvl '
                              f'w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="chineseCounting"/><w:lvlText '
                              f'w:val="%1、"/></w:lvl></w:abstractNum><w:num w:numId="1"><w:abstractNumId w:val="0"/>'
                              f'</w:num></w:numbering>'.encode(),
        "docProps/core.xml": f'{xml}<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/'
                             f'core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl'
                             f'.org/dc/terms/"><dc:title>{TITLE}</dc:title><dcterms:created>2022-01-18T00:00:00Z'
                             f'</dcterms:created></cp:coreProperties>'.encode(),
        "[Content_Types].xml": (
            f'{xml}<Types xmlns="{_TYPES}"><Default Extension="xml" ContentType="application/xml"/><Default '
            'Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override '
            'PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml'
            '.document.main+xml"/><Override PartName="/word/styles.xml" ContentType="application/vnd.openxmlformats-'
            'officedocument.wordprocessingml.styles+xml"/><Override PartName="/word/numbering.xml" ContentType="'
            'application/vnd.openxmlformats-officedocument.wordprocessingml.numbering+xml"/><Override PartName="'
            '/docProps/core.xml" ContentType="application/vnd.openxmlformats-package.core-properties+xml"/></Types>'
        ).encode(),
        "_rels/.rels": (
            f'{xml}<Relationships xmlns="{_RELATIONS}"><Relationship Id="r1" Type="{_OFFICE}/officeDocument" Target="'
            f'word/document.xml"/><Relationship Id="r2" Type="{_RELATIONS}/metadata/core-properties" Target="docProps/'
            f'core.xml"/></Relationships>').encode(),
        "word/_rels/document.xml.rels": (
            f'{xml}<Relationships xmlns="{_RELATIONS}"><Relationship Id="r1" Type="{_OFFICE}/styles" Target="styles.xml'
            f'"/><Relationship Id="r2" Type="{_OFFICE}/numbering" Target="numbering.xml"/></Relationships>').encode(),
    }


def xlsx() -> Parts:
    xml = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    rows = "".join(f'<row r="{number}">' + "".join(
        f'<c r="{"ABCD"[place]}{number}" t="{"n" if cell.isdigit() else "inlineStr"}">'
        + (f"<v>{cell}</v>" if cell.isdigit() else f"<is><t>{html.escape(cell)}</t></is>") + "</c>"
        for place, cell in enumerate(row)) + "</row>" for number, row in enumerate([[TITLE], *ROWS, [TAIL]], 1))
    return {
        "xl/worksheets/sheet1.xml": f'{xml}<worksheet xmlns="{_SHEET}"><dimension ref="A1:D6"/><sheetData>{rows}'
                                    f'</sheetData><mergeCells count="1"><mergeCell ref="A1:D1"/></mergeCells>'
                                    f'</worksheet>'.encode(),
        "xl/workbook.xml": f'{xml}<workbook xmlns="{_SHEET}" xmlns:r="{_OFFICE}"><sheets><sheet name="表" sheetId="1" '
                           f'r:id="r1"/></sheets></workbook>'.encode(),
        "xl/_rels/workbook.xml.rels": f'{xml}<Relationships xmlns="{_RELATIONS}"><Relationship Id="r1" Type="{_OFFICE}/'
                                      f'worksheet" Target="worksheets/sheet1.xml"/></Relationships>'.encode(),
        "[Content_Types].xml": (
            f'{xml}<Types xmlns="{_TYPES}"><Default Extension="xml" ContentType="application/xml"/><Default '
            'Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override '
            'PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.'
            'sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxml'
            'formats-officedocument.spreadsheetml.worksheet+xml"/></Types>').encode(),
        "_rels/.rels": f'{xml}<Relationships xmlns="{_RELATIONS}"><Relationship Id="r1" Type="{_OFFICE}/officeDocument'
                       f'" Target="xl/workbook.xml"/></Relationships>'.encode(),
    }


_ODF = " ".join(f'xmlns:{short}="urn:oasis:names:tc:opendocument:xmlns:{long}:1.0"' for short, long in
                (("office", "office"), ("text", "text"), ("table", "table"), ("style", "style"), ("meta", "meta")))


def _odf(body: str, medium: str) -> Parts:
    return {
        "mimetype": f"application/vnd.oasis.opendocument.{medium}".encode(),
        "content.xml": f'<?xml version="1.0"?><office:document-content {_ODF}><office:body>{body}</office:body>'
                       f'</office:document-content>'.encode(),
        "meta.xml": f'<?xml version="1.0"?><office:document-meta {_ODF}><office:meta><meta:creation-date>2022-01-18'
                    f'</meta:creation-date></office:meta></office:document-meta>'.encode(),
        "META-INF/manifest.xml": b'<?xml version="1.0"?><manifest/>',
    }


def _odf_table() -> str:
    rows = "".join('<table:table-row table:number-rows-repeated="1">' + "".join(
        '<table:table-cell table:number-columns-spanned="1" table:number-columns-repeated="1" office:value-type='
        f'"string">' f"<text:p>{html.escape(cell)}</text:p></table:table-cell>" for cell in row) + "</table:table-row>"
        for row in ROWS)
    return f'<table:table table:name="表"><table:table-column table:number-columns-repeated="4"/>{rows}</table:table>'


def odt() -> Parts:
    prose = "".join(f'<text:h text:outline-level="1">{line}</text:h>' for line in [TITLE, *PROSE])
    listed = ('<text:list><text:list-item><text:p>一<text:s text:c="3"/>二<text:tab/></text:p></text:list-item>'
              "</text:list>")
    return _odf(f"<office:text>{prose}{_odf_table()}{listed}<text:p>{TAIL}</text:p></office:text>", "text")


def ods() -> Parts:
    return _odf(f"<office:spreadsheet>{_odf_table()}</office:spreadsheet>", "spreadsheet")


_OFD = 'xmlns:ofd="http://www.ofdspec.org/2016"'


def ofd() -> Parts:
    lines = "".join(
        f'<ofd:TextObject ID="{number}" Boundary="20 {10 * number} 160 6" Font="3" Size="4"><ofd:TextCode X="0" Y="5" '
        f'DeltaX="g {len(line)} 4">{html.escape(line)}</ofd:TextCode></ofd:TextObject>'
        for number, line in enumerate([TITLE, *PROSE, *(cell for row in ROWS for cell in row if cell)], 5))
    drawn = ('<ofd:PathObject ID="4" Boundary="20 60 160 60" LineWidth="0.3"><ofd:AbbreviatedData>M 0 0 L 160 0 L 160 '
             "60 L 0 60 C</ofd:AbbreviatedData></ofd:PathObject>")
    return {
        "OFD.xml": f'<?xml version="1.0"?><ofd:OFD {_OFD} Version="1.0"><ofd:DocBody><ofd:DocInfo><ofd:DocID>1'
                   f'</ofd:DocID><ofd:CreationDate>2022-01-18</ofd:CreationDate></ofd:DocInfo><ofd:DocRoot>Doc_0/Document.xml'
                   f'</ofd:DocRoot></ofd:DocBody></ofd:OFD>'.encode(),
        "Doc_0/Document.xml": f'<?xml version="1.0"?><ofd:Document {_OFD}><ofd:CommonData><ofd:PageArea>'
                              f'<ofd:PhysicalBox>0 0 210 297</ofd:PhysicalBox></ofd:PageArea></ofd:CommonData>'
                              f'<ofd:Pages><ofd:Page ID="1" BaseLoc="Pages/Page_0/Content.xml"/></ofd:Pages>'
                              f'</ofd:Document>'.encode(),
        "Doc_0/Pages/Page_0/Content.xml": f'<?xml version="1.0"?><ofd:Page {_OFD}><ofd:Content><ofd:Layer ID="2">'
                                          f'{drawn}{lines}</ofd:Layer></ofd:Content></ofd:Page>'.encode(),
    }


def bundle() -> Parts:
    return {"报告.html": page(), "附件.txt": plain(), "a/../b.csv": delimited(), "说明.rtf": rtf()}


def word_xml() -> bytes:
    old = "http://schemas.microsoft.com/office/word/2003/wordml"
    return (f'<?xml version="1.0"?><w:wordDocument xmlns:w="{old}"><w:body>{_word_body()}</w:body></w:wordDocument>'
            ).encode()


def excel_xml() -> bytes:
    space = "urn:schemas-microsoft-com:office:spreadsheet"
    rows = "".join('<Row ss:Index="1">' + "".join(
        f'<Cell ss:Index="{place}" ss:MergeAcross="0" ss:MergeDown="0"><Data ss:Type="String">{html.escape(cell)}'
        "</Data></Cell>" for place, cell in enumerate(row, 1)) + "</Row>" for row in ROWS)
    return (f'<?xml version="1.0"?><Workbook xmlns="{space}" xmlns:ss="{space}"><Worksheet ss:Name="表"><Table>{rows}'
            "</Table></Worksheet></Workbook>").encode()


def pdf() -> bytes:
    """One page with a ruled table, written by hand; its cross-reference table is left to be rebuilt."""
    lines = ["0.5 w"] + [f"72 {700 - 20 * row} m 472 {700 - 20 * row} l S" for row in range(4)]
    lines += [f"{72 + 100 * column} 700 m {72 + 100 * column} 640 l S" for column in range(5)]
    words = "".join(f"BT /F1 10 Tf {80 + 100 * column} {686 - 20 * row} Td ({10 * row + column}) Tj ET "
                    for row in range(3) for column in range(4))
    content = (" ".join(lines) + " " + words).encode()
    objects = [b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
               b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
               b"<</Length %d>>stream\n%s\nendstream" % (len(content), content),
               b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"]
    body = b"%PDF-1.4\n" + b"".join(b"%d 0 obj%sendobj\n" % entry for entry in enumerate(objects, 1))
    return body + b"trailer<</Root 1 0 R/Size 6>>\nstartxref\n0\n%%EOF\n"
