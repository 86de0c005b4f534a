"""Paragraphs, cell ends and row ends → blocks; cells by their edges."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extract.exceptions import LimitExceededError
from extract.flow import NEAR, Edge, Flow
from extract.model import Grid, Text


def table(*rows, flow=None, depth=1):
    """Rows of (text, left, right, marks) into a flow; marks: "j" joined, "f" first, "u" under."""
    flow = flow or Flow()
    for row in rows:
        for text, *_ in row:
            flow.cell(text, depth)
        flow.row([Edge(left, right, "j" in marks, "f" in marks, "u" in marks) for _, left, right, marks in row], depth)
    return flow


def placed(grid):
    return [(cell.row, cell.column, cell.rowspan, cell.colspan, cell.text) for cell in grid.cells]


def only(blocks):
    grid, = [block for block in blocks if isinstance(block, Grid)]
    return grid


def test_edges_of_all_rows_make_the_columns():
    grid = only(table([("a", 0, 300, ""), ("b", 300, 900, "")],
                      [("c", 0, 300, ""), ("d", 300, 600, ""), ("e", 600, 900, "")]).finish())
    assert placed(grid) == [(0, 0, 1, 1, "a"), (0, 1, 1, 2, "b"), (1, 0, 1, 1, "c"), (1, 1, 1, 1, "d"),
                            (1, 2, 1, 1, "e")]


def test_edges_a_millimetre_apart_are_one_unless_text_stands_between():
    near = table([("a", 0, 1000, ""), ("b", 1000, 2000, "")], [("c", 0, 1000 + NEAR, ""), ("d", 1000 + NEAR, 2000, "")])
    assert only(near.finish()).width == 2
    narrow = table([("a", 0, 1000, ""), ("1", 1000, 1050, ""), ("b", 1050, 2000, "")])
    assert placed(only(narrow.finish())) == [(0, 0, 1, 1, "a"), (0, 1, 1, 1, "1"), (0, 2, 1, 1, "b")]


def test_a_merge_that_holds_text_again_begins_anew():
    grid = only(table([("a", 0, 9, "f"), ("1", 9000, 9999, "")], [("", 0, 9, "u"), ("2", 9000, 9999, "")],
                      [("b", 0, 9, "u"), ("3", 9000, 9999, "")]).finish())
    assert [cell for cell in placed(grid) if cell[1] == 0] == [(0, 0, 2, 1, "a"), (2, 0, 1, 1, "b")]


def test_paragraphs_between_rows_part_tables():
    flow = table([("a", 0, 900, ""), ("b", 900, 1800, "")])
    flow.paragraph("文", 1)
    blocks = table([("c", 0, 900, ""), ("d", 900, 1800, "")], flow=flow).finish()
    assert [type(block) for block in blocks] == [Grid, Text, Grid]


def test_a_row_that_never_ends_keeps_its_cells():
    flow = Flow()
    flow.cell("a")
    flow.cell("b")
    flow.paragraph("文")
    blocks = flow.finish()
    assert placed(blocks[0]) == [(0, 0, 1, 1, "a"), (0, 1, 1, 1, "b")]
    assert blocks[1].text == "文"


def test_cells_without_breadth_stand_in_order():
    grid = only(table([("a", 0, 0, ""), ("1", 0, 0, ""), ("2", 0, 0, "")], [("b", 0, 0, ""), ("3", 0, 0, "")]).finish())
    assert placed(grid) == [(0, 0, 1, 1, "a"), (0, 1, 1, 1, "1"), (0, 2, 1, 1, "2"), (1, 0, 1, 1, "b"),
                            (1, 1, 1, 1, "3")]


def test_more_cells_than_allowed():
    flow = Flow()
    with pytest.raises(LimitExceededError, match="cells"):
        for _ in range(60_000):
            flow.cell("1")


_widths = st.lists(st.integers(100, 2000), min_size=1, max_size=6)


@settings(max_examples=80)
@given(st.lists(st.tuples(_widths, st.text("甲1", max_size=2)), min_size=1, max_size=6))
def test_every_text_of_any_rows_comes_back_in_order(rows):
    made, wanted = [], []
    for widths, text in rows:
        left, row = 0, []
        for width in widths:
            row.append((text, left, left + width, ""))
            left += width
            wanted += [text] if text else []
        made.append(row)
    blocks = table(*made).finish()
    found = [cell.text for block in blocks if isinstance(block, Grid) for cell in block.cells if cell.text] or [
        block.text for block in blocks if isinstance(block, Text)]
    assert found == wanted
    for block in blocks:
        if isinstance(block, Grid):
            assert len({(cell.row, cell.column) for cell in block.cells}) == len(block.cells)


@given(st.lists(st.tuples(st.sampled_from(["paragraph", "cell", "row"]), st.integers(0, 30),
                          st.text("甲", max_size=1))))
def test_any_order_of_marks_ends_well(marks):
    flow = Flow()
    for kind, depth, text in marks:
        if kind == "paragraph":
            flow.paragraph(text, None, depth)
        elif kind == "cell":
            flow.cell(text, depth)
        else:
            flow.row([Edge(0, 900)], depth)
    written = sum(bool(text) for kind, _, text in marks if kind != "row")
    found = sum(cell.text.count("甲") for block in flow.finish() for cell in
                (block.cells if isinstance(block, Grid) else [block]))
    assert found == written
