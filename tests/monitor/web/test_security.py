"""Attacks, on every view there is: forged forms, lesser roles, other people's ids, hostile texts, odd requests.

The walks go over all registered views, so that a new one is attacked without being named here.
"""

from __future__ import annotations

import io
import re
import secrets
import zipfile

import pytest
from starlette.testclient import TestClient

from monitor import review
from monitor.model import Finding
from monitor.web import accounts, replies, sessions
from monitor.web.guarding import same_site
from monitor.web.people import ROLES
from monitor.web.views import View, registered
from tests.monitor.office import NEXT_WEEK
from tests.monitor.web.guarded import EDU, TRADE, House, cheap
from tests.monitor.web.served import token_of

VIEWS = registered()
POSTS = [each for each in VIEWS if "POST" in each.methods]
KEYED = [each for each in VIEWS if "{" in each.path]
OURS = "示例市商务局"
"""The body that the person `edu` must never see."""


def name(view: View) -> str:
    return f"{'/'.join(view.methods)} {view.path}"


def address(view: View, key: str = "edu") -> str:
    return re.sub(r"\{[^}]*\}", key, view.path)


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """One office for all that changes nothing in it."""
    patch = pytest.MonkeyPatch()
    cheap(patch)
    house = House(tmp_path_factory.mktemp("house"))
    yield house
    patch.undo()


@pytest.fixture(scope="module")
def doors(shared):
    """A browser of each person, and one of nobody."""
    return {"": shared.visitor(), **{each: shared.as_(each) for each in ("zhao", "qian", "wang", "edu")}}


@pytest.fixture
def house(tmp_path, monkeypatch):
    cheap(monkeypatch)
    return House(tmp_path)


def picture(house):
    """Everything a form could change."""
    tables = ("audit", "reply_link", "reply", "recheck", "web_session")
    return house.rows("SELECT id, state FROM finding ORDER BY id"), [
        house.rows(f"SELECT count(*) FROM {table}") for table in tables]


FIELDS = {"action": "confirm", "state": "open", "fact": EDU.fact, "reason": "x", "until": "2026-05-01", "year": "2025",
          "item": [f"{EDU.id}:{EDU.fact}:open"], "line": [f'["{EDU.id}", "{EDU.fact}", "open", "confirm", "", "", ""]'],
          "name": "zhao", "password": "correct horse 7", "number": "1"}


# ---------------------------------------------------------------- forged forms
def test_there_are_views_to_attack():
    assert len(POSTS) > 8
    assert len(KEYED) > 8


@pytest.mark.parametrize("view", POSTS, ids=name)
@pytest.mark.parametrize("key", ["edu", EDU.id, "1"])
def test_no_form_counts_without_the_token_of_this_very_browser(shared, doors, view, key):
    before = picture(shared)
    stranger = token_of(shared.visitor().get("/login").text)
    for token in ("", "x", stranger, "é" * 64):
        answer = doors["wang"].post(address(view, key), data={**FIELDS, "token": token})
        assert answer.status_code in (400, 403, 404, 405), name(view)
    assert picture(shared) == before


@pytest.mark.parametrize("view", POSTS, ids=name)
@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"},
                                     {"Origin": "https://evil.example"}, {"Origin": "http://127.0.0.1:8501"},
                                     {"Sec-Fetch-Site": "cross-site", "Origin": "null"}],
                         ids=["cross", "same-site", "origin", "port", "null"])
def test_no_form_of_another_site_counts_even_with_the_token(shared, doors, view, headers):
    before = picture(shared)
    token = token_of(doors["wang"].get("/worklist").text)
    answer = doors["wang"].post(address(view, EDU.id), data={**FIELDS, "token": token}, headers=headers)
    assert answer.status_code == 403, name(view)
    assert picture(shared) == before


@pytest.mark.parametrize("view", [each for each in POSTS if not each.token], ids=name)
def test_what_needs_no_token_of_a_form_needs_one_of_the_api(shared, doors, view):
    before = picture(shared)
    for kind in ("application/json", "text/plain", "application/x-www-form-urlencoded"):
        answer = doors["wang"].post(address(view, EDU.id), content=b'{"action":"confirm"}', headers={
            "Content-Type": kind})
        assert answer.status_code in (401, 403, 415), name(view)
    assert picture(shared) == before


