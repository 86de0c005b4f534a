"""An office whose pages ask for a login, with people of every role: for the tests of who may do what.

`House(folder)`: the hand-made office of tests.monitor.office with accounts. Bodies `edu` and `trade` have findings; the
person `edu` sees only the first. Passwords are hashed at a cost that tests can bear.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from starlette.testclient import TestClient

from crawler.store import Store
from monitor import review
from monitor.web import accounts
from tests.monitor.office import ARITHMETIC, UNSEEN, Office
from tests.monitor.web.served import token_of, visitor

PASSWORD = "correct horse 7"
PEOPLE = {"zhao": ("viewer", ()), "qian": ("reviewer", ()), "sun": ("reviewer", ()), "li": ("reviewer", ()),
          "wang": ("operator", ()), "edu": ("operator", ("edu",))}
EDU, TRADE = ARITHMETIC, UNSEEN


class House:
    def __init__(self, folder: Path, web: str = "", general: str = "") -> None:
        self.office = Office(folder)
        self.path = folder / "accounts.toml"
        text = self.office.settings.read_text("utf-8")
        self.office.settings.write_text(f'{general}{text}[web]\naccounts = "accounts.toml"\n{web}', "utf-8")
        for name, (role, under) in PEOPLE.items():
            accounts.add(self.path, name, role, under, PASSWORD)
        self.store: Store = self.office.store

    def visitor(self) -> TestClient:
        """A browser nobody has logged in with."""
        return visitor(self.office.settings)

    def as_(self, name: str, client: TestClient | None = None) -> TestClient:
        """A browser in which this person is logged in."""
        client = client or self.visitor()
        answer = log_in(client, name)
        assert answer.status_code == 303, answer.text
        return client

    def state(self, finding: str) -> str:
        with self.store.read() as connection:
            return str(connection.execute("SELECT state FROM finding WHERE id = ?", (finding,)).fetchone()[0])

    def decide(self, finding: str, *actions: str, author: str = "qian", **said: str) -> None:
        with self.store.write() as connection:
            for action in actions:
                review.decide(connection, finding, action, author=author, **said)

    def rows(self, query: str, *values: object) -> list[tuple]:
        with self.store.read() as connection:
            return [tuple(row) for row in connection.execute(query, values)]


def log_in(client: TestClient, name: str, password: str = PASSWORD, **more: str):
    page = client.get("/login").text
    return client.post("/login", data={"token": token_of(page), "name": name, "password": password, **more})


def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(accounts, "COST", {"n": 16, "r": 1, "p": 1})


def form_of(client: TestClient, page: str, **fields: object) -> dict[str, object]:
    """The fields of a form with the token of the page it stands on."""
    return {"token": token_of(client.get(page).text), **fields}
