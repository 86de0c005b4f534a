"""A single-page portal: every address answers with the same shell, rows and articles come from an encoded call.

Promises: the shell holds no row and names no address of data (the script puts it together); POST /gw with a token and
the question in a code of its own gives rows in that code. Dialects: NEXT turns pages by a control that ends switched
off, MORE appends, COUNTED states rows under a control that has no end, FROZEN's control brings page 1 for ever, ASKS
answers its call with a check, BARRED calls what robots.txt denies, ELSEWHERE calls an unregistered host, VOID says that
there is nothing, HANDLES draws rows without addresses and its home page too, BROKEN's call fails, TOKEN stands under
Kaipu's menu and its search wants a token that the script makes. Leaves alone: what articles say.
"""

from __future__ import annotations

import base64
import json
import re
from datetime import date

from tests.portals.serving import Request, Response
from tests.portals.sites import (
    Site,
    disclosure_page,
    document,
    file_response,
    filled,
    furniture_foot,
    furniture_top,
    home,
    missing_page,
)

DIALECTS = NEXT, MORE, COUNTED, FROZEN, ASKS, BARRED, ELSEWHERE, VOID, HANDLES, BROKEN, TOKEN = (
    "next", "more", "counted", "frozen", "asks", "barred", "elsewhere", "void", "handles", "broken", "token")
STRANGER = "127.0.66.9"
PER_PAGE = 15
CHANNEL = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"
_KEY = 0x5A
_SCRIPT = """
(function () {
  var dialect = document.documentElement.getAttribute('data-d'), key = 90, page = 1, all = [];
  function code(text) { return btoa(Array.from(new TextEncoder().encode(text)).map(function (b) {
    return String.fromCharCode(b ^ key); }).join('')); }
  function decode(text) { return new TextDecoder().decode(Uint8Array.from(atob(text), function (c) {
    return c.charCodeAt(0) ^ key; })); }
  function ask(question, then) {
    var where = dialect === 'elsewhere' ? document.documentElement.getAttribute('data-s') : '/' + ['g', 'w'].join('');
    if (dialect === 'token' && question.page) {
      return fetch('/common/search/' + document.querySelector('[data-channel]').getAttribute('data-channel')
        + '?_isAgg=true&_isJson=true&_pageSize=15&page=' + question.page,
        {headers: {'X-Token': code('' + question.page)}}).then(function (r) { return r.json(); })
        .then(function (a) { then({total: a.data.total, rows: a.data.results}); });
    }
    try { new WebSocket('ws://' + location.host + '/live'); } catch (e) {}
    fetch(where, {method: 'POST', headers: {'X-Token': code(location.pathname), 'Content-Type': 'text/plain'},
      body: code(JSON.stringify(question))}).then(function (r) { return r.text(); })
      .then(function (t) { then(JSON.parse(decode(t))); }).catch(function () {});
  }
  function list() {
    ask({page: page}, function (answer) {
      all = dialect === 'more' ? all.concat(answer.rows) : answer.rows;
      var app = document.getElementById('app'), last = page * 15 >= answer.total;
      var rows = all.map(function (r) {
        return dialect === 'handles' ? '<li><a>' + r.t + '</a><span>' + r.d + '</span></li>'
          : '<li><a href="' + r.u + '" title="' + r.t + '">' + r.t + '</a><span>' + r.d + '</span></li>'; }).join('');
      var control = dialect === 'more' ? (last ? '' : '<button id="go">加载更多</button>')
        : '<div class="el-pagination">' + (dialect === 'counted' ? '<span>共 ' + answer.total + ' 条</span>' : '')
          + '<button class="btn-prev">‹</button><ul><li>' + page + '</li></ul><button id="go" class="btn-next"'
          + (last && dialect !== 'counted' && dialect !== 'frozen' ? ' disabled' : '') + '>›</button></div>';
      app.innerHTML = rows ? '<div class="list"><ul>' + rows + '</ul>' + control + '</div>' : '<p>暂无相关信息</p>';
      var go = document.getElementById('go');
      if (go) go.onclick = function () { if (dialect !== 'frozen') page += 1; list(); };
    });
  }
  document.addEventListener('DOMContentLoaded', function () {
    if (location.pathname === '/gk/nb') return list();
    ask({article: location.pathname}, function (answer) {
      document.title = answer.title; document.getElementById('app').innerHTML = answer.html; });
  });
})();
"""