@pytest.mark.parametrize("view", POSTS, ids=name)
def test_a_form_asked_for_by_its_address_does_nothing(shared, doors, view):
    before = picture(shared)
    doors["wang"].get(address(view, EDU.id), params={key: value for key, value in FIELDS.items() if isinstance(
        value, str)})
    for method in ("PUT", "PATCH", "DELETE", "TRACE", "OPTIONS"):
        assert doors["wang"].request(method, address(view, EDU.id)).status_code in (404, 405), f"{method} {name(view)}"
    assert picture(shared) == before


@pytest.mark.parametrize(("headers", "holds"), [
    ({}, True), ({"origin": "null"}, True), ({"origin": "http://nb.example", "host": "nb.example"}, True),
    ({"origin": "http://evil.example", "host": "nb.example"}, False), ({"sec-fetch-site": "none"}, True),
    ({"sec-fetch-site": "same-origin", "origin": "null"}, True), ({"sec-fetch-site": "x"}, False),
    ({"origin": "http://nb.example.evil", "host": "nb.example"}, False), ({"origin": "", "host": ""}, True)])
def test_where_a_form_comes_from(headers, holds):
    assert same_site(headers) is holds


# ---------------------------------------------------------------- roles
@pytest.mark.parametrize("view", [each for each in VIEWS if not each.free], ids=name)
def test_nobody_gets_in_without_a_login(doors, view):
    for method in view.methods:
        answer = doors[""].request(method, address(view))
        assert answer.status_code in (303, 401, 411, 413), f"{method} {view.path}"
        if answer.status_code == 303:
            assert answer.headers["location"].startswith(("/login?next=%2F", "/en/login?next=%2F"))
        assert "示例市" not in answer.text
        assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("view", [each for each in VIEWS if each.role != "viewer" and not each.free], ids=name)
def test_lesser_roles_are_refused(shared, doors, view):
    lesser = {"reviewer": ["zhao"], "operator": ["zhao", "qian"]}[view.role]
    before = picture(shared)
    for person in lesser:
        token = token_of(doors[person].get("/method").text)
        for method in view.methods:
            answer = doors[person].request(method, address(view, EDU.id), data={
                **FIELDS, "token": token} if method == "POST" else None)
            assert answer.status_code == 403, f"{person} {method} {view.path}"
    assert picture(shared) == before


def test_every_view_s_role_is_one_there_is():
    assert {each.role for each in VIEWS} <= set(ROLES)
    drafts = {"/precheck", "/opinion"}  # judged, never stored
    assert {each.path for each in POSTS if each.role == "viewer" and not each.free and each.token} <= drafts


# ---------------------------------------------------------------- other people's ids
def furnish(house):
    """A report and a reply link of the other body."""
    with house.store.write() as connection:
        connection.execute(
            "INSERT INTO report (id, portal, address, content, body, scope, year, verdict, title, sha256, medium, "
            "reader_version, record, first_seen, last_seen, first_run, last_run) VALUES ('aaaaaaaaaaaaaaaa', 'city', "
            "'http://www.city.example/nb/9', 'c', 'trade', 'own', 2025, 'report', ?, 'b', 'text/html', 1, x'00', ?, ?, "
            "'r', 'r')", (f"{OURS}年度报告", NEXT_WEEK, NEXT_WEEK))
        replies.make(connection, "trade", [(TRADE.id, TRADE.fact)], author="qian", days=9)


