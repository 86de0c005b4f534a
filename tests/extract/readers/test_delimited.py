"""Tables as text with separators."""

import csv
import io

import pytest

from extract import report
from extract.exceptions import LimitExceededError
from extract.model import Grid, Hints
from extract.readers import read as read_medium
from extract.sniffing import CSV, media_type
from tests.documents import making
from tests.documents.office_making import parts_of


def made(coding, mark):
    text = making.ReportText("示例县2022年政府信息公开工作年度报告", "示例县", 2022, making.figures_2021(20))
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=mark)
    for kind, content in parts_of(text):
        if kind != "table":
            writer.writerow([content])
            continue
        rows = [[""] * making.width(content) for _ in content]
        for row, column, _, _, cell in making.placed(content):
            rows[row][column] = cell
        writer.writerows(rows)
    return text, buffer.getvalue().encode(coding)


@pytest.mark.parametrize("coding", ["utf-8-sig", "gb18030"])
@pytest.mark.parametrize("mark", [",", "\t", ";"])
def test_made_reports_give_every_figure(coding, mark):
    text, data = made(coding, mark)
    assert media_type(data, "a.csv") == CSV
    document = read_medium(data, CSV, Hints(name="a.csv"))
    found = report.build(document)
    assert {key: found.figures[key].value for key in text.figures} == text.figures
    assert found.title == text.title
    assert [section.number for section in found.sections if section.number] == [1, 2, 3, 4, 5, 6]


def test_lines_within_a_cell_and_cells_that_never_end():
    document = read_medium('"本年\n新收",1\n乙,2'.encode(), CSV, Hints())
    grid, = document.blocks
    assert isinstance(grid, Grid)
    assert [cell.text for cell in grid.cells] == ["本年新收", "1", "乙", "2"]
    with pytest.raises(LimitExceededError):
        read_medium(b'"' + b"x" * 200_000, CSV, Hints())
    with pytest.raises(LimitExceededError, match="cells"):
        read_medium(b"1,1,1,1,1,1\n" * 20_000, CSV, Hints())
