"""The interface for programs: what it gives, to whom, and that it keeps to its own description."""

from __future__ import annotations

import json
import re

import pytest

from monitor import settings as settings_of
from monitor.web import accounts, api, openapi
from monitor.web.people import Person
from tests.monitor.office import Office
from tests.monitor.web.library import shelve
from tests.monitor.web.served import visitor


@pytest.fixture
def office(tmp_path, monkeypatch):
    monkeypatch.setattr(api, "_budget", api.Budget(10_000, 1000))
    made = Office(tmp_path)
    made.report = shelve(made, "edu", 2025, {1: "全年推送图解86篇。"})
    shelve(made, "health", 2024, {1: "图解解读3篇。"})
    return made


@pytest.fixture
def client(office):
    return visitor(office.settings)


def confined(monkeypatch, *under, role="operator"):
    monkeypatch.setattr("monitor.web.sessions.Person",
                        lambda name, _role, local=False: Person(name, role, under))


def finding_of(office, rule="ARI-01"):
    with office.store.read() as connection:
        return dict(connection.execute("SELECT * FROM finding WHERE rule = ?", (rule,)).fetchone())


def items(client, path, **query):
    answer = client.get(f"/api/v1{path}", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


def test_statuses_as_the_command_prints_them(client):
    held = {row["body"]: row for row in items(client, "/statuses", year=2025)}
    assert held["trade"]["status"] == "missing"
    assert held["trade"]["published"] is None
    assert held["culture"]["days_late"] == 1
    assert held["culture"]["status_text"] == "逾法定时限公布"
    assert held["edu"]["open_errors"] == 1
    assert [row["body"] for row in items(client, "/statuses", status="unverified")] == ["police"]
    assert items(client, "/statuses", status="late", lang="en")[0]["status_text"] == "late"


@pytest.mark.parametrize("path", ["/statuses", "/bodies", "/findings", "/reports", "/runs"])
def test_pages_together_are_the_whole_list_once_and_in_order(client, path):
    whole = items(client, path)
    assert len(whole) > 1 or path == "/runs"
    paged, onward = [], f"/api/v1{path}?limit=1"
    while onward:
        answer = client.get(onward).json()
        assert len(answer["items"]) == 1
        paged += answer["items"]
        onward = answer["next"]
    assert paged == whole


def test_search_goes_on_by_pages(client):
    first = client.get("/api/v1/search", params={"words": "图解", "limit": 1}).json()
    assert [hit["year"] for hit in first["items"]] == [2025]
    assert "图解" in first["items"][0]["text"]
    second = client.get(first["next"]).json()
    assert [hit["year"] for hit in second["items"]] == [2024]
    assert second["next"] is None


def test_a_number_that_is_not_there_is_null_beside_its_state(client, office):
    row = next(row for row in items(client, f"/reports/{office.report}/figures")
               if row["key"] == "applications.new.total")
    assert (row["value"], row["state"], row["name"]) == (3, "number", "本年新收／总计")
    shelve(office, "water", 2025, figures={})
    from tests.monitor.reports import figures
    shelve(office, "civil", 2025, figures=figures(applications__new__total=None))
    held = {row["body"]: row for row in items(client, "/figures", key="applications.new.total", year=2025)}
    assert (held["civil"]["value"], held["civil"]["state"]) == (None, "blank")
    assert held["edu"]["value"] == 3
    assert "water" not in held


def test_one_body_one_report_one_finding(client, office):
    body = client.get("/api/v1/bodies/edu").json()
    assert body["name"] == "示例市教育局"
    assert {row["year"] for row in body["statuses"]} == {2025}
    report = client.get(f"/api/v1/reports/{office.report}").json()
    assert report["record"]["schema"] == 1
    assert report["record"]["sections"][0]["text"]
    finding = client.get(f"/api/v1/findings/{finding_of(office)['id']}").json()
    assert finding["expression"] == "31 + 1 = 29 + 4"
    assert finding["left"] == 32
    assert finding["trail"] == []
    assert "confirm" in finding["actions"]


def test_rules_runs_and_deadlines(client):
    assert {"ARI-01", "PUB-01"} <= {row["id"] for row in items(client, "/rules")}
    run = items(client, "/runs")[0]
    assert (run["portals"], run["done"], run["outcomes"]) == (1, 1, {"timeout": 1})
    portal = items(client, f"/runs/{run['id']}/portals")[0]
    assert portal["outcome"] == "timeout"
    assert portal["advice"]
    assert {row["day"] for row in items(client, "/deadlines", year=2025)} == {"2026-01-31"}


# ---------------------------------------------------------------- errors
@pytest.mark.parametrize(("path", "status"), [
    ("/api/v1/statuses?year=abc", 400), ("/api/v1/statuses?year=99", 400), ("/api/v1/statuses?nonsense=1", 400),
    ("/api/v1/statuses?year=2025&year=2024", 400), ("/api/v1/statuses?status=gone", 400),
    ("/api/v1/statuses?after=@@@", 400), ("/api/v1/statuses?after=AAAA", 400), ("/api/v1/statuses?after=W10", 400),
    ("/api/v1/bodies?after=WyJub2JvZHkiXQ", 400), ("/api/v1/reports?after=WzFd", 400),
    ("/api/v1/search", 400), ("/api/v1/search?words=", 400), ("/api/v1/search?words=x&after=WyJhIl0", 400),
    ("/api/v1/figures?key=nothing", 400), ("/api/v1/findings?cleared=yes", 400), ("/api/v1/statuses?under=nobody", 404),
    ("/api/v1/bodies/nobody", 404), ("/api/v1/reports/nothing", 404), ("/api/v1/reports/nothing/figures", 404),
    ("/api/v1/findings/nothing", 404), ("/api/v1/runs/nothing/portals", 404), ("/api/v1/nothing", 404),
    ("/api/v1/search?words=x&under=nobody", 404)])
def test_errors_are_problem_documents(client, path, status):
    answer = client.get(path)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    told = answer.json()
    assert told["status"] == status
    assert re.search("[\u4e00-\u9fff]", told["title"])


def test_other_methods_name_those_there_are(client):
    answer = client.delete("/api/v1/statuses")
    assert answer.status_code == 405
    assert "GET" in answer.headers["allow"]
    assert answer.headers["content-type"] == "application/problem+json"


def test_who_asks_too_often_is_told_when_to_ask_again(client, monkeypatch):
    monkeypatch.setattr(api, "_budget", api.Budget(2, 0.1))
    assert [client.get("/api/v1/rules").status_code for _ in range(3)] == [200, 200, 429]
    answer = client.get("/api/v1/rules")
    assert int(answer.headers["retry-after"]) >= 1


def test_what_has_not_changed_is_not_sent_again(client, office):
    first = client.get("/api/v1/statuses")
    mark = first.headers["etag"]
    again = client.get("/api/v1/statuses", headers={"If-None-Match": mark})
    assert (again.status_code, again.content) == (304, b"")
    assert client.get("/api/v1/statuses?year=2025", headers={"If-None-Match": mark}).status_code == 200
    from monitor import review
    with office.store.write() as connection:
        review.decide(connection, finding_of(office)["id"], "confirm", author="甲", reason="见原文")
    assert client.get("/api/v1/statuses", headers={"If-None-Match": mark}).status_code == 200


def test_no_other_site_is_let_in(client):
    headers = client.get("/api/v1/rules", headers={"Origin": "https://elsewhere.example"}).headers
    assert not [name for name in headers if name.startswith("access-control")]


# ---------------------------------------------------------------- whose
def test_another_remit_has_no_rows_of_others(client, office, monkeypatch):
    confined(monkeypatch, "health", role="viewer")
    for path in ("/statuses", "/bodies", "/findings", "/reports"):
        for row in items(client, path):
            assert row.get("body", row["id"] if path == "/bodies" else "") == "health", path
    assert [hit["body"] for hit in items(client, "/search", words="图解")] == ["health"]
    assert items(client, "/figures", key="applications.new.total")[0]["body"] == "health"
    for path in ("/bodies/edu", f"/reports/{office.report}", f"/reports/{office.report}/figures",
                 f"/findings/{finding_of(office)['id']}", "/statuses?under=edu", "/search?words=图解&under=edu"):
        assert client.get(f"/api/v1{path}").status_code == 404, path
    assert [row["owed"] for row in items(client, "/deadlines", year=2025)] == [1]


def test_readers_see_no_trail_and_nothing_decided_away(client, office, monkeypatch):
    from monitor import review
    with office.store.write() as connection:
        review.decide(connection, finding_of(office)["id"], "dismiss", author="审核人甲", reason="读取有误")
    path = f"/api/v1/findings/{finding_of(office)['id']}"
    assert client.get(path).json()["trail"][0]["who"] == "审核人甲"
    confined(monkeypatch, role="viewer")
    assert client.get(path).status_code == 404
    assert "审核人甲" not in client.get("/api/v1/findings").text
    unseen = client.get(f"/api/v1/findings/{finding_of(office, 'PUB-01')['id']}").json()
    assert unseen["trail"] is None
    assert unseen["actions"] == []


# ---------------------------------------------------------------- tokens and decisions
@pytest.fixture
def token(office):
    """Secrets of a reviewer and a viewer; from then on nobody is served without one."""
    text = office.settings.read_text("utf-8")
    office.settings.write_text(f'{text}\n[web]\naccounts = "accounts.toml"\n', "utf-8")
    path = settings_of.load(office.settings).web.accounts
    secrets = {}
    for name, role in (("shen", "reviewer"), ("kan", "viewer")):
        accounts.add(path, name, role, (), "")
        secrets[role] = accounts.make_token(path, name, 30)
    return secrets


def bearer(secret):
    return {"Authorization": f"Bearer {secret}"}


def test_without_a_token_nothing_but_the_description_is_given(office, token):
    client = visitor(office.settings)
    answer = client.get("/api/v1/statuses")
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.headers["content-type"] == "application/problem+json"
    assert client.get("/api/v1/statuses", headers=bearer("nbt_wrong")).status_code == 401
    assert client.get("/api/v1/openapi.json").status_code == 200
    assert client.get("/api/v1/statuses", headers=bearer(token["viewer"])).status_code == 200
    run = client.get("/api/v1/runs", headers=bearer(token["viewer"])).json()["items"][0]["id"]
    assert client.get(f"/api/v1/runs/{run}/portals", headers=bearer(token["viewer"])).status_code == 403


def test_a_reviewer_decides_on_exactly_what_they_saw(office, token):
    client, row = visitor(office.settings), finding_of(office)
    path, said = f"/api/v1/findings/{row['id']}/decisions", {"action": "confirm", "fact": row["fact"], "state": "open",
                                                            "reason": "见原文"}
    assert client.post(path, json=said).status_code == 401
    assert client.post(path, json=said, headers=bearer(token["viewer"])).status_code == 403
    wrong = client.post(path, json={**said, "fact": "0000"}, headers=bearer(token["reviewer"]))
    assert wrong.status_code == 409
    assert wrong.headers["content-type"] == "application/problem+json"
    taken = client.post(path, json=said, headers=bearer(token["reviewer"]))
    assert (taken.status_code, taken.json()["state"]) == (200, "confirmed")
    assert taken.json()["trail"][0]["who"] == "shen"
    assert client.post(path, json=said, headers=bearer(token["reviewer"])).status_code == 409
    with office.store.read() as connection:
        assert "action=confirm" in " ".join(row[0] for row in connection.execute("SELECT detail FROM web_trail"))


@pytest.mark.parametrize("sent", [b"", b"{", b"[]", b"\xff", b'{"action": 1}', b'{"action": "confirm"}', b"[" * 9000,
                                  b'{"action": "fly", "fact": "a", "state": "open", "reason": "x"}',
                                  b'{"nonsense": "x"}'])
def test_wrong_decisions_are_refused(office, token, sent):
    answer = visitor(office.settings).post(
        f"/api/v1/findings/{finding_of(office)['id']}/decisions", content=sent,
        headers={**bearer(token["reviewer"]), "Content-Type": "application/json"})
    assert answer.status_code in (400, 409), answer.text
    assert finding_of(office)["state"] == "open"


def test_decisions_need_a_token_even_at_this_machine(client, office):
    row = finding_of(office)
    answer = client.post(f"/api/v1/findings/{row['id']}/decisions",
                         json={"action": "confirm", "fact": row["fact"], "state": "open", "reason": "x"})
    assert answer.status_code == 403


# ---------------------------------------------------------------- its own description
def test_the_document_tells_of_every_operation_and_field(client):
    told = client.get("/api/v1/openapi.json").json()
    declared = api.api()
    assert {each["operationId"] for path in told["paths"].values()
            for each in path.values()} == set(declared.operations)
    assert told["info"]["title"] == "年报监测数据接口"
    assert client.get("/api/v1/openapi.json?lang=en").json()["info"]["title"].startswith("nianbao")
    for name, schema in declared.schemas.items():
        assert list(told["components"]["schemas"][name]["properties"]) == list(schema.whole)
    references = set(re.findall(r'"#/components/schemas/(\w+)"', json.dumps(told)))
    assert references <= set(told["components"]["schemas"])


def test_every_declaration_is_used():
    from monitor.web import resources
    from monitor.web.views import exports
    declared = api.api()
    assert set(resources.PAGES) | set(resources.ONE) == set(declared.operations)
    named = {name for each in declared.operations.values() for name in each.parameters} | {"id"}
    assert named == set(declared.parameters)
    assert {each.holds for each in declared.operations.values()} | {
        each.takes for each in declared.operations.values() if each.takes} | {"problem"} | {
        each.schema for each in exports.TABLES.values()} == set(declared.schemas)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_whatever_is_asked_is_answered_as_documented(office, token):
    import schemathesis
    from hypothesis import HealthCheck, settings
    from schemathesis.specs.openapi.checks import positive_data_acceptance

    client = visitor(office.settings)
    schema = schemathesis.openapi.from_asgi("/api/v1/openapi.json", client.app, headers={"host": "127.0.0.1"})
    tried = 0
    for result in schema.get_all_operations():
        operation = result.ok()

        @settings(max_examples=25, suppress_health_check=list(HealthCheck), derandomize=True)
        @_given(operation)
        def ask(case):
            nonlocal tried
            tried += 1
            # A place in a list or a finding's fact can be well formed and yet be none: 400 is right then.
            case.call_and_validate(headers={**bearer(token["reviewer"]), "host": "127.0.0.1"},
                                   excluded_checks=[positive_data_acceptance])

        ask()
    assert tried > 200


def _given(operation):
    import hypothesis

    return hypothesis.given(case=operation.as_strategy())


def test_the_description_is_valid_openapi_structure(client):
    told = openapi.document("zh", "1.0")
    for path, methods in told["paths"].items():
        for operation in methods.values():
            named = {each["name"] for each in operation["parameters"] if each["in"] == "path"}
            assert named == set(re.findall(r"\{(\w+)\}", path))
            assert {"200", "400", "401", "403", "404", "429", "503"} <= set(operation["responses"])
