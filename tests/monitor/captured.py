"""A made history whose fetches brought real bytes, judged, and with settings and facts beside it for the commands."""

from __future__ import annotations

import json

from crawler import clock
from crawler.evidence import Evidence
from monitor import records, rejudging
from monitor.obligations import obligations
from monitor.standing import stand
from tests.monitor.history import HOST, History, _Settings


class Pages(History):
    """A history whose fetches brought real bytes."""

    def __init__(self, folder, *given, **named):
        super().__init__(folder, *given, **named)
        self.evidence = Evidence(folder / "evidence")

    def fetch(self, connection, run, url, moment, outcome="ok"):
        number = super().fetch(connection, run, url, moment, outcome)
        sha256 = self.evidence.put(f"<html>{url} 栏目 {run}</html>".encode())
        connection.execute(
            "UPDATE fetch SET sha256 = ?, status = 200, final_url = url, request = 'GET', media_type = ?, "
            "headers = ?, sent = ?, size = 30 WHERE id = ?",
            (sha256, "text/html", json.dumps({"content-type": "text/html", "content-encoding": "gzip"}),
             json.dumps({"user-agent": "nianbao (+contact)"}), number))
        return number

    def judge(self, at):
        with self.store.write() as connection:
            owed = obligations(self.roster, _Settings(), [2025])
            records.put_standings(connection, stand(connection, self.roster, owed, clock.parse(at)), at)
            rejudging.judge_store(connection, self.roster, at, obligations=owed, since=2020)

    def finding(self, rule):
        with self.store.read() as connection:
            return connection.execute("SELECT id FROM finding WHERE rule = ?", (rule,)).fetchone()["id"]

    @property
    def settings(self):
        return self.store.path.with_name("settings.toml")

    def install(self, now):
        """settings.toml and facts beside the database, so that the commands work on it at `now`."""
        facts = self.store.path.parent / "facts"
        (facts / "portals").mkdir(parents=True)
        (facts / "portals" / "p.yaml").write_text(
            "id: p\nname: 示例市门户\nhosts: [www.shili.example]\ncolumns: [" + ", ".join(
                f"{{id: {column.id}, name: {column.name}, url: '{HOST}/{column.id}/'}}"
                for column in self.portal.columns) + "]\n", "utf-8")
        (facts / "bodies.csv").write_text("id,name,kind,level,portal,scopes\n" + "".join(
            f"{body.id},{body.name},{body.kind},{body.level},{body.portal},{';'.join(body.scopes)}\n"
            for body in self.bodies), "utf-8")
        self.settings.write_text(
            f'[facts]\nfolder = "facts"\n[store]\ndatabase = "history.db"\n[clock]\nat = "{now}"\n'
            "[monitoring]\nrequire_confirmation = false\n", "utf-8")
