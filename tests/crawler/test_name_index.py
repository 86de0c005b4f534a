"""The index of printed names says of every name what the bodies' own names say, however many share it."""

from hypothesis import given
from hypothesis import strategies as st

from crawler.model import Body
from crawler.name_index import NameIndex
from crawler.printed_names import shortened

PLACES, OFFICES = ("示例市", "白石区", "示例市白石区", "甲山县", ""), ("教育局", "财政局", "人民政府", "卫生健康委员会")


def body(key, name, **more):
    return Body(id=key, name=name, kind="department", level="county", **more)


@given(st.lists(st.tuples(st.sampled_from(PLACES), st.sampled_from(OFFICES)), max_size=12))
def test_every_name_leads_to_all_bodies_that_may_be_meant(named):
    bodies = [body(f"b{number}", place + office) for number, (place, office) in enumerate(named)]
    index = NameIndex(bodies)
    for printed in {variant for each in bodies for variant in shortened(each.name)}:
        assert index.whole(printed) == {each.id for each in bodies if each.name == printed}
        assert index.shortened(printed) == {each.id for each in bodies if printed in shortened(each.name)}


def test_all_names_of_a_body_count_and_none_twice():
    names = {"aliases": ("示例市教育局", "市教委"), "former_names": ("示例市教育委员会",)}
    index = NameIndex([body("a", "示例市教育局", **names), *(body(key, "示例市教育委员会") for key in "bc")])
    assert index.whole("市教委") == {"a"}
    assert index.whole("示例市教育委员会") == {"a", "b", "c"}
    assert index.whole("示例市财政局") == index.shortened("财政局") == frozenset()


def test_names_that_a_sentence_begins_with_come_longest_first():
    index = NameIndex([body("bureau", "示例市教育局"), body("city", "示例市教育局考试院")])
    assert list(index.leading("示例市教育局考试院因新成立无年报"))[:2] == ["示例市教育局考试院", "示例市教育局"]
    assert list(index.leading("关于示例市教育局")) == []
