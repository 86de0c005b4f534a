"""What could be whose: names nobody claims against names of the roster."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler import clock
from crawler.model import Body, Outcome
from monitor.observations import Look, Observation, could_be, fits
from monitor.standing import supporting_pair


def named(name, **more):
    return Body(id="b", name=name, kind="department", level="county", **more)


@pytest.mark.parametrize(("printed", "name"), [
    ("", "示例市教育局"), ("示例市教育", "示例市教育局"), ("教育局", "示例市教育局"),
    ("白石区教育局", "示例市白石区教育局"), ("市监局", "示例市市场监督管理局"),
    ("示例市文旅局", "示例市文化和旅游局"), ("示例县", "示例县人民政府"), ("示例县政府", "示例县人民政府"),
    ("县政府办", "示例县人民政府办公室"), ("示例市", "示例市教育局"), ("市卫健委", "示例市卫生健康委员会"),
    ("示例县白石镇", "示例县白石镇人民政府"), ("示例市卫生局", "示例市卫生健康委员会")])
def test_what_could_be_the_bodys_name(printed, name):
    assert could_be(printed, named(name))


@pytest.mark.parametrize(("printed", "name"), [
    ("示例市水利局", "示例市教育局"), ("示例县民政局", "示例县人民政府"), ("示例县人民政府", "示例县民政局"),
    ("示例县青山镇人民政府", "示例县白石镇人民政府"), ("示例市审计局", "示例市卫生健康委员会")])
def test_what_is_plainly_another_bodys_name(printed, name):
    assert not could_be(printed, named(name))


@pytest.mark.parametrize(("printed", "name", "answer"), [
    ("示例县各部门", "示例县教育局", True), ("县直部门", "示例县教育局", True), ("示例县直机关", "示例县教育局", True),
    ("各委办局", "示例县教育局", True), ("示例县各乡镇", "示例县白石镇人民政府", True),
    ("各镇（街道）", "示例县东门街道办事处", True), ("示例县乡镇街道", "示例县白石镇人民政府", True),
    ("示例县各乡镇", "示例县教育局", False), ("示例市直属机关工作委员会", "示例市教育局", False),
    ("示例县水利局直属单位", "示例县教育局", False)])
def test_a_title_of_many_bodies_may_hold_the_report_of_each(printed, name, answer):
    assert could_be(printed, named(name)) is answer


def test_every_name_of_a_body_counts():
    assert could_be("示例市体育局", named("示例市文化广电和旅游局", plates=("示例市体育局",)))


@given(st.text("示例市县区镇局委办教育水利财政民生健康和", min_size=1, max_size=12))
def test_a_body_could_always_be_itself_even_cut(name):
    for length in range(len(name) + 1):
        assert could_be(name[:length], named(name))


@pytest.mark.parametrize(("scope", "year", "answer"), [
    ("own", 2025, True), ("unknown", None, True), ("own", None, True), ("unknown", 2025, True),
    ("consolidated", 2025, False), ("own", 2024, False)])
def test_the_unknown_always_fits(scope, year, answer):
    assert fits(scope, year, "own", 2025) is answer


def look(at, held=None):
    """An observation of one column: in full, or unchanged against a body fetched in full at `held`."""
    moment = clock.parse(at)
    outcome = Outcome.NOT_MODIFIED if held else Outcome.OK
    return Observation(at, (Look(1, at, "p", "c", "n", "u", moment, outcome, complete=True, items=3,
                                 held=clock.parse(held) if held else None),))


@pytest.mark.parametrize(("looks", "proves"), [
    # Due on 31 January; the list of 1 February came in full, that of 2 February was unchanged against it.
    ([("2026-02-01T08:00",), ("2026-02-02T09:00", "2026-02-01T08:00")], True),
    # Unchanged against a body of before the day: nothing after it was seen in full.
    ([("2026-01-30T09:00",), ("2026-02-02T09:00", "2026-01-30T09:00")], False),
    # Its body was fetched after the day by a look that itself was not healthy: the body is what counts.
    ([("2026-01-31T09:00",), ("2026-02-02T09:00", "2026-02-01T08:00")], True),
    # Unchanged twice never proves it, whatever body stands behind.
    ([("2026-02-02T09:00", "2026-02-01T08:00"), ("2026-02-03T09:00", "2026-02-01T08:00")], False)])
def test_an_unchanged_list_serves_once_and_on_a_body_fetched_after_the_day(looks, proves):
    day = clock.parse("2026-02-01T00:00")
    pair = supporting_pair([look(*each) for each in looks], clock.parse("2026-01-30T00:00"), day)
    assert (pair is not None) is proves


@pytest.mark.parametrize("name", [
    "银林县人民政府办公室", "示例省人民政府办公厅", "银林县人民政府", "示例市财政局", "银林县南稻镇人民政府",
    "示例市文化广电和旅游局", "示例区东街街道办事处", "示例市市场监督管理局"])
@pytest.mark.parametrize("wrong", "某木旦乂")
def test_one_wrong_character_makes_no_other_body(name, wrong):
    for place in range(len(name)):
        assert could_be(name[:place] + wrong + name[place + 1:], named(name)), place


@pytest.mark.parametrize("printed", [
    "银林县财政局", "银林县行政审批局", "银林县人民法院", "银林县政务服务中心", "银林县人民医院"])
def test_other_bodies_of_a_place_are_no_misprinted_government(printed):
    assert not could_be(printed, named("银林县人民政府"))
    assert not could_be(printed, named("银林县人民政府办公室"))


@pytest.mark.parametrize("name", [
    "示例市阿拉善左旗人民政府", "银林县人民政府", "银林县人民政府办公室", "示例县白石镇人民政府", "示例市民政局",
    "示例县城关街道办事处"])
def test_one_character_wrong_lost_or_too_many_keeps_it_the_bodys(name):
    for place in range(len(name)):
        assert could_be(name[:place] + name[place + 1:], named(name)), ("lost", place)
        assert could_be(name[:place] + "误" + name[place:], named(name)), ("too many", place)
        assert could_be(name[:place] + "误" + name[place + 1:], named(name)), ("wrong", place)
