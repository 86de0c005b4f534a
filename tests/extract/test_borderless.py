"""Tables without rules from words alone; print of every kind is drawn in readers/test_pdf.py."""

from hypothesis import given
from hypothesis import strategies as st

from extract.borderless import SURE, Borderless
from extract.layout import Word, lines_of
from extract.model import Cell


def words(*items, size=8.0):
    """(text, centre, top) → a word."""
    return [Word(text, centre - len(text) * size / 2 * (0.55 if text.isascii() else 1),
                 top, centre + len(text) * size / 2 * (0.55 if text.isascii() else 1), top + size)
            for text, centre, top in items]


def split(*items):
    return Borderless().split(lines_of(words(*items), 1))


def row_of(grid, label):
    row = next(cell.row for cell in grid.cells if cell.text == label)
    return [cell.text for cell in grid.cells if cell.row == row and cell.column >= 2]


HEAD = [("自然人", 200, 0), ("商业企业", 260, 0), ("总计", 320, 0)]


def test_blanks_keep_their_column():
    (grid,), rest = split(*HEAD, ("（一）予以公开", 60, 20), ("3", 200, 20), ("3", 320, 20),
                          ("（二）部分公开", 60, 40), ("1", 260, 40), ("1", 320, 40))
    assert rest == []
    assert row_of(grid, "（一）予以公开") == ["3", "", "3"]
    assert row_of(grid, "（二）部分公开") == ["", "1", "1"]
    assert {cell.confidence for cell in grid.cells} == {SURE}


def test_labels_of_several_lines_whether_centred_or_not():
    centred = [("1.申请人无正当", 60, 20), ("5", 200, 25), ("6", 260, 25), ("11", 320, 25), ("理由逾期", 60, 30),
               ("2.其他", 60, 50), ("0", 200, 50), ("0", 260, 50), ("0", 320, 50)]
    on_top = [(text, x, 20 if text in ("5", "6", "11") else y) for text, x, y in centred]
    for items in (centred, on_top):
        (grid,), _ = split(*HEAD, *items)
        assert row_of(grid, "1.申请人无正当理由逾期") == ["5", "6", "11"]
        assert row_of(grid, "2.其他") == ["0", "0", "0"]


def test_a_row_all_blank_is_a_row():
    (grid,), _ = split(*HEAD, ("1.属于国家秘密", 60, 20), ("3", 200, 20), ("3", 320, 20), ("2.重复申请", 60, 40),
                       ("3.其他", 60, 60), ("1", 260, 60), ("1", 320, 60))
    assert row_of(grid, "2.重复申请") == ["", "", ""]


def test_columns_carry_over_to_the_next_page():
    reader = Borderless()
    reader.split(lines_of(words(*HEAD, ("1.甲", 60, 20), ("3", 200, 20), ("4", 260, 20), ("7", 320, 20),
                                ("2.乙", 60, 40), ("3", 200, 40), ("3", 320, 40)), 1))
    (grid,), _ = reader.split(lines_of(words(("3.丙", 60, 0), ("3", 200, 0), ("3", 320, 0), ("4.丁", 60, 20),
                                             ("5", 200, 20), ("5", 320, 20)), 2))
    assert row_of(grid, "3.丙") == ["3", "", "3"]


def test_two_values_in_one_column_cost_confidence():
    (grid,), _ = split(*HEAD, ("1.甲", 60, 20), ("3", 193, 20), ("4", 207, 20), ("7", 320, 20),
                       ("2.乙", 60, 40), ("30000", 200, 40), ("4", 260, 40), ("7", 320, 40))
    row = next(cell.row for cell in grid.cells if cell.text == "1.甲")
    doubtful = [cell for cell in grid.cells if cell.row == row and " " in cell.text]
    assert doubtful
    assert all(cell.confidence < 0.9 for cell in doubtful)


def test_prose_and_headings_stay_text():
    lines = lines_of(words(("二、主动公开政府信息情况", 100, 0),
                           ("全年共收到申请二十一件，均已答复，无结转到下一年度的。", 200, 20),
                           ("三、收到和处理政府信息公开申请情况", 100, 40)), 1)
    grids, rest = Borderless().split(lines)
    assert grids == []
    assert rest == lines


@given(st.lists(st.tuples(st.text("甲乙一二、（）1234567890/—", min_size=1, max_size=6), st.integers(0, 500),
                          st.integers(0, 40).map(lambda at: 15 * at)), max_size=40))
def test_every_word_comes_out_somewhere_and_cells_never_collide(items):
    grids, rest = split(*items)
    for grid in grids:
        taken: set[tuple[int, int]] = set()
        for cell in grid.cells:
            assert isinstance(cell, Cell)
            places = {(cell.row + i, cell.column + j) for i in range(cell.rowspan) for j in range(cell.colspan)}
            assert not places & taken
            taken |= places
    printed = "".join(cell.text for grid in grids for cell in grid.cells) + "".join(
        word.text for line in rest for word in line.words)
    assert sorted(printed.replace(" ", "")) == sorted("".join(text for text, _, _ in items))
