"""The anomalies of government portals, in the order of their harm (portals.md §3), each against a loopback portal.

 1 challenge read as "no report"      test_challenges_are_never_empty_lists
 2 list in script or JSON             test_a_list_drawn_by_script_is_unknown; families/test_portals (script-*, gkmlpt …)
 3 copies on foreign domains          test_rows_elsewhere_are_seen_but_no_evidence
 4 dates that disagree                test_dates_that_disagree_are_all_kept; monitor/test_standing (undated)
 5 files and viewers only             test_reports_in_files_and_viewers_are_captured
 6 old form under a new year          monitor/rules (FMT-06), tests/portals/world (shifan-civil)
 7 soft 404, stub, list when throttled test_what_stands_in_place_of_an_article; test_outcomes, test_scan (homeward)
 8 paging bases and ignored questions families/test_enumerating, families/test_portals (…-deaf, …-frozen, …-cut)
 9 twins in columns, schemes, mobile  test_twins_of_one_article_are_one_row; test_scan (twice)
10 cut titles, strange days           test_cut_titles_are_completed_or_the_list_is_not_whole; families/test_rows
11 rows to WeChat and other portals   test_rows_elsewhere_are_seen_but_no_evidence
12 attachments                        test_attachments_of_every_kind; test_a_link_that_expires_is_no_new_version
13 encodings, forced gzip             test_encodings_that_headers_lie_about
14 TLS                                test_certificates_nobody_can_trust
15 meta missing or template           test_dates_of_pages_without_usable_meta
16 retired endpoints, reused domains  test_a_domain_in_other_hands_is_unknown; families/test_portals (truecms-retired)
17 slow, resets, cut bodies           test_connections_that_break
18 edited or removed later            test_scan (runs compared), test_resume
19 a note in place of a report        test_a_note_is_no_report
20 two bodies, posted twice           test_a_report_for_two_bodies_and_one_posted_twice
"""

import contextlib
import gzip
import io
import ipaddress
import json
import socket
import sqlite3
import ssl
import threading
import time
import zipfile
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from crawler import scan
from crawler.evidence import Evidence
from extract import report as reports
from extract.model import Hints
from tests.crawler.small_portals import REPORT, Case, World, article, listing, name_of
from tests.portals.serving import Response

PDF = Response(b"%PDF-1.4 one", content_type="application/pdf")
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def articles():
    return {f"/nb/t{year + 1}0115_{year}.html": article() for year in range(2021, 2024)}


def row(url, title, day="2024-01-15"):
    return f'<li><a href="{url}">{title}</a><span>{day}</span></li>'


def rows_of(*rows):
    return f"<html><body><div class='list'><ul>{''.join(rows)}</ul></div></body></html>"


def report_of(name, year=2023):
    return REPORT.format(name=name_of(name), year=year)


def packed(name="a.docx"):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as bundle:
        bundle.writestr(name, b"text")
    return buffer.getvalue()


def captcha_then(file):
    """A download that answers every second time, then asks for a captcha with status 200."""
    def answer(request):
        answer.asked += 1
        return file if answer.asked == 1 else Response.page("<html><form>请输入验证码<input></form></html>")
    answer.asked = 0
    return answer


def gzipped(html):
    return Response(gzip.compress(html.encode()), headers={"Content-Encoding": "gzip", "Vary": "Accept-Encoding"})


GAMBLING = ("<html><head><title>皇冠体育_真人娱乐</title></head><body><ul>"
            + "".join(f"<li><a href='/news/{number}0001.html'>真人百家乐送彩金{number}</a><i>2026-01-0{number}</i></li>"
                      for number in range(1, 8)) + "</ul></body></html>")
TEMPLATE = ("<html><body><ul><li v-for='el in rows'><a href='{{ el.url }}'>{{ el.title }}</a></li></ul>"
            "<script src='/app.js'></script></body></html>")
VIEWERS = {2021: "<iframe src='/f/r.pdf'></iframe>",
           2022: "<iframe src='/pdfjs/web/viewer.html?file=/f/r.pdf'></iframe>",
           2023: "<div id='pdfshow' data-value='/f/r.pdf'></div>", 2024: "<embed src='/f/r.pdf'>",
           2025: "<img src='./scan1.jpg'><img src='./scan2.jpg'>", 2020: "<a onclick=\"down('/f/r.pdf')\">全文</a>",
           2019: "<iframe src='/f/body.html'></iframe>"}
