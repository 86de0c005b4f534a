import pytest
from pydantic import BaseModel, ConfigDict

from extract import configuration
from extract.exceptions import ConfigurationError


class Day(BaseModel):
    model_config = ConfigDict(extra="forbid")
    name: str
    month: int


class Days(BaseModel):
    model_config = ConfigDict(extra="forbid")
    days: list[Day]


@pytest.fixture
def office(tmp_path):
    folder = tmp_path / "facts"
    folder.mkdir()
    yield folder
    configuration.use_office_folder(None)


def write(folder, text, name="days.yaml"):
    path = folder / name
    path.write_text(text, "utf-8")
    return path


def test_the_packaged_facts_are_found():
    assert (configuration.packaged_folder() / "forms" / "2021.yaml").is_file()


def test_the_offices_file_wins_and_folders_are_merged(office):
    (office / "portals").mkdir()
    (office / "portals" / "own.yaml").write_text("id: own")
    write(office, "id\n", "bodies.csv")
    configuration.use_office_folder(office)
    assert configuration.path_of("bodies.csv") == office / "bodies.csv"
    assert configuration.path_of("forms/2021.yaml").parent.parent == configuration.packaged_folder()
    assert {"portals/own.yaml", "portals/example.yaml"} <= set(configuration.names_in("portals"))


@pytest.mark.parametrize(("text", "line", "said"), [
    ("days:\n  - {name: a, month: 1}\n  - name: b\n    month: May\n", 4, "days.1.month"),
    ("days:\n  - name: a\n    month: 1\n    colour: red\n", 4, "colour"),
    ("days:\n  - name: a\n", 2, "days.0.month"),
    ("days: [\n", 2, ""),
    ("days: []\ndays: []\n", 2, "stands twice"),
    ("days: []\n? {days: []}\n: 1\n", 2, "a key is a word"),
    ("{{}}\n", 1, "a key is a word"),
    ("- 1\n", 1, "dictionary"),
])
def test_faults_name_file_line_and_value(tmp_path, text, line, said):
    path = write(tmp_path, text)
    with pytest.raises(ConfigurationError) as fault:
        configuration.load_path(path, Days)
    assert str(fault.value).startswith(f"{path}:{line}: ")
    assert said in str(fault.value)


def test_every_fault_of_a_file_is_told_at_once(tmp_path):
    path = write(tmp_path, "days:\n  - {name: a, month: x}\n  - {name: b, month: y}\n")
    with pytest.raises(ConfigurationError) as fault:
        configuration.load_path(path, Days)
    assert str(fault.value).count(str(path)) == 2


def test_rows_keep_their_line_numbers_over_comments_and_quoted_breaks(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_bytes('# a comment\nid,name\na,甲\n# between\nb,"乙\n丙"\nc,丁\n'.encode("gb18030"))
    assert [(line, row["id"]) for line, row in configuration.read_rows(path)] == [(3, "a"), (6, "b"), (7, "c")]


@pytest.mark.parametrize(("text", "said"), [("", "empty"), ("id,name\na,b,c\n", ":2: more cells"),
                                            ('id,name\na,"b\n', ":2")])
def test_broken_rows_are_refused_with_their_line(tmp_path, text, said):
    path = write(tmp_path, text, "rows.csv")
    with pytest.raises(ConfigurationError, match=said):
        configuration.read_rows(path)


def test_an_absent_facts_folder_is_refused(tmp_path):
    with pytest.raises(ConfigurationError, match="nianbao init"):
        configuration.use_office_folder(tmp_path / "nowhere")


def test_a_file_that_is_the_same_as_before_is_not_parsed_again_but_a_changed_one_is(office):
    path = write(office, "days:\n  - {name: a, month: 1}\n")
    first = configuration.load_path(path, Days)
    configuration.use_office_folder(office)
    assert configuration.load("days.yaml", Days) is first
    write(office, "days:\n  - {name: a, month: 2}\n")
    configuration.use_office_folder(office)
    assert configuration.load("days.yaml", Days).days[0].month == 2
