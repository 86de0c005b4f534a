"""Reports and their wide figure tables: written once, replaced by a better reading, widened by a newer form."""

import pytest

from extract import forms
from extract.model import Figure, Report
from monitor import records
from tests.monitor.history import History


@pytest.fixture
def past(tmp_path):
    return History(tmp_path)


def put(past, figures, form="2021", at="2026-02-02T09:00:00+08:00", content="c1"):
    report = Report("t", None, 2025, "own", form, "text/html", "0" * 64, figures=figures)
    with past.store.write() as connection:
        return records.put_report(connection, report, address="http://a/1", content=content, portal="p", body="b",
                                  scope="own", year=2025, verdict="report", reason="", version=1, first=(at, "r1"),
                                  last=(at, "r1"))


def figures(past, era="2021"):
    with past.store.read() as connection:
        return [dict(row) for row in connection.execute(f"SELECT * FROM figures_{era}")]


def test_null_is_no_number_and_zero_a_printed_zero(past):
    identity = put(past, {
        "applications.new.total": Figure(0, "number"), "applications.new.research": Figure(None, "blank"),
        "disclosure.fees.amount": Figure(268.74197, "number"),
        "applications.granted.total": Figure(3, "number", confidence=0.5),
        "disputes.reconsideration.total": Figure(None, "dash"), "applications.concluded.total": Figure(2, "text")})
    (row,) = figures(past)
    assert row["report"] == identity
    assert (row["applications.new.total"], row["applications.new.research"]) == (0, None)
    assert row["disclosure.fees.amount"] == 268.74197
    order = [key for key in row if key not in ("report", "states")]
    letters = dict(zip(order, row["states"], strict=True))
    assert [letters[key] for key in ("applications.new.total", "applications.new.research",
                                     "applications.granted.total", "disputes.reconsideration.total",
                                     "applications.concluded.total", "applications.carried_in.total")] == list("nbNdta")
    assert set(order) == set(forms.form("2021").all_keys)


def test_a_better_reading_replaces_figures_and_moves_them_to_their_era(past):
    put(past, {"applications.new.total": Figure(1, "number")})
    put(past, {"applications.new.total": Figure(2, "number")}, form="2019")
    assert figures(past) == []
    assert [row["applications.new.total"] for row in figures(past, "2019")] == [2]
    put(past, {}, form=None)
    assert figures(past, "2019") == []


def test_the_span_in_which_it_was_seen_only_widens(past):
    for at in ("2026-02-09T09:00:00+08:00", "2026-02-02T09:00:00+08:00", "2026-02-05T09:00:00+08:00"):
        identity = put(past, {}, at=at)
    with past.store.read() as connection:
        row = records.report_row(connection, identity)
    assert (row["first_seen"][:10], row["last_seen"][:10]) == ("2026-02-02", "2026-02-09")


def test_a_key_added_to_a_form_widens_its_table(past, monkeypatch):
    put(past, {"applications.new.total": Figure(1, "number")})
    with past.store.write() as connection:
        connection.execute('ALTER TABLE figures_2021 DROP COLUMN "applications.new.research"')
        records.ensure_figures(connection)
        records.ensure_figures(connection)
    (row,) = figures(past)
    assert row["applications.new.research"] is None
    assert row["applications.new.total"] == 1


def test_the_version_standing_at_an_address_is_the_one_seen_last(past):
    put(past, {}, content="c1")
    put(past, {}, content="c2", at="2026-02-09T09:00:00+08:00")
    with past.store.read() as connection:
        def standing(at):
            return records.report_at(connection, "http://a/1", f"{at}T23:00:00+08:00")

        assert standing("2026-02-01") is None
        assert standing("2026-02-03")["content"] == "c1"
        assert (standing("2026-02-10")["content"], standing("2026-02-10")["first_seen"][:10]) == ("c2", "2026-02-02")