LIST = listing(name_of("throttled"))
LONG = name_of("cut") + "2023年政府信息公开工作年度报告"
CASES = {
    "c200": Case({"/nb/": "<html><script>$_ts.cd='x';</script></html>"}),
    "c202": Case({"/nb/": Response(b"<script>$_ts.cd='x'</script>", 202)}),
    "c412": Case({"/nb/": Response(b"", 412)}),
    "c521": Case({"/nb/": Response(b"<script>document.cookie='__jsl_clearance_s=1'</script>", 521)}),
    "c302": Case({"/nb/": Response(status=302, headers={"Location": "/nb/"})}),
    "drawn": Case({"/nb/": TEMPLATE}),
    "elsewhere": Case({"/nb/": rows_of(
        row("./t20240115_2023.html", report_of("elsewhere")),
        row("http://127.0.99.9/copy/1.html", report_of("elsewhere", 2022)),
        row("https://mp.weixin.qq.com/s/abc", report_of("elsewhere", 2021))), **articles()}),
    "dates": Case({"/nb/": rows_of(row("./t20220218_2021.html", report_of("dates", 2021), "2022-01-31")),
                   "/nb/t20220218_2021.html": "<html><head><meta name='PubDate' content='2022-01-29 10:00'></head>"
                   "<body><table><tr><td>成文日期</td><td>2022-01-20</td></tr></table><div>发布时间：2022-01-29</div>"
                   "<div class='TRS_Editor'><p>收到申请3件，办结3件。</p></div></body></html>"}),
    "viewers": Case({"/nb/": listing(name_of("viewers"), range(2019, 2026)),
                     "/f/body.html": article("收到申请3件。" * 40),
                     **{f"/nb/t{year + 1}0115_{year}.html": article("全文如下。", inside)
                        for year, inside in VIEWERS.items()},
                     "/f/r.pdf": PDF, "/nb/scan1.jpg": Response(b"\xff\xd8\xff one", content_type="image/jpeg"),
                     "/nb/scan2.jpg": Response(b"\xff\xd8\xff two", content_type="image/jpeg")}),
    "throttled": Case({"/nb/": LIST, "/nb/t20220115_2021.html": LIST,
                       "/nb/t20230115_2022.html": "<html><head></head><body>" + " " * 250 + "</body></html>",
                       "/nb/t20240115_2023.html": article(after := "收到申请3件。" * 40)}),
    "twins": Case({"/nb/": rows_of(row("/c/mpost_11.html", report_of("twins"), ""),
                                   row("/c/post_11.html", report_of("twins")),
                                   row("/c/mpost_10.html", report_of("twins", 2022), "2023-01-15")),
                   "/c/post_11.html": article(), "/c/mpost_10.html": article()}),
    "cut": Case({"/nb/": rows_of(row("./t20240115_1.html", LONG[:16] + "…"),
                                 row("./t20240115_2.html", LONG[:7] + "..."),
                                 row("./t20230115_3.html", report_of("cut", 2022), "[01-15]")),
                 "/nb/t20240115_1.html": f"<html><title>{LONG}_年报_示例市</title><body>x{after}</body></html>",
                 "/nb/t20240115_2.html": f"<html><body><h1>{name_of('cut')}机关党委换届公告</h1>{after}</body></html>",
                 "/nb/t20230115_3.html": article()}),
    "hidden": Case({"/nb/": rows_of(row("./t20240115_1.html", LONG[:9] + "…"),
                                    row("./t20230115_3.html", report_of("hidden", 2022), "2023- 01- 13 16 : 26")),
                    "/nb/t20230115_3.html": article()}),
    "files": Case({"/nb/": listing(name_of("files"), range(2021, 2024)),
                   "/nb/t20220115_2021.html": article("见附件。", "<a href='/d/0f3a9c.zip'>1.zip</a>"
                                                      "<a href='/d/w.doc'>2.doc</a><a href='/d/octet.pdf'>3.pdf</a>"),
                   "/d/0f3a9c.zip": Response(packed(), content_type="application/zip"),
                   "/d/w.doc": Response(packed("word/document.xml"), content_type="application/msword"),
                   "/d/octet.pdf": Response(b"%PDF-1.4 x", content_type="application/octet-stream"),
                   "/nb/t20230115_2022.html": article("见附件。", "<a href='/d/get.jsp?name=1.pdf'>1.pdf</a>"),
                   "/d/get.jsp": captcha_then(PDF), "/d/html.pdf": "<html><body>404</body></html>",
                   "/nb/t20240115_2023.html": article("见附件。", "<a href='/d/get.jsp?name=2.pdf'>2.pdf</a>"
                                                      "<a href='/d/html.pdf'>3.pdf</a>")}),
    "utf8gbk": Case({"/nb/": Response(listing(name_of("utf8gbk")).encode("gbk"),
                                      content_type="text/html; charset=utf-8"), **articles()}),
    "gbkutf8": Case({"/nb/": Response(listing(name_of("gbkutf8")).encode(), content_type="text/html; charset=gb2312"),
                     **articles()}),
    "gzip": Case({"/nb/": gzipped(listing(name_of("gzip"))), **articles()}),
    "meta": Case({"/nb/": listing(name_of("meta"), range(2021, 2024)),
                  **{f"/nb/t{year + 1}0115_{year}.html": f"<html><head>{meta}</head><body><div>发布日期：2022-01-29"
                     f" 16:20</div><div class='TRS_Editor'><p>收到申请3件。</p></div></body></html>"
                     for year, meta in {2021: "<meta name='PubDate' content=''>", 2022: "",
                                        2023: "<meta name='PubDate' content='$PubDate$'>"}.items()}}),
    "gambling": Case({"/nb/": GAMBLING}),
    "note": Case({"/nb/": rows_of(row("./t20240115_2023.html", f"{name_of('note')}为新成立单位，无2023年度报告"),
                                  row("./t20230115_2022.html", report_of("note", 2022))), **articles()}),
    "twice": Case({"/nb/": rows_of(row("./t20240115_2023.html", report_of("twice")),
                                   row("./t20240116_2023.html", report_of("twice")),
                                   row("./t20230115_2022.html", f"{name_of('twice')}、{report_of('note', 2022)}")),
                   **articles(), "/nb/t20240116_2023.html": article()}),
}
OUTCOMES = {**dict.fromkeys(("c200", "c202", "c412", "c521", "c302"), "challenge"), "drawn": "unknown_shape",
            "gambling": "unknown_shape"}


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    with World(tmp_path_factory.mktemp("anomalies"), CASES) as made:
        made.result = scan.run(made.plan(run="first", retries=0))
        yield made