@pytest.mark.parametrize("view", KEYED, ids=name)
def test_ids_of_other_remits_lead_nowhere(shared, doors, view):
    if view.path.startswith(("/reply/", "/export/")):
        pytest.skip("its key is a secret or a kind, no id; what it holds is looked at below")
    if not shared.rows("SELECT 1 FROM report WHERE id = 'aaaaaaaaaaaaaaaa'"):
        furnish(shared)
    before = picture(shared)
    token = token_of(doors["edu"].get("/method").text)
    for key in ("trade", TRADE.id, "aaaaaaaaaaaaaaaa", "1", "trade-own", "trade-own-2024-2025", "b" * 64):
        for method in view.methods:
            answer = doors["edu"].request(method, address(view, key), data={
                **FIELDS, "token": token, "state": "open", "fact": TRADE.fact} if method == "POST" else None)
            assert answer.status_code in (400, 403, 404), f"{method} {address(view, key)}"
            assert OURS not in answer.text
            assert answer.status_code != 403 or not view.token or view.role == "operator", f"{method} {view.path}"
    assert picture(shared) == before


@pytest.mark.parametrize("view", [each for each in VIEWS if "GET" in each.methods], ids=name)
@pytest.mark.parametrize("query", ["", "?under=trade", "?q=商务", "?body=trade", "?year=2025&status=missing"])
def test_no_page_tells_of_other_remits(shared, doors, view, query):
    for key in ("edu", EDU.id, "findings.csv", "matrix.csv", "matrix.json", "findings.xlsx"):
        answer = doors["edu"].get(address(view, key) + query)
        assert answer.status_code < 500, f"{address(view, key)}{query}"
        assert OURS.encode() not in answer.content, f"{address(view, key)}{query}"
        if "{" not in view.path:
            break


def test_all_of_it_is_there_for_who_may_see_it(doors):
    assert OURS in doors["qian"].get("/worklist").text
    assert doors["qian"].get("/body/trade").status_code == 200
    assert doors["edu"].get("/body/edu").status_code == 200


# ---------------------------------------------------------------- odd requests
TRAVERSALS = ["../../etc/passwd", "..%2f..%2fetc%2fpasswd", "%2e%2e%2f%2e%2e%2fetc%2fpasswd", "....//etc", "\\..\\x",
              "a%00b", "%0d%0aSet-Cookie:x=1", "x' OR 1=1--", '"><script>alert(1)</script>', "{{7*7}}", "${7*7}", "１",
              "-1", "9" * 40, "a" * 4000, "%ff%fe", "*", "con", "edu;x=1"]


@pytest.mark.parametrize("view", [each for each in KEYED if "GET" in each.methods], ids=name)
def test_hostile_keys_lead_nowhere_and_break_nothing(doors, view):
    for key in TRAVERSALS:
        try:
            answer = doors["wang"].get(address(view, key.replace("\\", "\\\\")) if "\\" in key else address(view, key))
        except ValueError:
            continue  # no such address can be written
        assert answer.status_code in (303, 400, 404, 414, 421), f"{view.path} {key[:40]}"
        assert answer.status_code != 303 or answer.headers["location"].startswith("/")
        assert "root:" not in answer.text
        assert "<script>alert" not in answer.text or "json" in answer.headers["content-type"]
        assert "x=1" not in answer.headers.get("set-cookie", "")


@pytest.mark.parametrize("view", [each for each in VIEWS if "GET" in each.methods], ids=name)
def test_hostile_queries_break_nothing(doors, view):
    fields = ("q", "under", "year", "page", "status", "sort", "next", "said", "lang", "limit", "after", "person")
    values = ('"><script>alert(1)</script>', "' OR 1=1", "\x00", "9" * 30, "{{7*7}}", "../..", "０", "-1")
    alone = [{field: values[place % len(values)]} for place, field in enumerate(fields)]
    for query in (*alone, *(dict.fromkeys(fields, value) for value in values)):
        answer = doors["wang"].get(address(view), params=query)
        assert answer.status_code < 500, f"{view.path}?{query}"
        if "json" not in answer.headers.get("content-type", ""):
            assert "<script>alert" not in answer.text


@pytest.mark.parametrize("view", POSTS, ids=name)
def test_forms_too_large_or_without_a_length_are_refused_unread(doors, view):
    def endless():
        yield b"x" * 100

    assert doors["wang"].post(address(view), content=b"x", headers={
        "Content-Length": str(view.upload + 1)}).status_code == 413
    assert doors["wang"].post(address(view), content=endless()).status_code == 413
    assert doors["wang"].post(address(view), content=b"", headers={"Content-Length": "-1"}).status_code == 413


