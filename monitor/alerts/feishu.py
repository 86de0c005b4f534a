"""Feishu (飞书) group robots: a text message, signed with the robot's secret where it has one."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from typing import Any

from monitor.alerts.chat import Request, Robot


def request(row: Mapping[str, Any], text: str, robot: Robot, moment: float) -> Request:
    """Signature: base64(HMAC-SHA256(key = "<seconds>\\n<secret>", message empty)) in the body."""
    # <at user_id="all"> calls everybody in the group: texts of ours quote what strangers wrote.
    body: dict[str, Any] = {"msg_type": "text", "content": {"text": text.replace("<", "＜")}}
    if robot.secret:
        stamp = str(int(moment))
        digest = hmac.new(f"{stamp}\n{robot.secret}".encode(), b"", hashlib.sha256).digest()
        body |= {"timestamp": stamp, "sign": base64.b64encode(digest).decode()}
    return Request(robot.address, body, {})
