"""PDF as many programs print it: whatever the layout, the figures come out exact."""

from collections import Counter
from pathlib import Path

import pytest

from extract import report as reading
from extract.exceptions import UnreadableDocumentError
from extract.limits import Guard
from extract.model import Hints
from tests.documents import layouts, making

CORPUS = Path(__file__).resolve().parents[3].parent / "shared" / "corpus"


def made(seed):
    year = 2019 if seed % 5 == 0 else 2021 + seed % 4
    figures = making.figures_2019(seed) if year <= 2020 else making.figures_2021(seed)
    return making.ReportText(f"示例县{year}年政府信息公开工作年度报告", "示例县", year, figures)


def score(seed, layout):
    """How many figures of one made report come out exact, sure, wrong, confidently wrong, invented."""
    text = made(seed)
    report = reading.read(layouts.pdf(text, layout), Hints(name=f"{seed}.pdf"))
    found = Counter(figures=len(text.figures))
    for key, wanted in text.figures.items():
        figure = report.figures[key]
        value = 0 if figure.value is None and figure.state in ("blank", "dash") else figure.value
        found["exact"] += value == wanted
        found["sure"] += value == wanted and figure.confident
        found["wrong"] += value is not None and value != wanted
        found["confidently wrong"] += value is not None and value != wanted and figure.confident
    found["invented"] = sum(figure.value is not None and key not in text.figures for key, figure in
                            report.figures.items() if key.startswith(("disclosure.", "applications.", "disputes.")))
    assert [section.number for section in report.sections if section.number] == [1, 2, 3, 4, 5, 6], layout
    return found


def assert_perfect(seed, layout):
    found = score(seed, layout)
    assert (found["exact"], found["sure"], found["invented"]) == (found["figures"], found["figures"], 0), layout


@pytest.mark.parametrize("rules", layouts.RULES)
def test_every_kind_of_rule(rules):
    assert_perfect(7, layouts.Layout(rules=rules))


@pytest.mark.parametrize("rules", layouts.RULELESS)
@pytest.mark.parametrize("zero", ["0", ""])
def test_rows_shaded_by_turns_without_rules(rules, zero):
    assert_perfect(13, layouts.Layout(rules=rules, shaded="zebra", zero=zero))


@pytest.mark.parametrize("layout", [
    layouts.Layout(breaks_rows=True, start=260, size=10), layouts.Layout(header_again=True, landscape=True, zero="/"),
    layouts.Layout(shaded="zebra", rules="pale", zero=""), layouts.Layout(shaded="head", rules="double", turned=True),
    layouts.Layout(beside=True, align="right"), layouts.Layout(order="shuffled", wide_digits=True, zero="—")],
    ids=["rows broken", "head again", "zebra", "turned", "beside", "shuffled"])
def test_breaks_shading_turned_labels_and_orders(layout):
    assert_perfect(11, layout)
    assert_perfect(20, layout)  # the form of 2019


@pytest.mark.parametrize("layout", [
    layouts.Layout(rules="three", align="right", zero="—"), layouts.Layout(rules="none", zero="", landscape=True),
    layouts.Layout(rules="horizontal", start=330, order="columns"), layouts.Layout(rules="none", size=7.5, start=60)],
    ids=["three lines", "none, blank", "page break", "small"])
def test_tables_without_rules(layout):
    for seed in (3, 10):
        found = score(seed, layout)
        assert found["exact"] == found["figures"]
        assert found["sure"] >= 0.95 * found["figures"]
        assert found["invented"] == 0


@pytest.mark.parametrize(("seed", "ruleless"), [(2062, False), (3015, True)])
def test_rows_and_headings_torn_by_a_page_break(seed, ruleless):
    assert_perfect(seed, layouts.some_layout(seed, ruleless=ruleless))


@pytest.mark.slow
def test_two_hundred_ruled_layouts_come_out_exact():
    for seed in range(2000, 2200):
        assert_perfect(seed, layouts.some_layout(seed))


@pytest.mark.slow
def test_a_hundred_layouts_without_rules_come_out_nearly_all():
    total = sum((score(seed, layouts.some_layout(seed, ruleless=True)) for seed in range(3000, 3100)), Counter())
    assert total["exact"] >= 0.99 * total["figures"]
    assert total["sure"] >= 0.98 * total["figures"]
    assert total["confidently wrong"] == 0
    assert total["invented"] == 0


HOSTILE = {"60k_lines.pdf": "60000 lines", "million_pages.pdf": "1000000 pages", "pages_loop.pdf": "holds no page",
           "stream_bomb_1GB.pdf": "inflates to more than", "truncated.pdf": "its end is missing"}


@pytest.mark.skipif(not CORPUS.is_dir(), reason="needs the corpus beside the repository")
@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_files_made_to_break_readers_end_with_a_clear_reason(name):
    with Guard() as guard:
        with pytest.raises(UnreadableDocumentError, match=HOSTILE[name]):
            guard.read((CORPUS / "hostile" / name).read_bytes(), Hints(name=name))
        assert guard.usage.cpu_seconds < 5


@pytest.mark.slow
@pytest.mark.skipif(not CORPUS.is_dir(), reason="needs the corpus beside the repository")
@pytest.mark.parametrize("name", ["deep_nesting.pdf", "dense_grid_300k_cells.pdf", "huge_mediabox.pdf"])
def test_files_that_hold_nothing_readable_say_so(name):
    with Guard() as guard:
        report = guard.read((CORPUS / "hostile" / name).read_bytes(), Hints(name=name))
    assert report.problems
    assert not any(figure.confident for figure in report.figures.values() if figure.source.table)


@pytest.mark.slow
@pytest.mark.skipif(not CORPUS.is_dir(), reason="needs the corpus beside the repository")
def test_a_file_with_garbage_inside_is_damaged():
    with Guard() as guard:
        report = guard.read((CORPUS / "hostile" / "garbage_middle.pdf").read_bytes())
    assert report.damaged
    assert any("damaged" in problem for problem in report.problems)
