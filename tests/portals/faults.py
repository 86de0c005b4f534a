"""Portals at which nothing can be seen: soft 404, challenge page, a redesign drawn by script, robots.txt out of order.

Promises the shapes that must end as `unverified`, never as `missing`. The unreachable host needs no code: nothing
listens on its address.
"""

from __future__ import annotations

from datetime import date

from tests.portals.serving import Request, Response

ROBOTS = Response(b"User-agent: *\nDisallow: /admin/\n", 200, "text/plain")


def soft_404(request: Request, today: date) -> Response:
    """Every address answers 200 with the portal's own "no such page"."""
    if request.path == "/robots.txt":
        return ROBOTS
    return Response.page("<html><head><meta charset='utf-8'><title>提示信息</title></head><body><div class='error'>"
                         "<h3>抱歉，您访问的页面不存在或已删除</h3><p><a href='/'>返回首页</a></p></div></body></html>")


def challenge(request: Request, today: date) -> Response:
    """A script that wants a browser: status 412, never any content."""
    if request.path == "/robots.txt":
        return ROBOTS
    return Response.page("<!DOCTYPE html><html><head><meta charset='utf-8'><meta id='9DhefwqGPrzGxEp' content='kd0'>"
                         f"<script>$_ts=window['$_ts'];if(!$_ts)$_ts={{}};$_ts.nsd={40000 + request.count};"
                         "$_ts.cd='qEqkrrlqcqGcrkAqc7lwDsWqcqVrqaGarG';</script>"
                         "<script src='/K3sZ1/rs.a1b2c3.js'></script></head><body></body></html>", 412)


def drawn_by_script(request: Request, today: date) -> Response:
    """A redesign: the list comes from a data call nobody knows, the page holds only an unfilled template."""
    if request.path == "/robots.txt":
        return ROBOTS
    return Response.page("<!DOCTYPE html><html><head><meta charset='utf-8'><title>政府信息公开</title>"
                         "<script src='/static/js/chunk-vendors.8f1c.js'></script></head><body><div id='app'>"
                         "<ul><li v-for='item in rows'><a :href='item.link'>{{ item.title }}</a>"
                         "<span>{{ item.date }}</span></li></ul></div><script src='/static/js/app.51ae.js'></script>"
                         "</body></html>")


def robots_out_of_order(request: Request, today: date) -> Response:
    """robots.txt answers 503: whether we may look isn't known, so we don't."""
    if request.path == "/robots.txt":
        return Response.page("<html><body>503</body></html>", 503)
    return Response.page("<html><head><meta charset='utf-8'></head><body><ul><li>"
                         "<a href='/nb/content_1.html'>年报</a></li></ul></body></html>")
