# ruff: noqa: E501  (rows of tables and styles read best on one line)
"""Makes config/templates/*.docx: the papers' layout after GB/T 9704-2012, with fields in {{ }}.

Run `python -m tests.letters.make_templates` after a change here; a test compares what is committed with what this makes.
A4, margins 37/35/28/26 mm, title 22 pt 小标宋 centred, text 16 pt 仿宋 on 28 pt lines led by two characters, 一、 in 黑体,
（一） in 楷体, page number — 1 — outside.
"""

from __future__ import annotations

import io
import re
import sys
import zipfile
from pathlib import Path

from docx import Document
from docx.enum.section import WD_ORIENT
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor

FOLDER = Path(__file__).resolve().parents[2] / "config" / "templates"
TEXT, TITLE, FIRST, SECOND, CELL, LATIN = "仿宋", "方正小标宋简体", "黑体", "楷体", "宋体", "Times New Roman"
ALTERNATIVES = {TEXT: "仿宋_GB2312,FangSong,FangSong_GB2312", TITLE: "方正小标宋_GBK,华文中宋,STZhongsong,宋体",
                FIRST: "SimHei,Noto Sans CJK SC", SECOND: "楷体_GB2312,KaiTi", CELL: "SimSun,Noto Serif CJK SC"}
PIXEL = bytes.fromhex("89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c4944415408d763f8ffff3f0005"
                      "fe02fedccc59e70000000049454e44ae426082")