def column(site: Site) -> str:
    return "/gk/nb"


def answer(site: Site, request: Request, today: date) -> Response:
    path = request.path
    if path == "/robots.txt":
        denied = "Disallow: /gw\n" if site.dialect == BARRED else "Disallow: /admin/\n"
        return Response(f"User-agent: *\n{denied}".encode(), 200, "text/plain")
    if path == "/js/app.51ae.js":
        return Response(_SCRIPT.encode(), 200, "application/javascript; charset=utf-8")
    if path in ("/", "/zwgk/") and site.dialect != HANDLES:
        return home(site, column(site)) if path == "/" else disclosure_page(site, column(site))
    if path == f"/common/search/{CHANNEL}" and site.dialect == TOKEN:
        return _search(site, request, today)
    if path == "/gw":
        return _call(site, request, today)
    if named := re.fullmatch(r"/f/(\d+)_(\d+)\.\w+", path):
        entry = site.find(int(named.group(1)), today)
        return file_response(entry.content(today).attachments[int(named.group(2))]) if entry else missing_page(site)
    menu = (f"{furniture_top(site.name)}<div data-channel='{CHANNEL}' data-url='/common/search/{CHANNEL}?_isJson=true'>"
            "</div>" if site.dialect == TOKEN else "")
    shell = document(site.name, f"{menu}<div id='app'></div><script src='/js/app.51ae.js'></script>")
    marks = f"<html data-d='{site.dialect}' data-s='http://{STRANGER}:{request.port}/gw'"
    return Response.page(re.sub(r"<html\b", marks, shell, count=1))


def _search(site: Site, request: Request, today: date) -> Response:
    """The JSON interface: without the token of the page it wants one, whatever is asked."""
    page = request.query.get("page", "1")
    token = base64.b64encode(_coded(page.encode())).decode()
    if request.headers.get("x-token") != token:
        return Response(json.dumps({"code": 401, "msg": "token"}).encode(), 200, "application/json")
    rows, start = site.rows(today), (int(page) - 1) * PER_PAGE
    told = {"data": {"total": len(rows), "results": [
        {"t": entry.title, "d": entry.day.isoformat(), "u": f"/gk/nb/{entry.number}"}
        for entry in rows[start:start + PER_PAGE]]}}
    return Response(json.dumps(told, ensure_ascii=False).encode(), 200, "application/json; charset=utf-8")


def _call(site: Site, request: Request, today: date) -> Response:
    if site.dialect == ASKS:
        return Response.page("<html><script>$_ts=window['$_ts'];$_ts.cd='q';</script></html>", 412)
    if site.dialect == BROKEN:
        return Response.page("<html>504</html>", 504)
    if request.method != "POST" or not request.headers.get("x-token"):
        return missing_page(site)
    asked = json.loads(_coded(base64.b64decode(request.body)))
    if "article" in asked:
        number = int(re.sub(r"\D", "", asked["article"]) or 0)
        entry = site.find(number, today)
        content = entry.content(today) if entry else None
        if entry is None or content is None:
            return missing_page(site)
        names = [f"/f/{number}_{place}.{part.suffix}" for place, part in enumerate(content.attachments)]
        html = (f"{furniture_top(site.name)}<div class='article-content'><h1>{entry.title}</h1><p>发布日期："
                f"{entry.day.isoformat()}</p>{filled(content, [], names)}</div>{furniture_foot(site.name, None)}")
        told = {"title": entry.title, "html": html}
    else:
        rows = [] if site.dialect == VOID else site.rows(today)
        shown = rows[(asked["page"] - 1) * PER_PAGE:asked["page"] * PER_PAGE]
        told = {"total": len(rows), "rows": [{"t": entry.title, "d": entry.day.isoformat(),
                                              "u": f"/gk/nb/{entry.number}"} for entry in shown]}
    coded = base64.b64encode(_coded(json.dumps(told, ensure_ascii=False).encode()))
    return Response(coded, 200, "text/plain; charset=utf-8")


def _coded(data: bytes) -> bytes:
    return bytes(byte ^ _KEY for byte in data)
