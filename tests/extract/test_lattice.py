"""Ruled tables from bitmaps and lines: every kind of rule, true spans, honest doubt."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extract.exceptions import LimitExceededError
from extract.lattice import Rules, rules_in, tables_of

XS, YS = (40, 100, 160, 240), (50, 80, 110, 150)


def paper(high=200, wide=300):
    return np.full((high, wide), 255, np.uint8)


def grid(page, xs=XS, ys=YS, ink=0, thick=1):
    for y in ys:
        page[y:y + thick, xs[0]:xs[-1] + thick] = ink
    for x in xs:
        page[ys[0]:ys[-1] + thick, x:x + thick] = ink
    return page


def places(page, scale=1.0, **options):
    return [table.places for table in tables_of(rules_in(page, scale, **options))]


FULL = [(row, column, 1, 1) for row in range(3) for column in range(3)]


@pytest.mark.parametrize("ink", [0, 150, 217, 245])
@pytest.mark.parametrize("thick", [1, 2, 4, 6])
def test_thin_thick_and_grey_rules(ink, thick):
    assert places(grid(paper(), ink=ink, thick=thick)) == [FULL]


@pytest.mark.parametrize(("dash", "gap"), [(1, 1), (2, 2), (3, 2), (6, 4), (8, 5)])
def test_dashed_and_dotted_rules_are_closed(dash, gap):
    page = grid(paper())
    steps = np.arange(400) % (dash + gap) < dash
    page[:, ~steps[:page.shape[1]]] |= np.where(np.isin(np.arange(200), YS), 255, 0).astype(np.uint8)[:, None]
    page[~steps[:page.shape[0]], :] |= np.where(np.isin(np.arange(300), XS), 255, 0).astype(np.uint8)[None, :]
    assert places(page) == [FULL]


def test_double_rules_are_one_edge():
    page = grid(grid(paper()), tuple(x + 3 for x in XS), tuple(y + 3 for y in YS))
    assert places(page) == [FULL]


def test_rules_on_shaded_cells_and_white_rules_between_them():
    page = paper()
    page[50:80, 40:240] = 220
    assert places(grid(page.copy())) == [FULL]
    for top, bottom in ((50, 80), (80, 110), (110, 150)):
        for left, right in ((40, 100), (100, 160), (160, 240)):
            page[top + 1:bottom - 1, left + 1:right - 1] = 200
    assert places(page) == []
    assert places(page, areas=True) == [FULL]


def test_differently_shaded_cells_without_rules():
    page = paper()
    page[50:80, 40:240], page[80:110, 40:240] = 200, 230
    page[50:110, 140:240] -= 15
    assert places(page, areas=True) == [[(0, 0, 1, 1), (0, 1, 1, 1), (1, 0, 1, 1), (1, 1, 1, 1)]]


def test_scale_says_how_many_pixels_a_point_has():
    table = tables_of(rules_in(np.kron(grid(paper()), np.ones((2, 2), np.uint8)), 2.0))[0]
    assert table.xs == pytest.approx(XS, abs=1)
    assert table.ys == pytest.approx(YS, abs=1)


def test_prose_lines_boxes_and_underlines_are_no_tables():
    page = paper()
    page[60, 40:200] = page[100, 40:200] = 0  # two underlines
    grid(page, (220, 280), (50, 150))  # a frame
    assert places(page) == []
    assert places(paper()) == []
    assert places(np.full((5, 5), 255, np.uint8)) == []


def test_tables_side_by_side_stay_two():
    page = grid(grid(paper(wide=600)), tuple(x + 300 for x in XS), YS)
    assert places(page) == [FULL, FULL]


def test_outer_rules_left_out_are_closed():
    page = paper()
    for y in YS:
        page[y, 40:240] = 0
    for x in XS[1:-1]:
        page[50:150, x] = 0
    assert places(page) == [FULL]
    page = grid(paper())
    page[150, :] = 255  # nothing under the last row
    assert places(page) == [FULL]


def test_a_region_that_is_no_rectangle_is_odd_and_cut_into_rectangles():
    page = grid(paper())
    page[51:80, 100] = page[80, 41:100] = 255  # an L of three places
    table = tables_of(rules_in(page))[0]
    assert table.odd
    assert sum(down * across for _, _, down, across in table.places) == 9


def test_a_corner_outside_the_frame_is_no_cell():
    page = grid(paper())
    page[50:80, 240] = page[50, 161:] = 255
    table = tables_of(rules_in(page))[0]
    assert not table.odd
    assert table.owner[0, 2] == -1
    assert len(table.places) == 8


def test_lines_given_by_the_medium():
    lines = [(40, y, 240, y) for y in YS] + [(x, 150, x, 50) for x in XS] + [(40, 50, 240, 150)]  # and a diagonal
    table = tables_of(Rules.of(lines))[0]
    assert table.places == FULL
    assert not table.odd


def test_points_fall_into_cells_and_the_grid_says_where_cells_are():
    table = tables_of(rules_in(grid(paper())))[0]
    owners = table.owners(np.array([50.0, 110.0, 239.0, 10.0, 50.0]), np.array([60.0, 100.0, 149.0, 60.0, 190.0]))
    assert owners.tolist() == [0, 4, 8, -1, -1]
    made = table.grid({4: "17"}, page=3, confidence=0.7)
    assert [cell.text for cell in made.cells].count("17") == 1
    cell = made.cells[4]
    assert (cell.row, cell.column, cell.page, cell.confidence) == (1, 1, 3, 0.7)
    assert cell.box == pytest.approx((100, 80, 160, 110), abs=1)


def test_a_row_of_two_cells_is_a_table_only_where_it_is_low():
    assert places(grid(paper(), (40, 100, 240), (50, 80))) == [[(0, 0, 1, 1), (0, 1, 1, 1)]]
    assert places(grid(paper(), (40, 100, 240), (50, 150))) == []


def test_too_many_rules_are_refused():
    page = np.full((26_000, 60), 255, np.uint8)
    page[::6] = 0
    with pytest.raises(LimitExceededError, match="rules"):
        rules_in(page)
    lines = [(0, 12 * n, 3000, 12 * n) for n in range(300)] + [(12 * n, 0, 12 * n, 3588) for n in range(250)]
    with pytest.raises(LimitExceededError, match="cells"):
        tables_of(Rules.of(lines))


@st.composite
def merged(draw):
    """A table with merged cells, as (row, column, rowspan, colspan)."""
    rows, columns = draw(st.integers(2, 7)), draw(st.integers(2, 7))
    taken, cells = set(), []
    for row in range(rows):
        for column in range(columns):
            if (row, column) in taken:
                continue
            down, across = draw(st.integers(1, 3)), draw(st.integers(1, 3))
            across = next((n for n in range(1, across + 1) if (row, column + n) in taken or column + n >= columns),
                          across)
            down = min(down, rows - row)
            taken |= {(row + i, column + j) for i in range(down) for j in range(across)}
            cells.append((row, column, down, across))
    return rows, columns, cells


@given(merged(), st.lists(st.integers(10, 50), min_size=14, max_size=14), st.sampled_from([0, 120, 235]))
@settings(max_examples=80)
def test_any_merged_table_comes_out_with_its_spans(table, sizes, ink):
    rows, columns, cells = table
    xs, ys = np.cumsum([20, *sizes[:columns]]), np.cumsum([20, *sizes[7:7 + rows]])
    page = paper(int(ys[-1]) + 30, int(xs[-1]) + 30)
    for row, column, down, across in cells:
        left, right, top, bottom = xs[column], xs[column + across], ys[row], ys[row + down]
        page[[top, bottom], left:right + 1] = ink
        page[top:bottom + 1, [left, right]] = ink
    # An edge that no cell ends at is no edge: cells are told by their places in points.
    wanted = sorted((int(xs[c]), int(ys[r]), int(xs[c + n]), int(ys[r + m])) for r, c, m, n in cells)
    found = tables_of(rules_in(page))
    made = sorted(tuple(round(side) for side in cell.box) for one in found for cell in one.grid({}).cells)
    if len({(r, m) for r, _, m, _ in cells}) > 1 and len({(c, n) for _, c, _, n in cells}) > 1:
        assert len(made) == len(wanted)
        sides = zip(sum(made, ()), sum(wanted, ()), strict=True)
        assert all(abs(side - other) <= 1 for side, other in sides)
