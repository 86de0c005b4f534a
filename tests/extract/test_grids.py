"""Spans, limits and orientation of grids."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extract.exceptions import LimitExceededError
from extract.grids import MAX_COLSPAN, RawCell, build, check, distinct, overlap, transpose
from extract.model import Cell, Grid

cells = st.builds(RawCell, st.text(alphabet="规章01", max_size=2), st.integers(0, 6), st.integers(1, 5))


def test_spans_push_later_cells_aside():
    grid = build([[RawCell("a", 2), RawCell("b", 1, 2)], [RawCell("c"), RawCell("d")]])
    assert [[cell.text for cell in line] for line in grid.rows()] == [["a", "b", "b"], ["a", "c", "d"]]


def test_rowspan_zero_reaches_the_end_and_long_ones_are_clipped():
    for span in (0, 99):
        grid = build([[RawCell("a", span), RawCell("b")], [RawCell("c")], [RawCell("d")]])
        assert grid.height == 3
        assert [line[0].text for line in grid.rows()] == ["a", "a", "a"]


@pytest.mark.parametrize("rows", [
    [[RawCell("x", 1, 1001)]], [[RawCell("x", 600)], *[[] for _ in range(700)]],
    [[RawCell("x", 400, 60) for _ in range(9)], *[[] for _ in range(400)]]])
def test_bombs_are_refused(rows):
    with pytest.raises(LimitExceededError):
        build(rows)


def test_far_cell_is_refused_before_its_matrix_is_built():
    with pytest.raises(LimitExceededError):
        check(Grid([Cell("x", 10**6, 10**6)]))


@given(st.lists(st.lists(cells, max_size=5), max_size=8))
def test_every_cell_keeps_its_anchor_and_no_two_share_it(rows):
    grid = build(rows)
    matrix = grid.rows() if grid.cells else []
    anchors = {(cell.row, cell.column) for cell in grid.cells}
    assert len(anchors) == len(grid.cells) == sum(map(len, rows))
    assert all(matrix[cell.row][cell.column] is cell for cell in grid.cells)
    assert all(sum(found is cell for found in distinct(matrix[cell.row])) == 1 for cell in grid.cells)
    assert all(cell.row + cell.rowspan <= len(rows) and cell.colspan <= MAX_COLSPAN for cell in grid.cells)


@given(st.lists(st.lists(cells, max_size=5), max_size=8))
def test_transposing_twice_gives_the_grid_back(rows):
    grid = build(rows)
    assert transpose(transpose(grid)) == grid


@given(st.integers(0, 9), st.integers(1, 9), st.integers(0, 9), st.integers(0, 9))
def test_overlap_counts_shared_columns(column, span, first, width):
    cell = Cell("", 0, column, 1, span)
    shared = set(range(column, column + span)) & set(range(first, first + width + 1))
    assert overlap(cell, first, first + width) == len(shared)