def ask(world, query, *values):
    connection = sqlite3.connect(world.folder / "n.db")
    connection.row_factory = sqlite3.Row
    try:
        return [dict(found) for found in connection.execute(query, values)]
    finally:
        connection.close()


def listed(world, case):
    return ask(world, "SELECT * FROM listing WHERE portal = ?", case)[0]


def sightings(world, case):
    return ask(world, "SELECT * FROM listed WHERE listing = ? ORDER BY id", listed(world, case)["id"])


def captures(world, case):
    return {found["url"].rsplit("/", 1)[1]: found
            for found in ask(world, "SELECT * FROM capture WHERE portal = ?", case)}


def parts(capture):
    return [(part["role"], part["outcome"], part["media_type"]) for part in json.loads(capture["parts"])][1:]


@pytest.mark.parametrize("case", ["c200", "c202", "c412", "c521", "c302"])
def test_challenges_are_never_empty_lists(world, case):
    assert (listed(world, case)["outcome"], listed(world, case)["complete"]) == ("challenge", 0)
    assert world.paths(case).count("/nb/") == 1, "nobody tries to break it"


@pytest.mark.parametrize("case", CASES)
def test_every_portal_comes_to_its_outcome(world, case):
    assert listed(world, case)["outcome"] == OUTCOMES.get(case, "ok"), listed(world, case)["reason"]


def test_a_list_drawn_by_script_is_unknown(world):
    assert sightings(world, "drawn") == []
    assert listed(world, "drawn")["complete"] == 0


def test_a_domain_in_other_hands_is_unknown(world):
    assert "none of 7 rows is about annual reports" in listed(world, "gambling")["reason"]
    assert captures(world, "gambling") == {}


def test_rows_elsewhere_are_seen_but_no_evidence(world):
    routes = [(found["route"], found["year"]) for found in sightings(world, "elsewhere")]
    assert routes == [("report", 2023), ("foreign", 2022), ("foreign", 2021)]
    assert list(captures(world, "elsewhere")) == ["t20240115_2023.html"]


