"""alerts: what waits without a mail host, what a server takes and refuses."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.monitor.office import Office


def test_alerts_without_a_mail_host_stay_queued(nianbao: Any, city: Office) -> None:
    said = nianbao("--config", city.settings, "alerts", "send", "--json")
    assert said.code == 3
    assert said.json["outbox"]["queued"] == 2
    assert "[mail] host" in said.err
    assert nianbao("--config", city.settings, "alerts", "test").code == 2


def test_alerts_reach_a_server(nianbao: Any, tmp_path: Path) -> None:
    from aiosmtpd.controller import Controller

    from tests.monitor.alerts.test_outbox import Server, free_port

    server = Server()
    controller = Controller(server, hostname="127.0.0.1", port=free_port())
    controller.start()
    try:
        office = Office(tmp_path, mail_port=controller.port)
        said = nianbao("--config", office.settings, "alerts", "send")
        assert said.code == 0
        assert "已发2封" in said.out
        assert nianbao("--config", office.settings, "alerts", "send", "--json").json["sent"] == []
        assert nianbao("--config", office.settings, "alerts", "test").code == 0
        server.recipient_answer = "550 no such mailbox"
        mistaken = nianbao("--config", office.settings, "alerts", "test", "--to", "张三")
        assert (mistaken.code, "不是邮箱地址" in mistaken.err) == (2, True)
        refused = nianbao("--config", office.settings, "alerts", "test", "--to", "x@city.example", "--json")
        assert refused.code == 3
        assert refused.json["mails"] == [{"recipient": "x@city.example", "sent": False, "error": "550 no such mailbox"}]
    finally:
        controller.stop()
    assert len(server.accepted) == 4
    assert server.accepted[-1]["Subject"] == "【年报监测】测试邮件"
