"""The eras as data: keys, sums, recognition."""

from __future__ import annotations

import re

import pytest

from extract import configuration, forms, report
from extract.exceptions import ConfigurationError
from extract.grids import RawCell, build
from tests.extract import form_tables


def test_keys_of_the_eras():
    now, before = forms.form("2021"), forms.form("2019")
    prefixes = ("disclosure.", "applications.", "disputes.")
    assert [sum(key.startswith(prefix) for key in now.keys) for prefix in prefixes] == [10, 175, 15]
    assert [sum(key.startswith(prefix) for key in before.keys) for prefix in prefixes] == [22, 161, 15]
    assert len(set(now.keys)) == 200
    assert "applications.closed.total" not in now.keys
    assert "applications.closed.total" in now.all_keys
    assert "applications.closed.total" in before.keys
    assert not any("in_force" in key or "repealed" in key for key in before.all_keys)


@pytest.mark.parametrize(("year", "era"), [(2007, None), (2008, "2014"), (2018, "2014"), (2019, "2019"), (2020, "2019"),
                                           (2021, "2021"),
                                           (2026, "2021")])
def test_era_of_year(year, era):
    assert forms.era_of_year(year) == era


def test_types():
    assert forms.form("2021").kind("disclosure.fees.amount") == "decimal"
    assert forms.form("2019").kind("disclosure.licences.change") == "signed"
    assert forms.form("2021").kind("applications.new.total") == "integer"


def test_identities_cover_every_column_row_and_route():
    form = forms.form("2021")
    found = form.identities(form.keys)
    by_rule = {rule: [identity for identity in found if identity.rule == rule] for rule in {i.rule for i in found}}
    assert {rule: len(items) for rule, items in by_rule.items()} == {
        "ARI-01": 7, "ARI-02": 7, "ARI-03": 25, "ARI-04": 1, "ARI-05": 1, "ARI-06": 1, "ARI-07": 2}
    assert len({(identity.rule, identity.subject) for identity in found}) == len(found)
    first = next(i for i in by_rule["ARI-01"] if i.subject == "natural_person")
    assert first.left == ("applications.new.natural_person", "applications.carried_in.natural_person")
    assert first.right == ("applications.concluded.natural_person", "applications.carried_out.natural_person")
    outcomes = next(i for i in by_rule["ARI-02"] if i.subject == "total")
    assert len(outcomes.left) == 21
    assert "applications.closed.total" not in outcomes.left
    assert by_rule["ARI-07"][0].relation == ">="
    assert by_rule["ARI-07"][0].right[1].startswith("-disclosure.")


def test_one_row_variant_takes_the_place_of_three_in_the_sums():
    form = forms.form("2021")
    keys = [key for key in form.all_keys if ".closed_" not in key]
    found = form.identities(keys)
    outcomes = next(i for i in found if (i.rule, i.subject) == ("ARI-02", "total"))
    assert len(outcomes.left) == 19
    assert "applications.closed.total" in outcomes.left
    assert {i.subject for i in found if i.rule == "ARI-03"} >= {"closed"}
    assert not any(i.subject.startswith("closed_") for i in found)


def test_only_sums_of_present_figures():
    assert forms.form("2021").identities([]) == []
    found = forms.form("2021").identities(["disputes.reconsideration.total"])
    assert [identity.rule for identity in found] == ["ARI-04"]
    assert len(found[0].keys) == 5


def test_sums_of_2019():
    form = forms.form("2019")
    rules = {identity.rule for identity in form.identities(form.keys)}
    assert rules == {"ARI-01", "ARI-02", "ARI-03", "ARI-04", "ARI-05", "ARI-06", "ARI-11"}


def grid(*labels):
    return build([[RawCell(label)] for label in labels])


def test_recognition_by_labels_not_by_year():
    assert forms.recognise([grid("本年新\n制作数量", "规章")]) == "2019"
    assert forms.recognise([grid("现行有效件数"), grid("本年收费金额（单位：万元）")], None, ["2019"]) == "2021"
    assert forms.recognise([grid("规章", "行政许可")]) is None
    assert forms.recognise([grid("3.其他", "1.申请人无正当理由逾期不补正、行政机关不再处理")], 3, []) == "2021"