@pytest.mark.parametrize("view", POSTS, ids=name)
def test_broken_forms_are_refused_with_a_page(doors, view):
    for kind, data in (("multipart/form-data; boundary=x", b"--y\r\nbroken"), ("multipart/form-data", b"x"),
                       ("application/x-www-form-urlencoded", b"%zz=%ff&&&=&token"), ("text/plain", b"\xff"),
                       ("application/x-www-form-urlencoded", b"a=1&" * 3100)):
        answer = doors["wang"].post(address(view), content=data[:view.upload], headers={"Content-Type": kind})
        assert answer.status_code in (400, 401, 403, 404, 405, 413, 415), f"{view.path} {kind}"


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "evil.example:8500", "", "127.0.0.1@evil",
                                  "[::ffff:7f00:1].evil", "localhost.evil", "127.0.0.2"])
def test_other_host_names_are_refused_before_anything_is_looked_at(shared, host):
    client = TestClient(shared.visitor().app, base_url="http://127.0.0.1:8500", follow_redirects=False)
    answer = client.get("/login", headers={"Host": host})
    assert answer.status_code == 421
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("view", VIEWS, ids=name)
def test_every_answer_forbids_scripts_and_frames_and_isn_t_kept_by_proxies(doors, view):
    for client in (doors[""], doors["wang"]):
        headers = client.request(view.methods[0], address(view)).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy or "sandbox" in policy
        assert "unsafe" not in policy
        assert "script-src" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert "public" not in headers["cache-control"]
        assert headers["referrer-policy"] == "no-referrer"
        assert "server" not in headers


@pytest.mark.parametrize("view", [each for each in VIEWS if "GET" in each.methods and each.both], ids=name)
def test_no_page_carries_a_script_an_inline_style_or_anything_of_another_host(doors, view):
    for key in ("edu", EDU.id):
        answer = doors["wang"].get(address(view, key))
        if not answer.headers.get("content-type", "").startswith("text/html"):
            continue
        page = answer.text
        forbidden = r"<script|<style|\sstyle=|\son\w+=|<iframe(?![^>]*sandbox)|javascript:"
        assert not re.search(forbidden, page, re.I), view.path
        loaded = re.findall(r'<(?:link|img|source|frame|iframe|object|embed)\b[^>]*?(?:href|src|data)="([^"]+)"', page)
        assert [each for each in loaded if not each.startswith(("/", "data:image/"))] == []


# ---------------------------------------------------------------- sessions
def test_a_guessed_or_garbled_cookie_is_nobody(shared):
    for value in ("", "x", "A" * 43, secrets.token_urlsafe(32), "A" * 5000, "é" * 43, "' OR 1=1 --" + "x" * 32):
        client = shared.visitor()
        answer = client.get("/method", headers={"Cookie": f"{sessions.COOKIE}={value}".encode("latin-1", "replace")})
        assert answer.status_code == 303


def test_a_token_in_the_address_opens_nothing(shared):
    secret = accounts.make_token(shared.path, "wang", 1)
    assert shared.visitor().get(f"/method?token={secret}&access_token={secret}").status_code == 303


def test_no_answer_holds_a_secret(shared, doors):
    hashes = [row[0] for row in shared.rows("SELECT hash FROM web_session")]
    kept = shared.path.read_text("utf-8")
    salts = re.findall(r"scrypt\$[^\"]+", kept)
    for view in VIEWS:
        if "GET" in view.methods:
            page = doors["wang"].get(address(view)).text
            assert not any(each in page for each in (*hashes, *salts)), view.path


# ---------------------------------------------------------------- hostile texts
HOSTILE = "<img src=x onerror=alert(1)><script>alert(2)</script>\"'`{{7*7}}"


