"""What a portal answers in place of its list – an error page with status 200, an interface that says it failed and
hands out an empty list all the same – proves neither that the list is empty nor that it has ended, in any family."""

from __future__ import annotations

import asyncio
import json

import pytest

from crawler import families
from crawler.families.paging import Answer, Ask, refuses
from crawler.model import Outcome
from crawler.outcomes import Received, of_response
from tests.crawler.families.test_portals import PORTALS, asking, entrance

ERROR_PAGE = ("<html><head><title>运行时错误</title></head><body><h1>“/”应用程序中的服务器错误。</h1>"
              f"<p>{'说明: 服务器上出现应用程序错误。当前自定义错误设置禁止远程查看详细信息。' * 6}</p></body></html>")
OTHER_PAGE = ("<html><head><title>示例市</title></head><body><div class='wrap'>"
              f"{'<p>尊敬的用户，您的请求未能完成，请从首页重新进入。本系统由示例中心提供支持。</p>' * 8}"
              f"{''.join(f'<a href=/l/{number}/>栏目{number}号</a>' for number in range(12))}</div></body></html>")
START_PAGE = ("<html><head><title>示例市人民政府</title></head><body><a href=/>首页</a><ul class='list'>"
              f"{''.join(f'<li><a href=/xw/{day}.html>第{day}次常务会议</a>2025-03-{day}' for day in range(10, 29))}"
              "<li><a href=/xw/9.html>示例市2024年政府信息公开工作年度报告</a>2025-01-20</ul>"
              "<p>主办：示例市人民政府办公室</p></body></html>")
PAGES = {"error page": ERROR_PAGE, "other page": OTHER_PAGE, "start page": START_PAGE}
FAILED = {"success": {"success": False, "message": "非法请求"}, "code": {"code": 500, "msg": "系统异常"},
          "status": {"status": {"code": "403", "text": "令牌失效"}}, "word": {"status": "error"}}


def emptied(value):
    """An answer's shape without its rows and numbers."""
    if isinstance(value, dict):
        return {key: emptied(inner) for key, inner in value.items()}
    if isinstance(value, str) and value[:1] in ("{", "["):
        return json.dumps(emptied(json.loads(value)))
    return [] if isinstance(value, list) else 0 if isinstance(value, int) else "" if "<" in str(value) else value


def refused(kind, text):
    """What comes in place of an answer, with its type; the answer itself where it isn't JSON and a failure would be."""
    if kind in PAGES:
        return PAGES[kind], "text/html; charset=utf-8"
    try:
        answer = json.loads(text)
    except ValueError:
        return None
    return (json.dumps({**emptied(answer), **FAILED[kind]}), "application/json") if isinstance(answer, dict) else None


@pytest.mark.parametrize("kind", [*PAGES, *FAILED])
@pytest.mark.parametrize("plan", PORTALS, ids=lambda plan: plan.id)
@pytest.mark.parametrize("good", [1, 2])
def test_a_refusal_in_place_of_a_list_proves_nothing(plan, kind, good):
    real, asked, met = asking(plan, []), [], []

    async def get(request):
        ask = request if isinstance(request, Ask) else Ask(request)
        answer = await real(ask)
        asked.append(ask)
        given = refused(kind, answer.text) if len(asked) > good and answer.ok else None
        if given is None:
            return answer
        met.append(ask)
        text, media_type = given
        verdict = of_response(Received(ask.url, ask.url, 200, text.encode(), {"content-type": media_type}), ask.expect)
        return Answer(ask.url, verdict.text, verdict.outcome, verdict.reason, ask.url)

    async def walk():
        return await families.FAMILIES[plan.family].enumerate_list(await get(entrance(plan)), get, 200)

    found = asyncio.run(walk())
    if met:
        assert not found.complete
        assert found.outcome is not Outcome.EMPTY_LISTING or found.reason


@pytest.mark.parametrize("answer", [
    {}, [], None, {"code": 0}, {"code": 200, "success": True}, {"status": "success"}, {"status": {"code": 200}},
    {"code": "0000"}, {"status": 1}, {"rows": [{"status": "error"}]}])
def test_what_says_no_failure_is_none(answer):
    assert not refuses(answer)
