"""The catalogue as a page: complete, and the same text each time."""

from pathlib import Path

from monitor import catalogue_page
from monitor.rules import catalogue

PAGE = Path(__file__).parents[2] / catalogue_page.PAGE


def test_the_page_in_the_repository_is_the_one_the_facts_give():
    assert PAGE.read_text("utf-8") == catalogue_page.render(), "run python -m monitor.catalogue_page"


def test_every_rule_stands_on_the_page_once_with_its_test():
    text = catalogue_page.render()
    for key in catalogue.registered_ids():
        assert text.count(f"### {key} ") == 1
    assert text.count("\n### ") == len(catalogue.registered_ids())
    assert "E (2019: I, 2020: W, consolidated at most W, party_organ at most W)" in text


def test_no_rule_is_only_planned():
    assert not [key for key, entry in catalogue.catalogue().rules.items() if entry.planned]
