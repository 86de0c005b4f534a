"""Who somebody proves to be: logins, sessions and their ends, proxies, tokens; who is kept waiting."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from crawler import clock
from monitor import settings
from monitor.commands import serving
from monitor.exceptions import SettingsError, UsageError
from monitor.web import accounts, attempts, sessions
from monitor.web.attempts import Attempts, neighbourhood
from tests.monitor.office import Office
from tests.monitor.web.guarded import EDU, PASSWORD, House, cheap, log_in
from tests.monitor.web.served import token_of, visitor


@pytest.fixture(autouse=True)
def _cheap(monkeypatch):
    cheap(monkeypatch)


@pytest.fixture
def house(tmp_path):
    return House(tmp_path)


def later(monkeypatch, **span):
    moment = clock.now() + timedelta(**span)
    monkeypatch.setattr(clock, "now", lambda: moment)
    monkeypatch.setattr(clock, "stamp", lambda: moment.isoformat(timespec="seconds"))


# ---------------------------------------------------------------- coming in
def test_a_page_asks_for_a_login_and_leads_back_to_itself(house):
    client = house.visitor()
    answer = client.get("/body/edu?year=2025")
    assert (answer.status_code, answer.headers["location"]) == (303, "/login?next=%2Fbody%2Fedu%3Fyear%3D2025")
    assert "set-cookie" not in answer.headers
    page = client.get(answer.headers["location"])
    assert 'value="/body/edu?year=2025"' in page.text
    answer = log_in(client, "zhao", next="/body/edu?year=2025")
    assert (answer.status_code, answer.headers["location"]) == (303, "/body/edu?year=2025")
    page = client.get("/body/edu?year=2025")
    assert page.status_code == 200
    assert "zhao" in page.text
    assert "set-cookie" not in page.headers
    assert client.get("/login").headers["location"] == "/"


def test_the_login_page_speaks_both_languages(house):
    assert "密码" in house.visitor().get("/login").text
    assert "Password" in house.visitor().get("/en/login").text
    assert house.visitor().get("/en/").headers["location"].startswith("/en/login?next=%2Fen%2F")


def test_a_login_gets_a_session_nobody_could_have_fixed(house):
    client = house.visitor()
    client.cookies.set(sessions.COOKIE, "A" * 43)
    page = client.get("/login").text
    client.post("/login", data={"token": token_of(page), "name": "zhao", "password": PASSWORD})
    held = client.cookies.get(sessions.COOKIE, domain="127.0.0.1") or [*client.cookies.jar][-1].value
    assert held != "A" * 43
    assert house.rows("SELECT count(*) FROM web_session WHERE hash = ?", accounts.digest("A" * 43)) == [(0,)]
    assert house.rows("SELECT person FROM web_session WHERE hash = ?", accounts.digest(held)) == [("zhao",)]


def test_what_the_store_keeps_opens_no_session(house):
    client = house.as_("zhao")
    (kept,), = house.rows("SELECT hash FROM web_session")
    secret = client.cookies.get(sessions.COOKIE)
    assert secret not in kept
    other = house.visitor()
    other.cookies.set(sessions.COOKIE, kept[:43])
    assert other.get("/method").status_code == 303


def test_cookies_are_kept_from_scripts_and_other_sites_and_bound_to_the_host_where_secure(tmp_path):
    plain = House(tmp_path / "a").visitor().get("/login").headers["set-cookie"]
    assert "HttpOnly" in plain
    assert "samesite=lax" in plain.lower()
    assert "Path=/" in plain
    assert "Domain" not in plain
    house = House(tmp_path / "b", general='[general]\nlink = "https://nb.example"\n')
    secure = house.visitor().get("/login", headers={"Host": "nb.example"}).headers["set-cookie"]
    assert secure.startswith(f"__Host-{sessions.COOKIE}=")
    assert "Secure" in secure
    assert "__Host-" not in house.visitor().get("/login").headers["set-cookie"], "at this machine itself it is http"
    behind = proxied(House(tmp_path / "c", web='trusted_proxies = ["127.0.0.1"]\n').visitor())
    assert "__Host-" in behind.get("/login", headers={"X-Forwarded-Proto": "https"}).headers["set-cookie"]
    assert "__Host-" not in behind.get("/login", headers={"X-Forwarded-Proto": "http"}).headers["set-cookie"]


@pytest.mark.parametrize(("name", "password"), [("zhao", "wrong wrong 1"), ("nobody", PASSWORD), ("", ""),
                                                ("zhao", ""), ("zhao", PASSWORD + "\0"), ("zhao", "x" * 5000)])
def test_wrong_logins_look_alike_and_stand_in_the_trail(house, name, password):
    client = house.visitor()
    answer = log_in(client, name, password)
    assert answer.status_code == 401
    assert "账号或密码不对" in answer.text
    assert client.get("/method").status_code == 303
    assert house.rows("SELECT person, action FROM web_trail") == [(name, "login_refused")]
    assert PASSWORD not in str(house.rows("SELECT * FROM web_trail"))


def test_unknown_names_cost_as_many_hashes_as_known_ones(house, monkeypatch):
    calls = []
    real = accounts._scrypt
    monkeypatch.setattr(accounts, "_scrypt", lambda *args: calls.append(args[2]) or real(*args))
    log_in(house.visitor(), "zhao", "wrong wrong 1")
    known = list(calls)
    calls.clear()
    log_in(house.visitor(), "nobody-at-all", "wrong wrong 1")
    assert calls == known
    assert len(known) == 1


@pytest.mark.parametrize("goal", ["//evil.example", "https://evil.example/", "/\\evil.example", "javascript:alert(1)",
                                  "\\\\evil.example", "/\t/evil.example", "evil.example", "http:evil.example", "",
                                  "/" + "x" * 3000, "///evil.example", "/\n/evil", "http://[", "/%5C/../\\e"])
def test_a_login_leads_nowhere_else(house, goal):
    answer = log_in(house.visitor(), "zhao", next=goal)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert f'value="{goal}"' not in house.visitor().get("/login", params={"next": goal[:2000]}).text or not goal


def test_a_login_form_from_elsewhere_is_refused(house):
    client = house.visitor()
    assert client.post("/login", data={"name": "zhao", "password": PASSWORD}).status_code == 403
    token = token_of(client.get("/login").text)
    form = {"token": token, "name": "zhao", "password": PASSWORD}
    assert house.visitor().post("/login", data=form).status_code == 403
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"},
                    {"Origin": "https://evil.example"}):
        assert client.post("/login", data=form, headers=headers).status_code == 403
    assert house.rows("SELECT count(*) FROM web_session") == [(0,)]


# ---------------------------------------------------------------- going out
def test_logging_out_ends_the_session_for_good(house):
    client = house.as_("zhao")
    secret = client.cookies.get(sessions.COOKIE)
    answer = client.post("/logout", data={"token": token_of(client.get("/method").text)})
    assert answer.status_code == 303
    assert "Max-Age=0" in answer.headers["set-cookie"]
    client.cookies.set(sessions.COOKIE, secret)
    assert client.get("/method").status_code == 303
    assert [each[0] for each in house.rows("SELECT action FROM web_trail ORDER BY id")] == ["login", "logout"]


def test_logging_out_needs_the_form(house):
    client = house.as_("zhao")
    assert client.post("/logout").status_code == 403
    assert client.get("/method").status_code == 200


@pytest.mark.parametrize("change", [{"disabled": True}, {"password": "another pass 9"}, {"role": "operator"},
                                    {"under": ("edu",)}])
def test_a_changed_account_ends_its_sessions_at_once(house, change):
    client, other = house.as_("zhao"), house.as_("qian")
    assert client.get("/method").status_code == 200
    accounts.change(house.path, "zhao", **change)
    assert client.get("/method").status_code == 303
    assert other.get("/method").status_code == 200


def test_a_session_ends_after_its_hours_and_after_idle_minutes(house, monkeypatch):
    client = house.as_("zhao")
    later(monkeypatch, minutes=90)
    assert client.get("/method").status_code == 200
    later(monkeypatch, minutes=100)
    assert client.get("/method").status_code == 200, "a page looked at keeps the session"
    later(monkeypatch, minutes=121)
    assert client.get("/method").status_code == 303


def test_a_session_in_use_ends_after_its_hours(house, monkeypatch):
    client = house.as_("zhao")
    for _ in range(7):
        later(monkeypatch, minutes=100)
        assert client.get("/method").status_code == 200
    later(monkeypatch, minutes=100)
    assert client.get("/method").status_code == 303


def test_a_restart_breaks_no_form_and_no_session(house):
    client = house.as_("wang")
    token = token_of(client.get("/worklist").text)
    restarted = house.visitor()
    restarted.cookies.set(sessions.COOKIE, client.cookies.get(sessions.COOKIE))
    assert restarted.post("/logout", data={"token": token}).status_code == 303


def test_a_store_being_written_to_keeps_nobody_out(house, monkeypatch):
    client = house.as_("zhao")
    later(monkeypatch, minutes=5)
    with house.store.write():
        assert client.get("/method").status_code == 200


def test_a_damaged_file_of_accounts_lets_nobody_in_and_says_so(house):
    client = house.as_("zhao")
    house.path.write_text("{", "utf-8")
    answer = client.get("/method")
    assert answer.status_code in (500, 503)
    assert "zhao" not in answer.text


def test_a_vanished_file_of_accounts_opens_no_door(house):
    house.path.unlink()
    assert house.visitor().get("/method").status_code == 303


# ---------------------------------------------------------------- too many tries
def test_many_failures_from_one_place_have_to_wait_and_are_told_how_long(house):
    client = house.visitor()
    codes = [log_in(client, f"name{number}", "wrong wrong 1").status_code for number in range(12)]
    assert codes[:10] == [401] * 10
    assert codes[10:] == [429, 429]
    answer = log_in(client, "zhao")
    assert answer.status_code == 429, "the right password has to wait too"
    assert 1 <= int(answer.headers["Retry-After"]) <= 300


def test_tries_at_once_count_before_any_of_them_is_looked_at(house, monkeypatch):
    """Hashing takes a quarter of a second: as many as there are threads would else be tried for one."""
    client, counted = house.visitor(), []
    door = client.app.state.door
    monkeypatch.setattr(accounts, "holds", lambda *_: counted.append(
        [dict(kept._failures) for kept in (door.by_address, door.by_name)]))
    for _ in range(2):
        assert log_in(client, "zhao", "wrong wrong 1").status_code == 401
    assert [[count for count, _ in kept.values()] for kept in counted[1]] == [[2], [2]]


def test_who_came_in_from_here_before_isn_t_kept_out_by_strangers(tmp_path):
    house = House(tmp_path, web='trusted_proxies = ["127.0.0.1"]\n')
    client = house.visitor()
    client = proxied(client)
    assert log_in_from(client, "zhao", PASSWORD, "192.0.2.1").status_code == 303
    client.cookies.clear()
    for number in range(14):
        log_in_from(client, "zhao", "wrong wrong 1", f"198.51.100.{number}")
    assert log_in_from(client, "zhao", PASSWORD, "198.51.100.99").status_code == 429
    assert log_in_from(client, "zhao", PASSWORD, "192.0.2.1").status_code == 303


def proxied(client):
    """The same browser behind a proxy at 127.0.0.1."""
    client._transport.client = ("127.0.0.1", 50000)
    return client


def log_in_from(client, name, password, address):
    headers = {"X-Forwarded-For": address}
    page = client.get("/login", headers=headers).text
    return client.post("/login", headers=headers, data={"token": token_of(page), "name": name, "password": password})


def test_waits_grow_end_and_are_forgotten(monkeypatch):
    now = [1000.0]
    monkeypatch.setattr(attempts.time, "monotonic", lambda: now[0])
    kept = Attempts(free=2, longest=60)
    for _ in range(2):
        kept.failed("x")
    assert kept.wait("x") == 1 + 1
    waits = []
    for _ in range(10):
        kept.failed("x")
        waits.append(kept.wait("x"))
    assert waits == sorted(waits)
    assert max(waits) <= 61
    assert kept.wait("y") == 0
    now[0] += 62
    assert kept.wait("x") == 0
    kept.failed("x")
    assert kept.wait("x") > 0
    now[0] += attempts.FORGOTTEN + 1
    assert kept.wait("x") == 0
    kept.failed("x")
    kept.succeeded("x")
    assert kept._failures == {}


def test_however_many_names_are_tried_memory_is_bounded():
    kept = Attempts(free=1, longest=10)
    for number in range(attempts.KEPT + 500):
        kept.failed(str(number))
    assert len(kept._failures) == attempts.KEPT


@pytest.mark.parametrize(("address", "counted"), [
    ("192.0.2.7", "192.0.2.7"), ("2001:db8::1", "2001:db8::/64"), ("2001:db8::ffff:1", "2001:db8::/64"),
    ("::ffff:192.0.2.7", "192.0.2.7"), ("testclient", "testclient")])
def test_addresses_are_counted_by_subscriber(address, counted):
    assert neighbourhood(address) == counted


# ---------------------------------------------------------------- without a login, public, by a proxy
def test_at_this_machine_itself_nobody_logs_in_and_readers_get_no_cookie(tmp_path):
    client = visitor(Office(tmp_path).settings)
    answer = client.get("/method")
    assert (answer.status_code, "set-cookie" in answer.headers) == (200, False)
    assert "set-cookie" in client.get("/worklist").headers
    assert client.get("/trail").status_code == 200
    assert client.get("/login").status_code == 303


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "X-Real-IP", "X-Forwarded-Host"])
def test_a_proxy_before_a_server_without_logins_lets_nobody_in(tmp_path, header):
    client = visitor(Office(tmp_path).settings)
    answer = client.get("/method", headers={header: "192.0.2.1"})
    assert answer.status_code == 403
    assert "[web]" in answer.text


def test_public_pages_are_read_without_a_login_and_decided_on_with_one(tmp_path):
    house = House(tmp_path, web="public = true\n")
    client = house.visitor()
    answer = client.get("/method")
    assert (answer.status_code, "set-cookie" in answer.headers) == (200, False)
    assert 'href="/login"' in answer.text
    assert client.get("/worklist").status_code == 303
    assert client.get("/letters").status_code in (303, 403)
    assert client.get("/trail").status_code in (303, 403)
    assert house.as_("zhao", client).get("/worklist").status_code == 200


PROXY = 'trusted_proxies = ["127.0.0.1"]\nuser_header = "X-Remote-User"\n'


def test_a_trusted_proxy_names_who_asks(tmp_path):
    house = House(tmp_path, web=PROXY)
    accounts.add(house.path, "张三", "reviewer", ("edu",), "")
    client = proxied(house.visitor())
    name = "张三".encode().decode("latin-1")
    page = client.get("/body/edu", headers={"X-Remote-User": name.encode("latin-1")})
    assert page.status_code == 200
    assert "张三" in page.text
    assert client.get("/body/trade", headers={"X-Remote-User": name.encode("latin-1")}).status_code == 404
    stranger = client.get("/method", headers={"X-Remote-User": "mallory"})
    assert stranger.status_code == 403
    assert "mallory" in stranger.text
    accounts.change(house.path, "张三", disabled=True)
    assert client.get("/method", headers={"X-Remote-User": name.encode("latin-1")}).status_code == 403


def test_who_comes_through_a_proxy_acts_with_a_form_of_their_own(tmp_path):
    house = House(tmp_path, web=PROXY)
    client = proxied(house.visitor())
    client.headers["X-Remote-User"] = "qian"
    page = f"/decide/{EDU.id}"
    form = {"action": "confirm", "state": "open", "fact": EDU.fact}
    assert client.post(page, data=form).status_code == 403
    assert client.post(page, data={**form, "token": token_of(client.get(page).text)}).status_code == 303
    assert house.state(EDU.id) == "confirmed"
    assert house.rows("SELECT author FROM audit") == [("qian",)]
    assert "logout" not in client.get("/method").text, "who the proxy knows goes out there"


def test_the_header_of_anybody_else_means_nothing(tmp_path):
    house = House(tmp_path, web=PROXY)
    client = house.visitor()
    client._transport.client = ("192.0.2.9", 50000)
    assert client.get("/method", headers={"X-Remote-User": "wang"}).status_code == 303


def test_a_proxy_may_name_the_role_of_who_has_no_account(tmp_path):
    house = House(tmp_path, web=PROXY + 'role_header = "X-Role"\n')
    client = proxied(house.visitor())
    assert client.get("/trail", headers={"X-Remote-User": "new", "X-Role": "operator"}).status_code == 200
    assert client.get("/trail", headers={"X-Remote-User": "new", "X-Role": "viewer"}).status_code == 403
    assert client.get("/method", headers={"X-Remote-User": "new", "X-Role": "god"}).status_code == 403
    assert client.get("/trail", headers={"X-Remote-User": "zhao", "X-Role": "operator"}).status_code == 403


def test_addresses_behind_proxies_are_the_last_that_no_proxy_is(tmp_path):
    house = House(tmp_path, web='trusted_proxies = ["127.0.0.1", "10.0.0.0/8"]\n')
    client = proxied(house.visitor())
    log_in_from(client, "zhao", PASSWORD, "1.1.1.1, 203.0.113.5, 10.1.2.3")
    assert house.rows("SELECT address FROM web_trail") == [("203.0.113.5",)]


def test_forged_addresses_of_strangers_are_not_believed(house):
    client = house.visitor()
    client._transport.client = ("192.0.2.9", 50000)
    log_in_from(client, "zhao", PASSWORD, "203.0.113.5")
    assert house.rows("SELECT address FROM web_trail") == [("192.0.2.9",)]


@pytest.mark.parametrize(("text", "said"), [
    ('user_header = "X-User"', "trusted_proxies"), ('role_header = "X-Role"', "user_header"),
    ('trusted_proxies = ["nonsense"]', "no address"), ("session_hours = 0", "session_hours"),
    ('user_header = "X User"', "user_header"), ("reply_days = 0", "reply_days")])
def test_settings_that_would_open_a_door_are_refused(tmp_path, text, said):
    (tmp_path / "settings.toml").write_text(f"[web]\n{text}\n", "utf-8")
    with pytest.raises(SettingsError, match=said):
        settings.load(tmp_path / "settings.toml")


# ---------------------------------------------------------------- tokens and hosts
def test_a_token_is_a_person_without_a_session(house):
    secret = accounts.make_token(house.path, "edu", 3, "viewer")
    client = house.visitor()
    bearer = {"Authorization": f"Bearer {secret}"}
    answer = client.get("/body/edu", headers=bearer)
    assert (answer.status_code, "set-cookie" in answer.headers) == (200, False)
    assert client.get("/body/trade", headers=bearer).status_code == 404
    assert client.get("/trail", headers=bearer).status_code == 403
    assert client.get("/body/edu", headers={"Authorization": "Bearer nbt_wrong"}).status_code == 303


def test_a_wrong_token_isn_t_helped_by_a_session(house):
    client = house.as_("wang")
    assert client.get("/trail", headers={"Authorization": "Bearer nbt_wrong"}).status_code == 303


def test_programs_are_told_in_their_own_way_to_log_in(house):
    answer = house.visitor().get("/api/v1/rules")
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.headers["content-type"].startswith("application/")


def test_the_names_of_the_settings_are_served(tmp_path):
    house = House(tmp_path, web='hosts = ["nb.office.example"]\n')
    client = house.visitor()
    assert client.get("/login", headers={"Host": "nb.office.example:8500"}).status_code == 200
    assert client.get("/login", headers={"Host": "nb.evil.example"}).status_code == 421


def test_an_address_others_reach_is_refused_while_nobody_could_log_in(tmp_path):
    house = House(tmp_path)
    loaded = settings.load(house.office.settings)
    serving.refuse_open_doors(loaded, "0.0.0.0")
    house.path.unlink()
    with pytest.raises(UsageError, match="no account yet"):
        serving.refuse_open_doors(loaded, "127.0.0.1")
    bare = settings.load(Office(tmp_path / "bare").settings)
    for host in ("0.0.0.0", "192.168.1.5", "::", "example.org"):
        with pytest.raises(UsageError, match="other machines reach"):
            serving.refuse_open_doors(bare, host)
    for host in ("127.0.0.1", "localhost", "::1", "[::1]"):
        serving.refuse_open_doors(bare, host)


def test_the_trail_of_the_web_is_append_only_and_for_operators(house):
    client = house.as_("wang")
    text = client.get("/trail").text
    assert "wang" in text
    assert house.as_("qian").get("/trail").status_code == 403
    for statement in ("UPDATE web_trail SET person = 'x'", "DELETE FROM web_trail"):
        with pytest.raises(Exception, match="append-only"), house.store.write() as connection:
            connection.execute(statement)


def test_the_trail_is_read_page_by_page(house):
    with house.store.write() as connection:
        connection.executemany("INSERT INTO web_trail (at, person, address, action) VALUES (?, ?, '', 'login')",
                               [("2026-01-01T00:00:00+08:00", f"p{number}") for number in range(250)])
    client = house.as_("wang")
    seen, address = [], "/trail"
    while address:
        page = client.get(address).text
        seen += re.findall(r"<td>(p\d+)</td>", page)
        found = re.search(r'href="(/trail\?[^"]*before=\d+)"', page)
        address = found[1].replace("&amp;", "&") if found else ""
    assert sorted(seen) == sorted(f"p{number}" for number in range(250))
    assert "p7<" in client.get("/trail?person=p7").text
    assert "p8<" not in client.get("/trail?person=p7").text
