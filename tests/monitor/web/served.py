"""The web of an installation, asked without a socket: for the tests of views."""

from __future__ import annotations

import re
from pathlib import Path

from starlette.testclient import TestClient

from crawler.store import Store
from monitor import records, settings
from monitor.web.installation import Installation
from monitor.web.server import application
from monitor.wording import Lang


def visitor(settings_path: Path, lang: Lang = "zh") -> TestClient:
    """A browser with its cookies at the pages of one installation."""
    loaded = settings.load(settings_path)
    settings.activate(loaded)
    store = Store(loaded.store.database)
    store.migrate(records.monitor_schema)
    return TestClient(application(Installation(loaded, store, lang)), base_url="http://127.0.0.1:8500",
                      follow_redirects=False, raise_server_exceptions=False)


def token_of(page: str) -> str:
    """The token a page's first form carries."""
    found = re.search(r'name="token" value="(\w+)"', page)
    assert found, "the page carries no form with a token"
    return found[1]
