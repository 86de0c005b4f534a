"""Text dumps with pipes between or behind the cells, as archives of pages keep them."""

import pytest
from bs4 import BeautifulSoup

from extract.model import Hints
from extract.report import read
from tests.documents import making


def piped(style, blank_zero=False):
    figures = making.figures_2021(5)
    report = making.ReportText("白榆区教育局2021年政府信息公开工作年度报告", "白榆区教育局", 2021, figures)
    lines = []
    for block in BeautifulSoup(making.html_body(report, blank_zero=blank_zero), "lxml").body.children:
        if block.name != "table":
            lines.append(block.get_text())
            continue
        for row in block.find_all("tr"):
            cells = [cell.get_text(strip=True) for cell in row.find_all(["td", "th"])]
            if style == "rows":
                lines.append(" | ".join(cells) + " |")
            elif style == "behind":
                lines += [f"{cell} |" if cell else "|" for cell in cells] + ["||"]
            else:
                lines += [part for cell in cells for part in ((cell, "|") if cell else ("|",))]
    return figures, read(("\n".join(lines)).encode(), Hints(media_type="text/plain"))


@pytest.mark.parametrize("style", ["rows", "behind", "between"])
def test_dumps_with_pipes_are_read_like_any_other(style):
    figures, report = piped(style)
    assert {key: report.figures[key].value for key in figures} == figures


@pytest.mark.parametrize("style", ["rows", "behind", "between"])
def test_blank_cells_between_pipes_give_no_wrong_value(style):
    figures, report = piped(style, blank_zero=True)
    read_values = {key: figure.value for key, figure in report.figures.items() if key in figures}
    assert {key: value for key, value in read_values.items() if value is not None} == {
        key: value for key, value in figures.items() if read_values.get(key) is not None}
    assert sum(value is not None for value in read_values.values()) > 0.8 * sum(map(bool, figures.values()))
