"""What lies on the desk of somebody who follows the documentation: a list of bodies and reports of our own making."""

from __future__ import annotations

from pathlib import Path

import openpyxl

from tests.documents import making
from tests.portals import world

_BODIES = (("人民政府", "政府", "", "127.0.2.1"), ("人民政府办公室", "政府办公室", "人民政府", "127.0.2.1"),
           ("卫生健康局", "部门", "人民政府", "127.0.2.1"), ("例证街道办事处", "街道", "人民政府", "127.0.2.2"),
           ("清样镇人民政府", "乡镇", "人民政府", "127.0.2.2"))
_AREA = "示例市样例区"


def lay(folder: Path, port: int) -> None:
    """Put 名单.xlsx, 报告.html, report.html, report.pdf, 上年报告.html and 送审稿/ into the folder."""
    roster(folder / "名单.xlsx", port)
    this, last = (next(each for each in world.PUBLICATIONS if each.office == "city-finance" and each.year == year)
                  for year in (2025, 2024))
    for names, publication in ((("报告.html", "report.html"), this), (("上年报告.html", "last-year.html"), last)):
        for name in names:
            (folder / name).write_text(making.html_body(world.report(publication)), "utf-8")
    file = making.pdf(world.report(this))
    for name in ("报告.pdf", "report.pdf"):
        (folder / name).write_bytes(file)
    (folder / "送审稿").mkdir(exist_ok=True)
    (folder / "送审稿" / "财政局.docx").write_bytes(making.docx(world.report(this)))


def roster(path: Path, port: int) -> None:
    """An office's list of 样例区 as offices keep them: a title over the heads, numbers, a line for who filled it in."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append([f"{_AREA}政府信息公开年度报告编制单位名单"])
    sheet.merge_cells("A1:E1")
    sheet.append(["序号", "单位名称", "单位性质", "上级单位", "门户网站"])
    for number, (name, kind, parent, host) in enumerate(_BODIES, 1):
        sheet.append([number, _AREA + name, kind, _AREA + parent if parent else "", f"http://{host}:{port}/"])
    sheet.append(["填表人：", "", "", "", ""])
    book.save(path)
