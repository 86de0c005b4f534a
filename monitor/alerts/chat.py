"""What all chat channels share: the secret address of a robot, one POST to it, an answer that is believed only whole.

Promises: https only (http to loopback, for tests and gateways on this machine), no redirect is followed, at most 64 KB
are read; a message is sent only when the answer says so – these servers answer faults with HTTP 200; neither address
nor secret appears in any message. Leaves alone: each vendor's request and signature (dingtalk, wecom, feishu, webhook).
"""

from __future__ import annotations

import http.client
import ipaddress
import json
import os
import re
import socket
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field

from extract import configuration
from monitor.exceptions import DeliveryError, SettingsError

ENVIRONMENT = "NIANBAO_WEBHOOK_"
_ANSWER = 64 * 1024
_SECONDS = 15.0


class _Facts(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Advice(_Facts):
    zh: str
    en: str


class Terms(_Facts):
    """What one channel's server accepts, from config/channels.yaml."""

    hosts: tuple[str, ...] = ()
    bytes: int = Field(ge=100)
    per_minute: int = Field(ge=1)
    taken: dict[str, bool | int | str] | None = None
    """What an answer of 2xx holds when the message was taken, instead of the code 0; empty: any answer without code."""
    later: frozenset[int] = frozenset()
    never: dict[int, Advice] = {}


class Channels(_Facts):
    channels: dict[str, Terms]


@dataclass(frozen=True, slots=True)
class Robot:
    """Where messages of one recipient go. Its repr shows neither address nor secret."""

    address: str
    secret: str = ""

    def __repr__(self) -> str:
        return f"Robot({urlsplit(self.address).hostname})"


@dataclass(frozen=True, slots=True)
class Request:
    """One POST: the address with its query, headers and JSON."""

    address: str
    body: dict[str, Any]
    headers: dict[str, str]


def terms(channel: str) -> Terms:
    """Raises ConfigurationError where channels.yaml is wrong or lacks the channel."""
    facts: Channels = configuration.load("channels.yaml", Channels)
    if channel not in facts.channels:
        from extract.exceptions import ConfigurationError

        raise ConfigurationError(f"channels.yaml: no entry for the channel {channel}; known are "
                                 f"{', '.join(facts.channels)}")
    return facts.channels[channel]


def robot(recipient: str, folder: Path) -> Robot:
    """The robot of a recipient's id: from NIANBAO_WEBHOOK_<ID> and …_SECRET, or the file `<folder>/<id>.webhook`
    (first line the address, second the secret). Raises SettingsError, naming both ways."""
    variable = ENVIRONMENT + recipient.upper().replace("-", "_")
    path = folder / f"{recipient}.webhook"
    if address := os.environ.get(variable, "").strip():
        found = Robot(address, os.environ.get(f"{variable}_SECRET", "").strip())
    else:
        try:
            lines = path.read_text("utf-8-sig").split()
        except FileNotFoundError:
            raise SettingsError(f"{path}: no such file, and {variable} is not set; write the robot's address on its "
                                "first line and the signing secret on its second") from None
        except (OSError, UnicodeDecodeError) as fault:
            raise SettingsError(f"{path}: can't be read: {fault}") from None
        if not lines:
            raise SettingsError(f"{path}: empty; write the robot's address on its first line")
        found = Robot(lines[0], lines[1] if len(lines) > 1 else "")
    parts = urlsplit(found.address)
    if parts.scheme not in ("https", "http") or not parts.hostname:
        raise SettingsError(f"{path}: the robot's address must begin with https://")
    if parts.scheme == "http" and not _loopback(parts.hostname):
        raise SettingsError(f"{path}: the robot's address must begin with https://; http would show its key to anybody "
                            "on the way")
    return found


def post(channel: str, request: Request) -> None:
    """Send, and believe only an answer of HTTP 2xx that says so. Raises DeliveryError without address or secret."""
    parts = urlsplit(request.address)
    assert parts.hostname
    maker = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    data = json.dumps(request.body, ensure_ascii=False).encode()
    connection = maker(parts.hostname, parts.port, timeout=_SECONDS)
    try:
        connection.request("POST", f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}", body=data,
                           headers={"Content-Type": "application/json; charset=utf-8", "User-Agent": "nianbao",
                                    **request.headers})
        answer = connection.getresponse()
        status, body = answer.status, answer.read(_ANSWER)
    except ssl.SSLError as fault:
        raise DeliveryError(f"{channel}: TLS: {fault.reason or 'refused'}", permanent=False) from None
    except socket.gaierror:
        raise DeliveryError(f"{channel}: the robot's host was not found", permanent=False) from None
    except (OSError, http.client.HTTPException) as fault:
        raise DeliveryError(f"{channel}: {type(fault).__name__}: {fault}"[:300], permanent=False) from None
    finally:
        connection.close()
    judge(channel, status, body)


def judge(channel: str, status: int, body: bytes) -> None:
    """Whether the answer says that the message was taken. Raises DeliveryError, permanent where people must help."""
    if not 200 <= status < 300:
        later = status in (408, 425, 429) or status >= 500
        raise DeliveryError(f"{channel}: HTTP {status} {_text(body)}".strip(), permanent=not later)
    known = terms(channel)
    try:
        answer = json.loads(body)
    except ValueError:
        answer = None
    code = _code(answer)
    if known.taken and isinstance(answer, dict) and known.taken.items() <= answer.items():
        return
    if code is None:
        if known.taken == {}:  # a gateway of one's own answers as it likes; 2xx is its word
            return
        raise DeliveryError(f"{channel}: no answer of a robot: {_text(body)}", permanent=False)
    if code != 0 or known.taken:
        advice = known.never.get(code)
        said = _text(str(answer.get("errmsg") or answer.get("msg") or "").encode("utf-8", "replace"))
        raise DeliveryError(f"{channel}: {code} {said}{'; ' + advice.en if advice else ''}", permanent=bool(advice))


def fit(text: str, limit: int) -> str:
    """`text` within `limit` bytes of UTF-8, whole characters, with … where something was cut; a last line that is an
    address is kept whole."""
    if len(text.encode()) <= limit:
        return text
    head, _, tail = text.rpartition("\n")
    if not tail.startswith("http") or len(tail.encode()) > limit // 2:
        head, tail = text, ""
    end = "…" + (f"\n{tail}" if tail else "")
    return head.encode()[:limit - len(end.encode())].decode("utf-8", "ignore") + end


def _code(answer: Any) -> int | None:
    if not isinstance(answer, dict):
        return None
    for key in ("errcode", "code", "StatusCode"):
        value = answer.get(key)
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        if isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,9}", value):
            return int(value)
    return None


def _text(body: bytes) -> str:
    return " ".join(body.decode("utf-8", "replace").split())[:200]


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