class Page:
    """A template being made."""

    def __init__(self, cover: bool = True) -> None:
        self.document = Document()
        self._styles()
        section = self.document.sections[0]
        _size(section)
        self.document.settings.odd_and_even_pages_header_footer = True
        self._running(section)
        if cover:
            self.paragraph("{{ title }}", "公文标题")

    def _styles(self) -> None:
        normal = self.document.styles["Normal"]
        _font(normal, TEXT, 16)
        layout = normal.paragraph_format
        layout.line_spacing_rule, layout.line_spacing = WD_LINE_SPACING.EXACTLY, Pt(28)
        layout.space_after = layout.space_before = Pt(0)
        for name, font, size, line, indent, centred in (
                ("公文标题", TITLE, 22, 36, 0, True), ("主送", TEXT, 16, 28, 0, False), ("正文段", TEXT, 16, 28, 2, False),
                ("一级标题", FIRST, 16, 28, 2, False), ("二级标题", SECOND, 16, 28, 2, False),
                ("附件标题", FIRST, 16, 28, 0, False), ("附件名", TITLE, 18, 30, 0, True), ("表头", FIRST, 10.5, 15, 0, True),
                ("表格", CELL, 10.5, 15, 0, False), ("表格居中", CELL, 10.5, 15, 0, True), ("说明", CELL, 10.5, 16, 0, False),
                ("附件说明", TEXT, 16, 28, 2, False), ("附件续", TEXT, 16, 28, 5, False),
                ("落款", TEXT, 16, 28, 0, False), ("页码", CELL, 14, 18, 0, False), ("草稿", CELL, 9, 12, 0, False)):
            style = self.document.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
            style.base_style = normal
            style.quick_style = True
            _font(style, font, size)
            layout = style.paragraph_format
            layout.line_spacing_rule, layout.line_spacing = WD_LINE_SPACING.EXACTLY, Pt(line)
            layout.first_line_indent = Pt(indent * size)
            if indent:
                _indent(style, indent)
            if centred:
                layout.alignment = WD_ALIGN_PARAGRAPH.CENTER
            layout.keep_with_next = name in ("公文标题", "一级标题", "二级标题", "附件标题", "附件名", "附件说明", "附件续")
            if name in ("公文标题", "附件名"):
                layout.space_after = Pt(14 if name == "附件名" else 20)
        self.document.styles["落款"].paragraph_format.alignment = WD_ALIGN_PARAGRAPH.RIGHT
        self.document.styles["落款"].paragraph_format.right_indent = Pt(32)

    def _running(self, section) -> None:
        for footer, side in ((section.footer, WD_ALIGN_PARAGRAPH.RIGHT),
                             (section.even_page_footer, WD_ALIGN_PARAGRAPH.LEFT)):
            paragraph = footer.paragraphs[0]
            paragraph.style = self.document.styles["页码"]
            paragraph.alignment = side
            paragraph.paragraph_format.left_indent = paragraph.paragraph_format.right_indent = Pt(14)
            paragraph.add_run("— ")
            _field(paragraph, "PAGE")
            paragraph.add_run(" —")
        for header in (section.header, section.even_page_header):
            paragraph = header.paragraphs[0]
            paragraph.style = self.document.styles["草稿"]
            paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
            run = paragraph.add_run("{{ draft }}")
            run.font.color.rgb = RGBColor(0x59, 0x59, 0x59)

    def paragraph(self, text: str, style: str = "正文段"):
        return self.document.add_paragraph(text, style=self.document.styles[style])

    def lines(self, *texts: str, style: str = "正文段") -> None:
        for text in texts:
            self.paragraph(text, style)

    def mark(self, text: str) -> None:
        """A paragraph that only steers: {%p … %}; it goes away."""
        self.paragraph(text, "说明")

    def table(self, items: str, columns: list[tuple[str, str, float]], centred: str = "") -> None:
        """A ruled table with a row for each of `items`; columns as (heading, field, millimetres)."""
        table = self.document.add_table(rows=0, cols=len(columns))
        table.style, table.autofit = "Table Grid", False
        steps = {"for": f"{{%tr for row in {items} %}}", "end": "{%tr endfor %}", "none?": f"{{%tr if not {items} %}}",
                 "fi": "{%tr endif %}"}
        for kind in ("head", "for", "row", "end", "none?", "none", "fi"):
            row = table.add_row()
            properties = row._tr.get_or_add_trPr()
            properties.append(OxmlElement("w:cantSplit"))
            if kind == "head":
                properties.append(OxmlElement("w:tblHeader"))
            for place, (heading, field, width) in enumerate(columns):
                cell = row.cells[place]
                cell.width = Mm(width)
                text = {"head": heading, "row": f"{{{{ row.{field} }}}}" if field else ""}.get(kind, "")
                if not place:
                    text = steps.get(kind, "无" if kind == "none" else text)
                paragraph = cell.paragraphs[0]
                paragraph.add_run(text)
                paragraph.style = self.document.styles["表头" if kind == "head" else "表格居中" if field in centred.split()
                                                       else "表格"]
        for place, (_, _, width) in enumerate(columns):
            table.columns[place].width = Mm(width)

    def annex(self, number: str, name: str, *, wide: bool = False) -> None:
        """A new section for an annex, across the page where `wide`."""
        section = self.document.add_section()
        _size(section, wide)
        self.paragraph(f"附件{number}", "附件标题")
        self.paragraph(name, "附件名")

    def attachments(self, *names: str) -> None:
        """附件：1.… with the further ones under the first; they stay with the signature."""
        for number, name in enumerate(names, 1):
            self.paragraph(f"附件：1.{name}" if number == 1 else f"{number}.{name}", "附件说明" if number == 1 else "附件续")

    def signature(self) -> None:
        self.paragraph("", "附件续")
        self.mark("{%p if office %}")
        self.paragraph("{{ office }}", "落款").paragraph_format.keep_with_next = True
        self.mark("{%p endif %}")
        self.paragraph("{{ date }}", "落款")

    def contact(self) -> None:
        self.mark("{%p if contact or phone or reply_mail %}")
        self.paragraph("{% if contact %}联系人：{{ contact }}　{% endif %}{% if phone %}电话：{{ phone }}　{% endif %}"
                       "{% if reply_mail %}邮箱：{{ reply_mail }}{% endif %}")
        self.mark("{%p endif %}")

    def bytes(self) -> bytes:
        stream = io.BytesIO()
        self.document.core_properties.author = "nianbao"
        self.document.core_properties.comments = self.document.core_properties.title = ""
        self.document.save(stream)
        return _settled(stream.getvalue())


