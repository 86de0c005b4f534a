"""Word and Excel files saved as one XML file: told by their root, read as what they stand for."""

import base64
import io
import zipfile

import pytest
from lxml import etree

from extract import report
from extract.exceptions import LimitExceededError, UnreadableDocumentError
from extract.model import Grid, Hints, Image, Text
from extract.readers import read as read_medium
from extract.sniffing import EXCEL_XML, WORD_XML, media_type
from tests.documents import making
from tests.documents.office_making import covering

PKG = "http://schemas.microsoft.com/office/2006/xmlPackage"
W2003 = ('xmlns:w="http://schemas.microsoft.com/office/word/2003/wordml" xmlns:wx="http://schemas.microsoft.com/office/'
         'word/2003/auxHint" xmlns:aml="http://schemas.microsoft.com/aml/2001/core" '
         'xmlns:v="urn:schemas-microsoft-com:vml"')
SS = 'xmlns="urn:schemas-microsoft-com:office:spreadsheet" xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet"'


def read(text, name="a.doc"):
    data = text if isinstance(text, bytes) else text.encode()
    return read_medium(data, media_type(data, name), Hints(name=name))


def made(year=2022):
    figures = making.figures_2019(18) if year == 2019 else making.figures_2021(18)
    return making.ReportText(f"示例县{year}年政府信息公开工作年度报告", "示例县", year, figures)


def texts(document):
    return [block.text for block in document.blocks if isinstance(block, Text)]


def grids(document):
    return [block for block in document.blocks if isinstance(block, Grid)]


def placed(grid):
    return sorted((cell.row, cell.column, cell.rowspan, cell.colspan, cell.text) for cell in grid.cells)


def flat(package):
    """A docx as one XML file, as Word saves it."""
    root = etree.Element(f"{{{PKG}}}package", nsmap={"pkg": PKG})
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        for name in archive.namelist():
            part = etree.SubElement(root, f"{{{PKG}}}part", {f"{{{PKG}}}name": "/" + name})
            data = archive.read(name)
            if name.endswith((".xml", ".rels")):
                etree.SubElement(part, f"{{{PKG}}}xmlData").append(etree.fromstring(data))
            else:
                etree.SubElement(part, f"{{{PKG}}}binaryData").text = base64.b64encode(data).decode()
    return b'<?xml version="1.0"?><?mso-application progid="Word.Document"?>' + etree.tostring(root)


@pytest.mark.parametrize("pictures", [False, True])
def test_flat_packages_read_like_the_package(pictures):
    package = making.docx(made(), tables_as_images=pictures)
    data = flat(package)
    assert media_type(data, "a.doc") == WORD_XML
    assert read(data).blocks == read_medium(package, media_type(package), Hints()).blocks


def word_2003(body):
    return f'<?xml version="1.0"?><w:wordDocument {W2003}><w:body><wx:sect>{body}</wx:sect></w:body></w:wordDocument>'


def paragraph(text, before=""):
    return f"<w:p>{before}<w:r><w:t>{text}</w:t></w:r></w:p>"


def test_word_of_2003_cell_by_cell():
    table = making.tables(made())[3]
    rows = ""
    for row, cells in enumerate(covering(table)):
        rows += "<w:tr>"
        rows += "".join(
            f'<w:tc><w:tcPr><w:gridSpan w:val="{across}"/>'
            + ('<w:vmerge w:val="restart"/>' if down > 1 and top == row else "<w:vmerge/>" if down > 1 else "")
            + f"</w:tcPr>{paragraph(text if top == row else '')}</w:tc>" for top, _, down, across, text in cells)
        rows += "</w:tr>"
    document = read(word_2003(f"<wx:sub-section>{paragraph('标题')}<w:tbl>{rows}</w:tbl></wx:sub-section>"))
    assert placed(grids(document)[0]) == sorted(making.placed(table))
    assert texts(document) == ["标题"]


