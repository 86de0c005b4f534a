"""DingTalk (钉钉) group robots: a text message, signed with the robot's secret where it has one."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote_plus

from monitor.alerts.chat import Request, Robot


def request(row: Mapping[str, Any], text: str, robot: Robot, moment: float) -> Request:
    """Signature: base64(HMAC-SHA256(secret, "<milliseconds>\\n<secret>")) in the address."""
    address = robot.address
    if robot.secret:
        stamp = str(int(moment * 1000))
        digest = hmac.new(robot.secret.encode(), f"{stamp}\n{robot.secret}".encode(), hashlib.sha256).digest()
        joint = "&" if "?" in address else "?"
        address += f"{joint}timestamp={stamp}&sign={quote_plus(base64.b64encode(digest))}"
    return Request(address, {"msgtype": "text", "text": {"content": text}}, {})