def _size(section, wide: bool = False) -> None:
    section.orientation = WD_ORIENT.LANDSCAPE if wide else WD_ORIENT.PORTRAIT
    section.page_width, section.page_height = (Mm(297), Mm(210)) if wide else (Mm(210), Mm(297))
    if wide:
        section.top_margin, section.bottom_margin, section.left_margin, section.right_margin = (
            Mm(28), Mm(26), Mm(35), Mm(37))
    else:
        section.top_margin, section.bottom_margin, section.left_margin, section.right_margin = (
            Mm(37), Mm(35), Mm(28), Mm(26))
    section.header_distance, section.footer_distance = Mm(15), Mm(18 if wide else 25)


def _font(style, font: str, size: float) -> None:
    style.font.name, style.font.size = LATIN, Pt(size)
    style.font.color.rgb = RGBColor(0, 0, 0)
    fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
    fonts.set(qn("w:eastAsia"), font)
    # Quotation marks and dots belong to both scripts: without the hint Word draws them narrow.
    fonts.set(qn("w:hint"), "eastAsia")


def _indent(style, characters: int) -> None:
    """Two characters whatever the size, as Word counts them."""
    style.element.get_or_add_pPr().get_or_add_ind().set(qn("w:firstLineChars"), str(100 * characters))


def _field(paragraph, code: str) -> None:
    for kind in ("begin", code, "separate", "1", "end"):
        run = paragraph.add_run()
        if kind == code:
            element = OxmlElement("w:instrText")
            element.set(qn("xml:space"), "preserve")
            element.text = f" {code} "
            run._r.append(element)
        elif kind == "1":
            run.text = "1"
        else:
            mark = OxmlElement("w:fldChar")
            mark.set(qn("w:fldCharType"), kind)
            run._r.append(mark)


_LEFT_OUT = ("thumbnail", "stylesWithEffects", "customXml", "numbering")


def _settled(data: bytes) -> bytes:
    """The same archive whenever it is made, with nothing a letter doesn't use: each of a thousand letters holds it."""
    fonts = "".join(f'<w:font w:name="{name}"><w:altName w:val="{others}"/></w:font>'
                    for name, others in ALTERNATIVES.items()).encode()
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
        for name in sorted(old.namelist(), key=lambda each: (each != "[Content_Types].xml", each)):
            content = old.read(name)
            if any(word in name for word in _LEFT_OUT):
                continue
            if name.endswith(".rels") or name == "[Content_Types].xml":
                for word in _LEFT_OUT:
                    content = re.sub(rb"<(Relationship|Override) [^>]*" + word.encode() + rb"[^>]*/>", b"", content)
            if name == "word/fontTable.xml":
                content = content.replace(b"</w:fonts>", fonts + b"</w:fonts>")
            if name == "word/styles.xml":
                content = _slim(content)
            if name == "docProps/core.xml":
                content = re.sub(rb"(<dcterms:\w+[^>]*>)[^<]*", rb"\g<1>2026-01-01T00:00:00Z", content)
            info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(info, content)
    return made.getvalue()


def _slim(styles: bytes) -> bytes:
    """The styles that the papers use, and their bases."""
    from lxml import etree

    tree = etree.fromstring(styles)
    for style in list(tree.iter(qn("w:style"))):
        name = style.find(qn("w:name")).get(qn("w:val"))
        kept = name in ("Normal", "Normal Table", "Table Grid", "Default Paragraph Font", "No List", "header", "footer")
        if not kept and style.get(qn("w:customStyle")) != "1":
            tree.remove(style)
    for latent in list(tree.iter(qn("w:latentStyles"))):
        tree.remove(latent)
    return etree.tostring(tree, xml_declaration=True, encoding="UTF-8", standalone=True)