def read(world, capture):
    part = json.loads(capture["parts"])[0]
    data = Evidence(world.folder / "evidence").get(part["sha256"])
    return reports.read(data, Hints(url=capture["url"], list_date=capture["list_day"], title=capture["list_title"]))


def test_dates_that_disagree_are_all_kept(world):
    published = read(world, captures(world, "dates")["t20220218_2021.html"]).published
    assert published.date == "2022-01-29"
    assert {entry.date for entry in published.all} >= {"2022-01-29", "2022-01-31", "2022-02-18", "2022-01-20"}


def test_dates_of_pages_without_usable_meta(world):
    found = captures(world, "meta")
    assert {read(world, capture).published.date for capture in found.values()} == {"2022-01-29"}


def test_reports_in_files_and_viewers_are_captured(world):
    found = captures(world, "viewers")
    for year in (2020, 2021, 2022, 2023, 2024):
        assert parts(found[f"t{year + 1}0115_{year}.html"]) == [("attachment", "ok", "application/pdf")], year
    assert parts(found["t20260115_2025.html"]) == [("image", "ok", "image/jpeg")] * 2
    assert parts(found["t20200115_2019.html"]) == [("page", "ok", "text/html")], "the frame that holds the article"
    assert all(capture["content"] for capture in found.values())


def test_what_stands_in_place_of_an_article(world):
    found = captures(world, "throttled")
    assert (found["t20220115_2021.html"]["outcome"], found["t20220115_2021.html"]["content"]) == ("rate_limited", None)
    assert (found["t20230115_2022.html"]["outcome"], found["t20230115_2022.html"]["content"]) == ("soft_404", None)
    assert found["t20240115_2023.html"]["outcome"] == "ok"


def test_twins_of_one_article_are_one_row(world):
    seen = [(found["url"].rsplit("/", 1)[1], found["day"]) for found in sightings(world, "twins")]
    assert seen == [("post_11.html", "2024-01-15"), ("mpost_10.html", "2023-01-15")]


def test_cut_titles_are_completed_or_the_list_is_not_whole(world):
    seen = sightings(world, "cut")
    assert [found["route"] for found in seen] == ["report", "other", "report"]
    assert [found["day"] for found in seen] == ["2024-01-15", "2024-01-15", ""], "a day without a year is none"
    assert seen[0]["title"] == LONG
    assert listed(world, "cut")["complete"] == 1
    hidden = listed(world, "hidden")
    assert (hidden["complete"], hidden["in_order"], "cut off" in hidden["reason"]) == (0, 0, True)
    assert sightings(world, "hidden")[1]["day"] == "2023-01-13"


def test_attachments_of_every_kind(world):
    found = captures(world, "files")
    assert parts(found["t20220115_2021.html"]) == [
        ("attachment", "ok", "application/zip"), ("attachment", "ok", DOCX),
        ("attachment", "ok", "application/pdf")]
    outcomes = sorted(parts(found[f"t{year + 1}0115_{year}.html"])[0][1] for year in (2022, 2023))
    assert outcomes == ["challenge", "ok"]
    captcha = next(found[f"t{year + 1}0115_{year}.html"] for year in (2022, 2023)
                   if parts(found[f"t{year + 1}0115_{year}.html"])[0][1] == "challenge")
    assert (captcha["outcome"], captcha["content"]) == ("challenge", None), "the report wasn't seen, not missing"
    assert ("attachment", "soft_404", "text/html") in parts(found["t20240115_2023.html"])


@pytest.mark.parametrize("case", ["utf8gbk", "gbkutf8", "gzip"])
def test_encodings_that_headers_lie_about(world, case):
    assert [(found["route"], found["body"]) for found in sightings(world, case)] == [("report", f"body-{case}")] * 3
    assert listed(world, case)["complete"] == 1


def test_a_note_is_no_report(world):
    seen = sightings(world, "note")
    assert [(found["route"], found["body"], found["year"]) for found in seen] == [
        ("note", "body-note", 2023), ("report", "body-note", 2022)]
    assert list(captures(world, "note")) == ["t20230115_2022.html"]


def test_a_report_for_two_bodies_and_one_posted_twice(world):
    seen = sightings(world, "twice")
    assert [(found["route"], found["body"], found["year"]) for found in seen] == [
        ("report", "body-twice", 2023), ("report", "body-twice", 2023), ("report", "body-twice", 2022),
        ("report", "body-note", 2022)]
    assert listed(world, "twice")["items"] == 3, "a joint report is one row of the list"
    found = captures(world, "twice")
    assert found["t20240115_2023.html"]["content"] == found["t20240116_2023.html"]["content"]
    assert len(found) == 3, "one page, captured once for both"