def test_numbers_deletions_and_pictures_of_word_2003():
    png = making.table_image(made(), 4)
    listed = '<w:pPr><w:listPr><w:ilvl w:val="0"/><w:ilfo w:val="1"/><wx:t wx:val="一、"/></w:listPr></w:pPr>'
    change = ('<aml:annotation w:type="Word.Deletion"><aml:content><w:r><w:delText>删</w:delText></w:r></aml:content>'
              '</aml:annotation><aml:annotation w:type="Word.Insertion"><aml:content><w:r><w:t>增</w:t></w:r>'
              "</aml:content></aml:annotation>")
    picture = (f'<w:p><w:r><w:pict><w:binData w:name="wordml://01.png">{base64.b64encode(png).decode()}</w:binData>'
               '<v:shape><v:imagedata src="wordml://01.png"/></v:shape></w:pict></w:r></w:p>')
    document = read(word_2003(paragraph("总体情况", listed) + f"<w:p>{change}</w:p>" + picture))
    assert texts(document) == ["一、总体情况", "增"]
    assert [block.data for block in document.blocks if isinstance(block, Image)] == [png]


def excel(rows, more=""):
    return (f'<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?><Workbook {SS}><Worksheet ss:Name="表">'
            f"<Table>{rows}</Table></Worksheet>{more}</Workbook>")


@pytest.mark.parametrize("indexed", [True, False])
@pytest.mark.parametrize("year", [2019, 2022])
def test_excel_of_2003_gives_every_figure(year, indexed):
    text = made(year)
    rows, at = "", 0
    for table in making.tables(text).values():
        for row, cells in enumerate(covering(table)):
            rows += f'<Row ss:Index="{at + row + 1}">' + "".join(
                f'<Cell{f" ss:Index={chr(34)}{left + 1}{chr(34)}" if indexed else ""} ss:MergeAcross="{across - 1}" '
                f'ss:MergeDown="{down - 1}"><Data ss:Type="{"Number" if content.isdigit() else "String"}">{content}'
                "</Data></Cell>" for top, left, down, across, content in cells if top == row) + "</Row>"
        at += len(table) + 1
    assert media_type(excel(rows).encode(), "a.xls") == EXCEL_XML
    found = report.read(excel(rows).encode(), Hints(name="a.xls"))
    assert {key: found.figures[key].value for key in text.figures} == text.figures
    assert min(found.figures[key].confidence for key in text.figures) >= 0.9


def test_hidden_and_far_parts_of_excel_of_2003():
    rows = ('<Row><Cell><Data ss:Type="Number">3.1E1</Data></Cell><Cell ss:Index="900"><Data ss:Type="Number">1</Data>'
            '</Cell></Row><Row ss:Hidden="1"><Cell><Data ss:Type="String">藏</Data></Cell></Row>')
    more = ('<Worksheet ss:Name="去年"><Table><Row><Cell><Data ss:Type="Number">9</Data></Cell></Row></Table>'
            '<WorksheetOptions><Visible>SheetHidden</Visible></WorksheetOptions></Worksheet>')
    document = read(excel(rows, more), "a.xls")
    assert [cell.text for grid in grids(document) for cell in grid.cells] == ["31"]
    assert document.problems == ["sheet '表': 1 cells far from all others were left out",
                                 "the sheet '去年' is hidden; it was not read"]


def test_damage_and_bombs():
    for text in (word_2003("")[:-30], excel("<Row>")[:-40]):
        with pytest.raises(UnreadableDocumentError, match="damaged"):
            read(text)
    with pytest.raises(UnreadableDocumentError, match="no body"):
        read(f"<w:wordDocument {W2003}><w:styles/></w:wordDocument>")
    with pytest.raises(LimitExceededError):
        read(excel('<Row><Cell ss:MergeAcross="59" ss:MergeDown="499"><Data ss:Type="String">x</Data></Cell></Row>'
                   '<Row ss:Index="2000"><Cell ss:Index="250"><Data ss:Type="String">y</Data></Cell></Row>'
                   + '<Row><Cell ss:MergeAcross="59" ss:MergeDown="499"><Data ss:Type="String">z</Data></Cell></Row>'))


def test_other_xml_is_no_office_file():
    assert media_type(b'<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"/>') == "application/xml"
    assert media_type(f'<html xmlns:w="{W2003.split(chr(34))[1]}"><body>x</body></html>'.encode()) == "text/html"