# ---------------------------------------------------------------- the papers
def reminder() -> Page:
    page = Page()
    page.paragraph("{{ letter_name }}：", "主送")
    page.paragraph("根据《中华人民共和国政府信息公开条例》第四十七条、第四十九条和第五十条，我办对{{ year }}年政府信息公开工作年度报告公布情况"
                   "进行了核查（核查时点：{{ as_of }}）。经系统比对并人工复核，现将{{ you }}有关情况函告如下：")
    page.mark("{%p if errors %}")
    page.paragraph("一、须更正事项（{{ count_errors }}项）", "一级标题")
    page.mark("{%p for item in errors %}")
    page.paragraph("{{ item.number }}{{ item.text }}")
    page.mark("{%p endfor %}")
    page.mark("{%p endif %}")
    page.mark("{%p if queries %}")
    page.paragraph("{% if errors %}二、{% else %}一、{% endif %}请核实事项（{{ count_queries }}项）", "一级标题")
    page.mark("{%p for item in queries %}")
    page.paragraph("{{ item.number }}{{ item.text }}")
    page.mark("{%p endfor %}")
    page.mark("{%p endif %}")
    page.paragraph("请于{{ deadline }}前完成更正或核实，并填写附件《反馈表》回复我办。对上述内容有不同意见的，请一并说明理由并附有关材料，"
                   "我办将复核并书面答复。以上核查以互联网公开页面为准，如与实际不符，以实际情况为准。")
    page.mark("{%p if reply_link %}")
    page.paragraph("也可在线填写反馈表：{{ reply_link }}（{{ reply_until }}前有效，仅供{{ you }}使用，提交一次后失效）。")
    page.mark("{%p endif %}")
    page.contact()
    page.attachments("问题清单", "反馈表")
    page.signature()
    page.annex("1", "问题清单", wide=True)
    page.table("issues", [("编号", "case", 27), ("类别", "category", 13), ("位置", "place", 27), ("事实", "fact", 62),
                          ("依据", "basis", 33), ("页面地址", "address", 32), ("核查时间", "seen", 17), ("留存编号", "kept", 14)],
               "case category")
    page.paragraph("留存编号为留存页面文件 SHA-256 校验值的前12位，可据以核对。", "说明")
    page.annex("2", "反馈表", wide=True)
    page.table("issues", [("编号", "case", 28), ("问题摘要", "short", 52), ("是否属实（属实/部分属实/不属实）", "", 28),
                          ("整改情况或说明", "", 42), ("更正后链接", "", 32), ("完成日期", "", 18), ("填表人及电话", "", 25)], "case")
    return page


def circular() -> Page:
    page = Page()
    page.paragraph("{{ recipients }}：", "主送")
    page.paragraph("根据《中华人民共和国政府信息公开条例》第四十七条、第四十九条、第五十条和国办公开办函〔2021〕30号{{ local_basis }}，我办对"
                   "{{ scope }}{{ year }}年政府信息公开工作年度报告公布情况进行了核查，数据时点为{{ as_of }}。现通报如下：")
    page.paragraph("一、总体情况", "一级标题")
    page.paragraph("{{ overall }}")
    page.paragraph("二、主要问题", "一级标题")
    page.mark("{%p for problem in problems %}")
    page.paragraph("{{ problem.heading }}", "二级标题")
    page.paragraph("{{ problem.text }}")
    page.mark("{%p for line in problem.lines %}")
    page.paragraph("{{ line }}")
    page.mark("{%p endfor %}")
    page.mark("{%p endfor %}")
    page.paragraph("三、工作要求", "一级标题")
    page.lines("（一）有关单位于{{ deadline }}前完成更正并书面反馈。", "（二）逐项核对登记台账，做到统得出、可核查。",
               "（三）下一年度提前安排审核。")
    page.mark("{%p if corrections %}")
    page.paragraph("四、更正说明", "一级标题")
    page.mark("{%p for line in corrections %}")
    page.paragraph("{{ line }}")
    page.mark("{%p endfor %}")
    page.mark("{%p endif %}")
    page.contact()
    page.attachments("公布情况一览表", "问题清单", "未反馈单位名单", "异议办理情况")
    page.signature()
    page.annex("1", "公布情况一览表", wide=True)
    page.table("publication", [("序号", "number", 10), ("单位", "body", 38), ("报告口径", "scope", 14), ("适用时限", "due", 34),
                               ("公布日期", "published", 34), ("状态", "status", 32), ("天数", "days", 10),
                               ("链接", "address", 33), ("备注", "remark", 20)], "number scope due published days")
    page.paragraph("“待人工复核”为系统比对结果尚未经人工复核，不作认定。本表按机构序列排列，不作排名。", "说明")
    page.annex("2", "问题清单", wide=True)
    page.table("issues", [("编号", "case", 27), ("单位", "body", 30), ("类别", "category", 12), ("位置", "place", 24),
                          ("事实", "fact", 56), ("依据", "basis", 30), ("级别", "level", 14), ("状态", "state", 14),
                          ("反馈", "answer", 18)], "case category")
    page.paragraph("本表只列经人工复核属实、超过反馈时限未反馈或复查未通过的事项；时限内已更正的只计数量。", "说明")
    page.annex("3", "未反馈单位名单")
    page.table("unanswered", [("单位", "body", 76), ("编号", "case", 40), ("反馈时限", "deadline", 40)], "case deadline")
    page.annex("4", "异议办理情况", wide=True)
    page.table("objections", [("编号", "case", 30), ("单位", "body", 40), ("异议", "objection", 70), ("办理结果", "result", 25),
                              ("理由", "reason", 60)], "case result")
    return page