@pytest.mark.parametrize("era", forms.eras())
def test_the_printed_form_of_every_era_is_told_from_the_others(era):
    """A form that prints another one's signs without naming them as its own would be taken for the other one, its
    further rows be left out of every sum and its bodies be told that their sums are wrong."""
    for table in forms.form(era).tables:
        labels = [fact.label for fact in (*table.columns, *table.rows)]
        told = forms.recognise([grid(*labels)], table.table, [era])
        assert told in (era, None), (f"table {table.table} of {era} is taken for that of {told}: beside its own signs, "
                                     f"name under `signs:` those of {told} that {era} still prints")
        assert told == era or table.table not in forms.form(era).signs


@pytest.fixture
def further(tmp_path):
    """An office whose form of 2023 prints all that 2021 does, a further row in table 2 and a further column in 4."""
    (tmp_path / "forms").mkdir()
    old = configuration.path_of("forms/2021.yaml").read_text("utf-8")
    years = re.compile(r"^years: .*$", re.M)
    new = years.sub("years: {first: 2023, last: 2024}", old).replace('era: "2021"', 'era: "2023"')
    new = new.replace("本年收费金额]", "本年收费金额, 行政裁决]", 1)
    new = new.replace("\ntables:", "  4: [驳回请求]\n\ntables:", 1)
    new = new.replace("      - {key: fees, ", "      - {key: adjudications, label: 行政裁决, columns: [decided], "
                      "block: 第二十条第（六）项}\n      - {key: fees, ")
    new = new.replace("      - {key: other, label: 其他结果,", "      - {key: rejected, label: 驳回请求}\n"
                      "      - {key: other, label: 其他结果,")
    (tmp_path / "forms/2023.yaml").write_text(new, "utf-8")
    (tmp_path / "forms/2021.yaml").write_text(years.sub("years: {first: 2021, last: 2022}", old), "utf-8")
    configuration.use_office_folder(tmp_path)
    yield
    configuration.use_office_folder(None)


def test_a_form_that_follows_another_is_told_by_what_only_it_prints_else_by_the_year(further):
    both = grid("本年制发件数", "现行有效件数")
    assert forms.recognise([both], 2) is None
    assert [forms.recognise([both], 2, likely) for likely in (["2021"], ["2023"], ["2019"], [])] == [
        "2021", "2023", "2021", "2021"]
    assert forms.recognise([grid("本年制发件数", "行政裁决")], 2, ["2021"]) == "2023"
    assert forms.recognise([grid("规章")], 2, ["2021"]) is None


@pytest.mark.parametrize(("year", "era"), [(2022, "2021"), (2023, "2023")])
def test_what_one_table_tells_holds_for_the_tables_that_tell_nothing(further, year, era):
    figures = form_tables.numbers("2021")
    tables = [form_tables.table_two(figures), form_tables.table_three(figures), form_tables.table_four(figures)]
    read = report.build(form_tables.document(*tables, year=year))
    assert [table.form for table in read.tables] == [era] * 3
    for row in tables[2][1:3]:
        row[1:1] = [form_tables.cell("驳回请求", row[0].rowspan)]
    tables[2][0][0] = form_tables.cell("行政复议", 1, 6)
    tables[2][3][1:1] = [form_tables.cell("9")]
    read = report.build(form_tables.document(*tables, year=year))
    assert [table.form for table in read.tables] == ["2023"] * 3
    assert read.form == "2023"


def test_faults_of_the_data_name_file_and_line(tmp_path):
    (tmp_path / "forms").mkdir()
    text = configuration.path_of("forms/2021.yaml").read_text("utf-8")
    (tmp_path / "forms/2021.yaml").write_text(text.replace("base: ", "bass: "), "utf-8")
    configuration.use_office_folder(tmp_path)
    try:
        with pytest.raises(ConfigurationError, match=r"2021\.yaml:\d+: .*bass"):
            forms.form("2021")
        changed = text.replace("disputes.{row}.upheld", "disputes.{row}.won")
        (tmp_path / "forms/2021.yaml").write_text(changed, "utf-8")
        configuration.load.cache_clear()
        with pytest.raises(ConfigurationError, match="is no figure of this form"):
            forms.form("2021")
        (tmp_path / "forms/2021.yaml").write_text(text.replace('era: "2021"', 'era: "2022"'), "utf-8")
        configuration.load.cache_clear()
        with pytest.raises(ConfigurationError, match="make them agree"):
            forms.form("2021")
    finally:
        configuration.use_office_folder(None)
