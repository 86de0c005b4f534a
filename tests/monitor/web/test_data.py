"""The page of what there is to take along."""

from __future__ import annotations

import io
import re
import zipfile

import openpyxl
import pytest

from monitor.web.people import Person
from monitor.web.views import data
from tests.monitor.office import Office
from tests.monitor.web.library import shelve
from tests.monitor.web.served import visitor


@pytest.fixture
def office(tmp_path):
    made = Office(tmp_path)
    shelve(made, "edu", 2025)
    return made


@pytest.fixture
def client(office):
    return visitor(office.settings)


@pytest.mark.parametrize(("path", "words"), [("/data", "程序接口"), ("/en/data", "Interface for programs")])
def test_every_file_the_page_offers_is_there(client, path, words):
    page = client.get(path).text
    assert words in page
    assert "/api/v1/openapi.json" in page
    assert "GET /api/v1/statuses" in page
    addresses = [address for address in re.findall(r'href="([^"]+)"', page)
                 if re.search(r"\.(?:csv|xlsx|json|zip|atom|ics)", address)]
    assert len(addresses) > 15
    for address in addresses:
        assert client.get(address.replace("&amp;", "&")).status_code == 200, address


def test_package_and_ledger_hold_the_remit_only(client, monkeypatch):
    package = zipfile.ZipFile(io.BytesIO(client.get("/files/nianbao-data.zip").content))
    assert "datapackage.json" in package.namelist()
    assert "示例市商务局" in package.read("bodies.csv").decode("utf-8-sig")
    book = openpyxl.load_workbook(io.BytesIO(client.get("/files/ledger.xlsx").content))
    assert len(book.sheetnames) > 3
    monkeypatch.setattr("monitor.web.sessions.Person",
                        lambda name, _role, local=False: Person(name, "reviewer", ("edu",)))
    package = zipfile.ZipFile(io.BytesIO(client.get("/files/nianbao-data.zip").content))
    for name in package.namelist():
        assert "商务局" not in package.read(name).decode("utf-8-sig"), name
    book = openpyxl.load_workbook(io.BytesIO(client.get("/files/ledger.xlsx").content))
    assert not any("商务局" in str(cell.value) for sheet in book for row in sheet for cell in row)


def test_much_data_is_made_by_command_not_while_somebody_waits(client, monkeypatch):
    monkeypatch.setattr(data, "SMALL", 3)
    page = client.get("/data").text
    assert "nianbao export data --out" in page
    assert "nianbao-data.zip\"" not in page
    assert client.get("/files/nianbao-data.zip").status_code == 404


def test_readers_get_no_ledger(client, monkeypatch):
    monkeypatch.setattr("monitor.web.sessions.Person", lambda name, _role, local=False: Person(name, "viewer"))
    page = client.get("/data").text
    assert "ledger.xlsx" not in page
    assert "decisions" not in page
    assert client.get("/files/ledger.xlsx").status_code == 403


@pytest.mark.parametrize("name", ["nothing.zip", "..%2f..%2fsettings.toml", "nianbao.db"])
def test_nothing_else_is_given(client, name):
    assert client.get(f"/files/{name}").status_code == 404


def test_an_empty_installation_has_its_page_too(tmp_path):
    office = Office(tmp_path / "other")
    with office.store.write() as connection:
        connection.execute("DELETE FROM standing")
    assert visitor(office.settings).get("/data").status_code == 200