def brief() -> Page:
    page = Page()
    page.paragraph("（{{ as_of }}）", "表格居中")
    page.mark("{%p for line in lines %}")
    page.paragraph("{{ line.number }}{{ line.text }}")
    page.mark("{%p endfor %}")
    picture = page.document.add_paragraph(style=page.document.styles["说明"])
    picture.paragraph_format.line_spacing_rule = WD_LINE_SPACING.SINGLE
    picture.paragraph_format.space_before = Pt(8)
    shape = picture.add_run().add_picture(io.BytesIO(PIXEL), width=Mm(156), height=Mm(43))
    shape._inline.docPr.set("descr", "公布进度曲线")
    page.lines("公布进度：绿线为累计已公布份数（首次见到的公布日期），橙线为适用时限。", "数据时点：{{ as_of }}。以上为公开网站核查结果，"
               "“未见公布”指两次有效核查均未见；未能核查的不作判断。口径与规则见方法页。", style="说明")
    page.mark("{%p if office %}")
    page.paragraph("{{ office }}　{{ date }}", "说明")
    page.mark("{%p endif %}")
    # One page: tighter lines than a letter's.
    style = page.document.styles["正文段"]
    style.font.size, style.paragraph_format.line_spacing = Pt(14), Pt(23)
    style.paragraph_format.first_line_indent = Pt(0)
    style.element.pPr.ind.set(qn("w:firstLineChars"), "0")
    for section in page.document.sections:
        section.top_margin, section.bottom_margin = Mm(30), Mm(28)
    return page


def statement() -> Page:
    page = Page()
    page.paragraph("{{ text }}{{ government }}")
    page.signature()
    page.annex("", "年度报告公布名单", wide=True)
    page.table("publication", [("序号", "number", 14), ("单位", "body", 66), ("报告口径", "scope", 25), ("公布日期", "published", 35),
                               ("链接", "address", 85)], "number scope published")
    return page


def reply() -> Page:
    page = Page()
    page.lines("{{ letter_name }}：", style="主送")
    page.paragraph("{{ text }}")
    page.contact()
    page.signature()
    return page


def correction() -> Page:
    return reply()


def dunning() -> Page:
    page = Page()
    page.mark("{%p for letter in letters %}")
    page.paragraph("{{ letter.letter_name }}：", "主送")
    page.paragraph("{{ letter.text }}")
    page.contact()
    page.paragraph("", "主送")
    page.mark("{%p endfor %}")
    page.signature()
    return page


