"""A signed POST to a gateway of one's own (浙政钉 and the like): JSON with an idempotency key.

Signature in X-Nianbao-Signature: "sha256=" + hex(HMAC-SHA256(secret, "<X-Nianbao-Timestamp>." + body)), where body is
the request's bytes as sent.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

from monitor.alerts.chat import Request, Robot


def request(row: Mapping[str, Any], text: str, robot: Robot, moment: float) -> Request:
    """The same key for the same message for ever: a gateway that has seen it may drop a repetition."""
    body = {"key": row["key"], "kind": row["kind"], "scope": row["scope"], "period": row["period"],
            "created": row["created"], "subject": row["subject"], "text": text}
    stamp = str(int(moment))
    headers = {"Idempotency-Key": hashlib.sha256(row["key"].encode()).hexdigest(), "X-Nianbao-Timestamp": stamp}
    if robot.secret:
        signed = f"{stamp}.{json.dumps(body, ensure_ascii=False)}".encode()
        headers["X-Nianbao-Signature"] = "sha256=" + hmac.new(robot.secret.encode(), signed, hashlib.sha256).hexdigest()
    return Request(robot.address, body, headers)