def test_a_link_that_expires_is_no_new_version(tmp_path):
    def page(request):
        return Response.page(article("见附件。", f"<a href='/oss/a.pdf?Expires={request.count}&Signature=x'>a.pdf</a>"))
    with World(tmp_path, {"a": Case({"/nb/": listing(name_of("a"), range(2023, 2024)),
                                     "/nb/t20240115_2023.html": page, "/oss/a.pdf": PDF})}) as world:
        assert len(scan.run(world.plan()).new) == 1
        again = scan.run(world.plan())
        assert (again.new, again.changed) == ([], [])


# ---------------------------------------------------------------- below HTTP
def certificate(folder, days):
    """A self-signed certificate for 127.0.9.201, valid until `days` from now; the file with key and certificate."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.9.201")])
    now = datetime.now(UTC)
    made = (x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
            .serial_number(days + 1000).not_valid_before(now - timedelta(days=90))
            .not_valid_after(now + timedelta(days=days))
            .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.9.201"))]), False)
            .sign(key, hashes.SHA256()))
    path = folder / f"{days}.pem"
    path.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                       serialization.NoEncryption()) + made.public_bytes(serialization.Encoding.PEM))
    return path


def serve(behaviour, context=None):
    """A listening socket that treats every connection as `behaviour` says; its port is its name."""
    listener = socket.create_server(("127.0.9.201", 0))

    def loop():
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listener.accept()
                threading.Thread(target=handle, args=(connection,), daemon=True).start()

    def handle(connection):
        with contextlib.suppress(OSError, ssl.SSLError), connection:
            spoken = context.wrap_socket(connection, server_side=True) if context else connection
            behaviour(spoken, spoken.recv(4096))
    threading.Thread(target=loop, daemon=True).start()
    return listener


def answered(connection, body, length=None, pause=0.0):
    head = f"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {length or len(body)}\r\n\r\n"
    connection.sendall(head.encode())
    for start in range(0, len(body), 200):
        time.sleep(pause)
        connection.sendall(body[start:start + 200])


def without_robots(behaviour):
    """The behaviour for every page; robots.txt simply isn't there."""
    def handled(connection, asked):
        if b"/robots.txt" in asked:
            connection.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        else:
            behaviour(connection, asked)
    return handled


def reset(connection, asked):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")


PAGE = listing(name_of("a")).encode()


def at(port, scheme="http"):
    return Case({}, {"hosts": [f"127.0.9.201:{port}"],
                     "columns": [{"id": "c", "name": "n", "url": f"{scheme}://127.0.9.201:{port}/nb/"}]})


@pytest.mark.slow
def test_connections_that_break(tmp_path):
    behaviours = {"reset": reset, "cut": lambda connection, asked: answered(connection, PAGE, len(PAGE) + 500),
                  "slow": lambda connection, asked: answered(connection, PAGE * 4, pause=0.7)}
    with contextlib.ExitStack() as stack:
        ports = {kind: stack.enter_context(serve(without_robots(behaviour))).getsockname()[1]
                 for kind, behaviour in behaviours.items()}
        world = stack.enter_context(World(tmp_path, {kind: at(port) for kind, port in ports.items()}))
        result = scan.run(world.plan(timeout=2.0, retries=0))
        assert result.outcomes == {"server_error": ["cut", "reset"], "timeout": ["slow"]}
        assert "cut short" in result.reasons["cut"]
        assert ask(world, "SELECT * FROM sighting") == [], "half a list is no list"


@pytest.mark.slow
def test_certificates_nobody_can_trust(tmp_path):
    with contextlib.ExitStack() as stack:
        cases = {}
        for kind, days in (("selfsigned", 90), ("expired", -30)):
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate(tmp_path, days))
            listener = stack.enter_context(serve(lambda connection, asked: answered(connection, PAGE), context))
            cases[kind] = at(listener.getsockname()[1], "https")
        plain = stack.enter_context(serve(lambda connection, asked: answered(connection, PAGE)))
        cases["httponly"] = at(plain.getsockname()[1], "https")
        world = stack.enter_context(World(tmp_path, cases))
        result = scan.run(world.plan(timeout=3.0, retries=0))
        assert result.outcomes == {"tls": ["expired", "httponly", "selfsigned"]}