def test_hostile_texts_of_titles_rosters_and_people_stay_texts(house):
    bodies = house.office.folder / "facts" / "bodies.csv"
    escaped = HOSTILE.replace('"', '""')
    bodies.write_text(bodies.read_text("utf-8").replace("示例市教育局", f'"{escaped}"'), "utf-8")
    house.office.speak("zh")
    finding = Finding("DOC-05", 1, "W", "fail", "edu", "own", 2025, HOSTILE, parameters={
        "section": HOSTILE, "phrase": HOSTILE, "other": HOSTILE, "url": "javascript:alert(1)"})
    with house.store.write() as connection:
        review.put_findings(connection, [finding, EDU], at=NEXT_WEEK)
        review.decide(connection, finding.id, "confirm", author=HOSTILE, reason=HOSTILE)
        review.remark(connection, finding.id, HOSTILE, author=HOSTILE)
        review.decide(connection, finding.id, "notify", author="x", number=HOSTILE)
        _, secret = replies.make(connection, "edu", [(finding.id, finding.fact)], author=HOSTILE, days=9,
                                 number=HOSTILE)
        replies.send(connection, house_evidence(house), replies.find(connection, secret), [replies.Said(
            finding.id, "untrue", HOSTILE, "https://x.example/\"onmouseover=alert(1)", files=((
                f"{HOSTILE}.pdf", b"%PDF-1.4"),))], contact=HOSTILE, address=HOSTILE, name=HOSTILE)
        connection.execute("INSERT INTO web_trail (at, person, address, action, detail) VALUES (?,?,?,?,?)",
                           (NEXT_WEEK, HOSTILE, HOSTILE, HOSTILE, HOSTILE))
    client, seen = house.as_("wang"), 0
    for path in (*(address(view, key) for view in VIEWS if "GET" in view.methods and view.both
                   for key in ("edu", finding.id, secret)), "/worklist?tab=disputed", "/worklist?outcome=any"):
        for prefix in ("", "/en"):
            answer = client.get(prefix + path)
            assert answer.status_code < 500, path
            if answer.headers.get("content-type", "").startswith("text/html"):
                page = answer.text
                assert "<img src=x" not in page, path
                assert "<script" not in page, path
                assert not re.search(r"<[^>]*\sonmouseover", page), path
                assert "href=\"javascript:" not in page, path
                assert ">49<" not in page
                seen += "&lt;img" in page
    assert seen >= 8, "the texts stand there, escaped"
    given = client.get("/reply-file/1")
    assert "\n" not in given.headers["content-disposition"]
    assert given.headers["content-disposition"].startswith("attachment; filename*=UTF-8''")
    assert not set(given.headers["content-disposition"]) & set("<>\"")


def house_evidence(house):
    from crawler.evidence import Evidence

    return Evidence(house.office.loaded().store.evidence)


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t="])
def test_no_text_becomes_a_formula_of_what_is_downloaded(house, start):
    formula = f'{start}HYPERLINK("http://evil.example","x")'
    bodies = house.office.folder / "facts" / "bodies.csv"
    quoted = '"' + formula.replace('"', '""') + '"'
    bodies.write_text(bodies.read_text("utf-8").replace("示例市教育局", quoted), "utf-8")
    house.office.speak("zh")
    client = house.as_("wang")
    got = 0
    exports = set(re.findall(r'href="(/export/[^"]+|/data/[^"]+)"', "".join(
        client.get(path).text for path in ("/", "/worklist", "/data", "/body/edu"))))
    for path in sorted(exports):
        answer = client.get(path.replace("&amp;", "&"))
        assert answer.status_code < 500, path
        kind = answer.headers.get("content-type", "")
        if "csv" in kind:
            got += 1
            assert not re.search(r'(^|[,\n])"?[=+@\-\t][A-Z]+\(', answer.content.decode("utf-8-sig")), path
        if "spreadsheet" in kind:
            got += 1
            with zipfile.ZipFile(io.BytesIO(answer.content)) as book:
                sheets = [book.read(each) for each in book.namelist() if "worksheets/sheet" in each]
            assert not any(re.search(rb"<f>[^<]*evil", sheet) for sheet in sheets), path
    assert got or not exports
