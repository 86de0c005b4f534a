"""TLS towards old and careless servers: verified as a browser does, but for faults that a portal's facts allow by name.

Promises: without an exception every certificate is verified and old protocols are refused; an exception covers one
named fault of one portal's hosts, and what was really accepted (`accepted`) goes with every fetch; a refusal says which
fault it was and under which name it could be allowed (`refusal`). Leaves alone: whether an exception is right – a
portal's facts carry the reason.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlsplit

from OpenSSL import SSL
from scrapy.core.downloader.handlers.http11 import HTTP11DownloadHandler
from service_identity import VerificationError
from service_identity.exceptions import CertificateError
from service_identity.hazmat import DNS_ID, IPAddress_ID, verify_service_identity
from service_identity.pyopenssl import extract_patterns
from twisted.internet.abstract import isIPAddress, isIPv6Address
from twisted.internet.interfaces import IOpenSSLClientConnectionCreator
from twisted.web.iweb import IPolicyForHTTPS
from zope.interface import implementer

from crawler import header_bound
from crawler.model import Exemption, Outcome
from crawler.outcomes import Verdict

_OF_ERROR: dict[int, Exemption] = {9: "expired_certificate", 10: "expired_certificate", 18: "unknown_authority",
                                   19: "unknown_authority", 20: "unknown_authority", 21: "unknown_authority",
                                   62: "foreign_certificate"}
"""OpenSSL's verification errors (X509_V_ERR_…) by the exemption that covers them."""
_OF_WORDS: tuple[tuple[str, Exemption], ...] = (
    (r"unsafe legacy renegotiation", "legacy_renegotiation"),
    (r"ecpoint|point is not on curve|invalid encoding|EC lib|bad ec", "no_elliptic_curves"),
    (r"unsupported protocol|no protocols available|dh key too small|ee key too small|"
     r"no shared cipher|handshake failure|wrong signature type|no suitable signature|alert protocol version|"
     r"legacy sigalg|md too weak", "old_protocols"))
_LEGACY_SERVER_CONNECT = 0x4
IDLE_SECONDS = 30


@dataclass(slots=True)
class Seen:
    """What the connections to one host showed: faults found, those of them allowed, protocol and cipher."""

    faults: set[str] = field(default_factory=set)
    allowed: set[str] = field(default_factory=set)
    protocol: str = ""


_seen: dict[str, Seen] = {}
"""By host. One process, one scan."""


def explained(verdict: Verdict, url: str, proxy: str = "") -> Verdict:
    """A TLS failure with the name of its fault, one on the way through a proxy with the name of that."""
    if proxy:
        verdict = replace(verdict, reason=f"through the proxy {proxy}: {verdict.reason}")
    if verdict.outcome is not Outcome.TLS:
        return verdict
    told = refusal((urlsplit(url).hostname or "").lower(), verdict.reason)
    return replace(verdict, reason=f"{told}; {verdict.reason}") if told else verdict


def accepted(host: str) -> str:
    """What was accepted on the way to a host that a browser would not have; empty where nothing was."""
    seen = _seen.get(host)
    if seen is None or not seen.allowed:
        return ""
    return f"tls: {', '.join(sorted(seen.allowed))} accepted as the portal's facts allow ({seen.protocol})"


def refusal(host: str, said: str) -> str:
    """Why a host's TLS was refused, with the exemption that would cover it; empty where no fault of ours is known."""
    seen = _seen.get(host, Seen())
    told = [name for pattern, name in _OF_WORDS if re.search(pattern, said, re.I)]
    named = ", ".join(sorted(seen.faults - seen.allowed) or told)
    return f"{named} (the portal's conduct may allow it: tls: [{named}] with a reason)" if named else ""


