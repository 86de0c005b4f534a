"""Proxies by name: many portals answer only from inside the country.

Promises: a portal goes through the proxy its facts name, else through the one of the settings, else directly;
credentials come from the environment (NIANBAO_PROXY_<NAME> = user:password) or a file of `name = user:password`
lines, never from an address, and never enter a plan, a row or a message. Leaves alone: sending (middlewares.py).
"""

from __future__ import annotations

import base64
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from crawler.exceptions import ScanError

DIRECT = "direct"
ENVIRONMENT = "NIANBAO_PROXY_"


@dataclass(frozen=True, slots=True, repr=False)
class Proxy:
    """`address` is http://host:port; `authorization` the header to send, empty where it needs none."""

    name: str
    address: str
    authorization: str = ""

    def __repr__(self) -> str:
        return f"Proxy({self.name}, {self.address}{', with credentials' if self.authorization else ''})"


def fault_of(address: str) -> str:
    """What is wrong with a proxy's address as written, empty where nothing is."""
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        return "no valid address; write http://host:port"
    if parts.username or parts.password:
        return "credentials never stand in the address; set NIANBAO_PROXY_<NAME> or name a proxy_secrets file"
    if parts.scheme != "http" or not parts.hostname or port is None or parts.path not in ("", "/"):
        return "write http://host:port"
    return ""


class Proxies:
    """The proxies of a scan. Raises ScanError for a bad address or an unreadable file of secrets."""

    def __init__(self, addresses: Mapping[str, str], default: str = "", secrets: str | None = None) -> None:
        known = _secrets_of(Path(secrets)) if secrets else {}
        self._proxies = {}
        for name, address in addresses.items():
            fault = fault_of(address)
            if fault:
                raise ScanError(f"[scan.proxies] {name}: {fault}")
            secret = os.environ.get(ENVIRONMENT + name.upper().replace("-", "_"), known.get(name, ""))
            header = f"Basic {base64.b64encode(secret.encode()).decode()}" if secret else ""
            self._proxies[name] = Proxy(name, address.rstrip("/"), header)
        self._default = default

    def of(self, portal: str, named: str) -> Proxy | None:
        """The proxy of a portal whose facts name `named` (empty: the settings' default); None is the direct way.
        Raises ScanError where no such proxy is set."""
        name = named or self._default
        if name in ("", DIRECT):
            return None
        if name not in self._proxies:
            raise ScanError(f"portal {portal}: proxy {name!r} is not set; add it under [scan.proxies] in "
                            f"settings.toml, known are {', '.join(sorted(self._proxies)) or 'none'}")
        return self._proxies[name]

    @property
    def hosts(self) -> set[str]:
        return {urlsplit(proxy.address).hostname or "" for proxy in self._proxies.values()}


def shown(addresses: Mapping[str, str], secrets: str | Path | None = None) -> dict[str, str]:
    """The addresses as they may be shown: whether credentials are known, never what they are."""
    try:
        known = Proxies(addresses, secrets=str(secrets) if secrets else None)
    except ScanError as fault:
        return {name: f"{address} ({fault})" for name, address in addresses.items()}
    return {name: f"{address} ********" if proxy and proxy.authorization else address
            for name, address in addresses.items() for proxy in [known.of("", name)]}


def _secrets_of(path: Path) -> dict[str, str]:
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as fault:
        raise ScanError(f"{path}: [scan] proxy_secrets can't be read: {fault}") from None
    found = {}
    for number, line in enumerate(lines, 1):
        name, equals, secret = line.partition("=")
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        if not equals or ":" not in secret:
            raise ScanError(f"{path}:{number}: write name = user:password")
        found[name.strip()] = secret.strip()
    return found