def comparison() -> Page:
    page = Page()
    page.mark("{%p for note in notes %}")
    page.paragraph("{{ note }}", "说明")
    page.mark("{%p endfor %}")
    page.paragraph("一、数据", "一级标题")
    page.table("figures", [("项目", "name", 72), ("{{ left }}", "left", 32), ("{{ right }}", "right", 32),
                           ("差（后减前）", "difference", 20)], "left right difference")
    page.paragraph("均为0、空白或未读到的项目不列。", "说明")
    page.paragraph("二、正文", "一级标题")
    page.paragraph("加删除线的文字仅见于前者，加下划线的文字仅见于后者。", "说明")
    page.mark("{%p for part in texts %}")
    page.paragraph("{{ part.section }}{% if part.share %}（重复率{{ part.share }}）{% endif %}{{ part.cut }}", "二级标题")
    body = page.document.add_paragraph(style=page.document.styles["说明"])
    for text, gone, new in (("{%r for piece in part.segments %}", 0, 0), ('{%r if piece.kind == "gone" %}', 0, 0),
                            ("{{ piece.text }}", 1, 0), ('{%r elif piece.kind == "new" %}', 0, 0),
                            ("{{ piece.text }}", 0, 1), ("{%r else %}", 0, 0), ("{{ piece.text }}", 0, 0),
                            ("{%r endif %}", 0, 0), ("{%r endfor %}", 0, 0)):
        run = body.add_run(text)
        run.font.strike, run.font.underline = bool(gone) or None, bool(new) or None
        if gone or new:
            run.font.color.rgb = RGBColor(0x9A, 0x3B, 0x00) if gone else RGBColor(0x1A, 0x5E, 0x3A)
    page.mark("{%p endfor %}")
    return page


def handover() -> Page:
    page = Page()
    page.paragraph("数据时点：{{ as_of }}", "表格居中")
    page.paragraph("一、名单", "一级标题")
    page.table("roster", [("序号", "number", 13), ("单位", "body", 60), ("站点", "portal", 25), ("确认", "confirmed", 28),
                          ("备注", "remark", 30)], "number")
    page.paragraph("{{ changes }}", "说明")
    page.paragraph("二、在办问题", "一级标题")
    page.table("findings", [("编号", "case", 30), ("单位", "body", 36), ("事实", "fact", 48), ("状态", "state", 20),
                            ("反馈时限", "deadline", 22)], "case")
    page.paragraph("另有待核实的问题和疑点{{ waiting }}项。", "说明")
    page.paragraph("三、暂缓及事由", "一级标题")
    page.table("snoozed", [("编号", "case", 28), ("单位", "body", 32), ("事实", "fact", 34), ("暂缓至", "until", 20),
                           ("事由", "reason", 26), ("经办", "author", 16)], "case")
    for number, heading, items in (("四", "规则包与本地通知", "packs"), ("六", "自有模板", "papers"), ("七", "收件人与角色", "accounts"),
                                   ("八", "数据、备份与密钥存放处（不含密钥）", "places")):
        if number == "六":
            page.paragraph("五、时限日历", "一级标题")
            page.table("days", [("日期", "day", 80), ("时限层级", "tier", 46), ("涉及报告（份）", "count", 30)], "tier count")
        page.paragraph(f"{number}、{heading}", "一级标题")
        page.mark(f"{{%p for line in {items} %}}")
        page.paragraph("{{ line }}", "说明")
        page.mark("{%p endfor %}")
        page.mark(f"{{%p if not {items} %}}")
        page.paragraph("无", "说明")
        page.mark("{%p endif %}")
    page.paragraph("移交人：　　　　　接收人：　　　　　{{ date }}")
    return page


PAPERS = {made.__name__: made for made in (reminder, circular, brief, statement, reply, correction, dunning, comparison,
                                           handover)}


def main(folder: Path = FOLDER) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, make in PAPERS.items():
        (folder / f"{name}.docx").write_bytes(make().bytes())
        sys.stdout.write(f"{folder / name}.docx\n")


if __name__ == "__main__":
    main()
