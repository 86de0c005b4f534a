"""A workbook stands at its place once it is whole, and nothing of one that fails or was killed stays behind."""

import gc
import tempfile

import openpyxl
import pytest

from monitor.exports.sheets import Book, Head


def begun(path):
    book = Book(path, "台账")
    sheet = book.sheet("甲", [Head("单位"), Head("数")])
    for row in range(40):
        sheet.add([f"第{row}局", row])
    return book


@pytest.fixture
def temporary(tmp_path, monkeypatch):
    """The system's folder for temporary files, the test's own."""
    folder = tmp_path / "tmp"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def test_only_the_whole_workbook_stays(tmp_path, temporary):
    path = tmp_path / "out" / "a.xlsx"
    path.parent.mkdir()
    book = begun(path)
    assert not path.exists()
    assert (path.parent / ".a.xlsx.parts").stat().st_mode & 0o777 == 0o700
    book.close()
    assert [each.name for each in path.parent.iterdir()] == ["a.xlsx"]
    assert list(temporary.iterdir()) == []
    assert openpyxl.load_workbook(path)["甲"]["B41"].value == 39


@pytest.mark.filterwarnings("ignore::ResourceWarning")  # the writer's own file, open until nobody holds the workbook
def test_nothing_stays_of_one_that_fails(tmp_path, temporary):
    path = tmp_path / "out" / "a.xlsx"
    path.parent.mkdir()
    path.write_bytes(b"the one before")

    def fail():
        begun(path)
        raise KeyError("row 41")

    with pytest.raises(KeyError):
        fail()
    gc.collect()
    assert [each.name for each in path.parent.iterdir()] == ["a.xlsx"]
    assert path.read_bytes() == b"the one before"
    assert list(temporary.iterdir()) == []


@pytest.mark.parametrize(("place", "named"), [("there", "there"), ("nowhere/a.xlsx", "nowhere")])
def test_a_place_that_cannot_be_written_is_named(tmp_path, place, named):
    (tmp_path / "there").mkdir()
    with pytest.raises(OSError, match=f"{named}'$"):
        Book(tmp_path / place, "台账")
    assert [each.name for each in tmp_path.iterdir()] == ["there"]


def test_what_a_killed_one_left_is_taken_away_by_the_next(tmp_path):
    path = tmp_path / "a.xlsx"
    (tmp_path / ".a.xlsx.parts").mkdir()
    (tmp_path / ".a.xlsx.parts" / "sheet1.xml").write_text("half", "utf-8")
    (tmp_path / ".a.xlsx.partial").write_text("half", "utf-8")
    begun(path).close()
    assert [each.name for each in tmp_path.iterdir()] == ["a.xlsx"]
