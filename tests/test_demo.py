"""What the demo is made of, without the product: settings edited in place, the mail sink, the politeness measure."""

from __future__ import annotations

import smtplib
import tomllib
from email.message import EmailMessage

import pytest
import yaml

from tests import demo
from tests.portals.serving import Visit


def test_values_are_replaced_and_comments_kept():
    toml = '[scan]\ndelay = 1.2   # seconds\ncontact = ""\n[mail]\ncontact = "a"\n'
    made = demo.with_values(toml, {"scan.delay": "0.4", "scan.contact": '"x@y.example"'})
    assert tomllib.loads(made) == {"scan": {"delay": 0.4, "contact": "x@y.example"}, "mail": {"contact": "a"}}
    assert "delay = 0.4  # seconds" in made


def test_a_setting_that_is_gone_is_told():
    with pytest.raises(KeyError, match=r"scan\.pace"):
        demo.with_values("[scan]\ndelay = 1\n", {"scan.pace": "2"})


def test_the_sink_keeps_every_mail(tmp_path):
    with demo.mail_sink(tmp_path / "mails") as (sink, port):
        sink.day = "2026-02-02"
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = "nianbao@city.example", "zwgk@city.example", "年报监测"
        mail.set_content("正文", cte="base64")
        with smtplib.SMTP("127.0.0.1", port) as client:
            client.send_message(mail)
            client.send_message(mail)
    assert sink.count == 2
    assert sorted(path.name for path in (tmp_path / "mails").iterdir()) == [
        "2026-02-02_01_zwgk-city-example.eml", "2026-02-02_02_zwgk-city-example.eml"]


def test_the_shortest_gap_is_measured_per_host():
    visits = [Visit(host, at, "GET", "/", 200, "") for host, at in
              (("a", 0.0), ("b", 0.1), ("a", 1.5), ("b", 0.9), ("a", 2.0))]
    assert demo.shortest_gap(visits) == 0.5
    assert demo.shortest_gap(visits[:2]) == float("inf")


def test_a_folder_that_is_no_demo_is_left_alone(tmp_path, capsys):
    (tmp_path / "thesis.txt").write_text("twelve years of work", "utf-8")
    assert demo.Demo(tmp_path, "en").play() == 2
    assert (tmp_path / "thesis.txt").exists()
    assert str(tmp_path) in capsys.readouterr().out


def test_every_line_is_there_in_both_languages():
    words = yaml.safe_load((demo.ROOT / "tests" / "demo.yaml").read_text("utf-8"))
    assert all(set(line) == {"zh", "en"} and all(line.values()) for line in words.values())
