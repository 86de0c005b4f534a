"""How pages are named where no link leads to them, and what walking by such names proves."""

import pytest

from crawler.families import legacy_pages, static
from crawler.families.numbering import guesses, numbering
from crawler.families.paging import Answer, Ask
from crawler.model import Outcome
from tests.crawler.families.walking import numbers, page, walk

LIST = "http://www.shili.example/info/list.jsp?node_id=12"
FORM = ("<form name='f' {}action='list.jsp'><input type='hidden' name='node_id' value='12'>"
        "<input name='cur_page' value='1'></form>"
        "<script>function go(n) {{ f.cur_page.value = n; f.submit(); }}</script>")


@pytest.mark.parametrize(("text", "second"), [
    ("<script>location.href = 'list.jsp?node_id=12&cur_page=' + n;</script>", f"{LIST}&cur_page=2"),
    ("<script>window.open(\"/info/list.jsp?node_id=12&page=\"+n+\"&size=15\")</script>", f"{LIST}&page=2&size=15"),
    ("<select onchange='go(this)'><option value='list.jsp?node_id=12&p=1'>1</option><option value="
     "'list.jsp?node_id=12&p=2'>2</option></select>", f"{LIST}&p=2"),
    (FORM.format(""), f"{LIST}&cur_page=2"),
    (FORM.format("method='post' "), Ask("http://www.shili.example/info/list.jsp",
                                        form={"node_id": "12", "cur_page": "2"}))])
def test_page_two_as_the_page_turns_it(text, second):
    assert numbering(Answer(LIST, f"<html>{text}</html>"))(2) == second


@pytest.mark.parametrize("text", [
    "<script>location.href = 'list.jsp?node_id=99&cur_page=' + n;</script>", FORM.format("").replace("submit", "x"),
    "<script>location.href = '/search.jsp?page=' + n;</script>", "<select><option value='1'>1</option></select>",
    "<script>var u = 'detail.jsp?id=3&page=' + n;</script>", "<form action='/s'><input name='keyword'></form>"])
def test_what_names_no_page_of_this_list(text):
    assert numbering(Answer(LIST, f"<html>{text}</html>")) is None


def test_guesses_start_with_the_most_frequent_and_repeat_none():
    asked = [guess(2) for guess in guesses("http://a.example/nb/list.shtml")]
    assert asked[:2] == ["http://a.example/nb/list_1.shtml", "http://a.example/nb/list_2.shtml"]
    assert {"http://a.example/nb/index_1.shtml", "http://a.example/nb/list.shtml?page=2"} < set(asked)
    assert len(asked) == len(set(asked))


SCRIPT = "<script>function go(n) { location.href = 'list.jsp?node_id=12&cur_page=' + n; }</script>"


def test_pages_are_asked_to_the_stated_end():
    pages = {LIST: page(0, 10, f"共3页{SCRIPT}"), f"{LIST}&cur_page=2": page(10, 20),
             f"{LIST}&cur_page=3": page(20, 24)}
    found, asked = walk(legacy_pages, LIST, pages)
    assert (found.complete, numbers(found), len(asked)) == (True, list(range(24)), 2)


def test_without_a_count_an_empty_page_or_a_short_last_one_again_ends_the_list_and_a_full_one_does_not():
    pages = {LIST: page(0, 10, SCRIPT), f"{LIST}&cur_page=2": page(10, 14), f"{LIST}&cur_page=3": page(0, 0)}
    found, _ = walk(static, LIST, pages)
    assert (found.complete, len(found.items)) == (True, 14)
    pages[f"{LIST}&cur_page=3"] = pages[f"{LIST}&cur_page=2"]
    found, _ = walk(static, LIST, pages)
    assert (found.complete, len(found.items)) == (True, 14)
    pages[f"{LIST}&cur_page=3"] = pages[f"{LIST}&cur_page=2"] = page(10, 20)
    found, _ = walk(static, LIST, pages)
    assert (found.complete, "repeats" in found.reason) == (False, True)


@pytest.mark.parametrize("second", [None, Outcome.SERVER_ERROR])
def test_a_page_that_fails_leaves_the_list_incomplete(second):
    found, _ = walk(static, LIST, lambda ask: page(0, 10, f"共2页{SCRIPT}") if ask.url == LIST else second)
    assert (found.complete, len(found.items)) == (False, 10)
    assert "page 2 of 2" in found.reason


def test_a_posted_form_is_walked():
    def answers(ask):
        number = int((ask.form or {}).get("cur_page", 1))
        return page(number * 10 - 10, min(number * 10, 26), f"共26条记录{FORM.format('method=post ')}")
    found, asked = walk(legacy_pages, LIST, answers)
    assert (found.complete, len(found.items)) == (True, 26)
    assert [ask.method for ask in asked] == ["POST", "POST"]
