"""The catalogue as a page: complete, and the same text each time."""

import json
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


def test_the_page_ends_with_what_versions_changed_newest_first():
    told = catalogue_page.render().partition("## Changes")[2].strip().splitlines()
    versions = sum(len(entry.history) for entry in catalogue.catalogue().rules.values())
    assert len(told) == versions > 0
    assert [line[2:12] for line in told] == sorted((line[2:12] for line in told), reverse=True)


def test_the_data_of_the_page_is_plain_and_whole():
    rules = json.loads(json.dumps(catalogue_page.data(), ensure_ascii=False))
    assert [each["id"] for each in rules] == sorted(catalogue.registered_ids())
    for each in rules:
        assert each["test"]
        assert each["short"]
        assert each["en"]
        assert all(each["basis"])
        assert all(each["basis_en"])
        assert max([1, *(change["version"] for change in each["history"])]) == each["version"]
