"""WeCom (企业微信) group robots: a text message; the key in the address is the only secret."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from monitor.alerts.chat import Request, Robot


def request(row: Mapping[str, Any], text: str, robot: Robot, moment: float) -> Request:
    return Request(robot.address, {"msgtype": "text", "text": {"content": text}}, {})