class Handler(HTTP11DownloadHandler):
    """Scrapy's handler under our policy; connections of hosts whose visit is over are closed soon, for a round passes
    thousands of them."""

    def __init__(self, crawler: Any) -> None:
        super().__init__(crawler)
        header_bound.bound()
        self._pool.cachedConnectionTimeout = IDLE_SECONDS
        self._contextFactory = Policy(crawler.settings.getdict("TLS_EXEMPTIONS"))  # type: ignore[assignment]


@implementer(IPolicyForHTTPS)
class Policy:
    """`exemptions`: host → names of faults that are allowed there."""

    def __init__(self, exemptions: Mapping[str, list[str]]) -> None:
        self._exemptions = {host: frozenset(names) for host, names in exemptions.items()}
        self._contexts: dict[frozenset[str], SSL.Context] = {}

    def creatorForNetloc(self, hostname: bytes, port: int) -> Creator:  # noqa: N802 – Twisted's name
        host = hostname.decode("ascii").lower()
        exempt = self._exemptions.get(host, frozenset())
        if exempt not in self._contexts:
            self._contexts[exempt] = _context(exempt)
        return Creator(self._contexts[exempt], host, exempt)


@implementer(IOpenSSLClientConnectionCreator)
class Creator:
    """Connections to one host."""

    def __init__(self, context: SSL.Context, host: str, exempt: frozenset[str]) -> None:
        self._context, self._host, self._exempt = context, host, exempt
        self._literal = isIPAddress(host) or isIPv6Address(host)

    def clientConnectionForTLS(self, tls_protocol: Any) -> SSL.Connection:  # noqa: N802 – Twisted's name
        connection = SSL.Connection(self._context, None)
        if not self._literal:
            connection.set_tlsext_host_name(self._host.encode("ascii"))
        seen = _seen.setdefault(self._host, Seen())
        exempt = self._exempt

        def verify(_: SSL.Connection, certificate: Any, error: int, depth: int, ok: int) -> bool:
            if not ok:
                return _note(seen, _OF_ERROR.get(error, f"certificate_error_{error}"), exempt)
            return depth > 0 or self._is_own(certificate) or _note(seen, "foreign_certificate", exempt)

        def used(conn: SSL.Connection, where: int, _: int) -> None:
            if where & SSL.SSL_CB_HANDSHAKE_DONE:
                seen.protocol = f"{conn.get_protocol_version_name()} {conn.get_cipher_name()}"
                for name in exempt & {"legacy_renegotiation", "no_elliptic_curves", "old_protocols"}:
                    _note(seen, name, exempt)

        connection.set_verify(SSL.VERIFY_PEER, verify)
        connection.set_info_callback(used)
        return connection

    def _is_own(self, certificate: Any) -> bool:
        """Whether the certificate is made out to this host."""
        wanted = IPAddress_ID(self._host) if self._literal else DNS_ID(self._host)
        try:
            verify_service_identity(extract_patterns(certificate), [wanted], [])
        except (CertificateError, VerificationError):
            return False
        return True


def _note(seen: Seen, name: str, exempt: frozenset[str]) -> bool:
    seen.faults.add(name)
    if name in exempt:
        seen.allowed.add(name)
    return name in exempt


def _context(exempt: frozenset[str]) -> SSL.Context:
    context = SSL.Context(SSL.TLS_METHOD)
    context.set_default_verify_paths()
    context.set_min_proto_version(SSL.TLS1_VERSION if "old_protocols" in exempt else SSL.TLS1_2_VERSION)
    ciphers = ["DEFAULT"]
    if "no_elliptic_curves" in exempt:
        # TLS 1.3 always uses a group; a server whose points are bad gets on without curves in 1.2.
        context.set_max_proto_version(SSL.TLS1_2_VERSION)
        ciphers += ["!ECDHE", "!PSK"]
    if "old_protocols" in exempt:
        ciphers += ["@SECLEVEL=0"]
    context.set_cipher_list(":".join(ciphers).encode())
    if "legacy_renegotiation" in exempt:
        context.set_options(_LEGACY_SERVER_CONNECT)
    return context
