"""Old and careless TLS servers: refused by name, accepted only where the portal's facts say so, and told."""

import contextlib
import ipaddress
import sqlite3
import ssl
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pydantic import ValidationError

from crawler import scan, tls
from crawler.model import Conduct, Outcome
from crawler.outcomes import Verdict
from tests.crawler.small_portals import Case, World, article, listing, name_of

NOW = datetime.now(UTC)
YEARS = range(2021, 2024)


def name(text):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


class Authority:
    """A certificate authority for one test run."""

    def __init__(self, folder):
        self.folder, self.key = folder, ec.generate_private_key(ec.SECP256R1())
        self.certificate = self._sign("authority", self.key.public_key(), self.key, name("authority"), ca=True)
        self.path = folder / "authority.pem"
        self.path.write_bytes(self.certificate.public_bytes(serialization.Encoding.PEM))

    def server(self, host, days=30, made_out_to=None, own=False):
        """Path of a key with its certificate; negative days make it expired, `own` signs it with itself."""
        key = ec.generate_private_key(ec.SECP256R1())
        signer, issuer = (key, name(host)) if own else (self.key, name("authority"))
        certificate = self._sign(host, key.public_key(), signer, issuer, days, made_out_to or host)
        path = self.folder / f"{host}.pem"
        path.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                           serialization.NoEncryption())
                         + certificate.public_bytes(serialization.Encoding.PEM))
        return path

    def _sign(self, subject, public, key, issuer, days=30, address="", ca=False):
        begin = min(NOW, NOW + timedelta(days=days)) - timedelta(days=60)
        made = (x509.CertificateBuilder().subject_name(name(subject)).issuer_name(issuer).public_key(public)
                .serial_number(x509.random_serial_number()).not_valid_before(begin)
                .not_valid_after(NOW + timedelta(days=days))
                .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True))
        if address:
            made = made.add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))]),
                                      critical=False)
        return made.sign(key, hashes.SHA256())


@contextlib.contextmanager
def serving(host, certificate, body_name, old=False):
    """An https portal on `host`. Gives its port."""
    class Answer(BaseHTTPRequestHandler):
        def do_GET(self):
            pages = {"/nb/": listing(name_of(body_name)),
                     **{f"/nb/t{year + 1}0115_{year}.html": article() for year in YEARS}}
            body = pages.get(self.path, "").encode()
            self.send_response(200 if body else 404)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    class Quiet(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_):
            pass

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    if old:
        context.set_ciphers("DEFAULT:@SECLEVEL=0")
        context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    server = Quiet((host, 0), Answer)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()


FAULTS = {"sound": "", "expired": "expired_certificate", "foreign": "foreign_certificate",
          "selfmade": "unknown_authority", "ancient": "old_protocols"}


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:.*TLSv1.*:DeprecationWarning")
@pytest.mark.filterwarnings("ignore:.*MINIMUM_SUPPORTED.*:DeprecationWarning")
@pytest.mark.parametrize("allowed", [False, True])
def test_each_fault_is_named_and_accepted_only_where_the_portal_allows_it(tmp_path, monkeypatch, allowed):
    authority = Authority(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.path))
    cases = {}
    with contextlib.ExitStack() as stack:
        for number, (kind, fault) in enumerate(FAULTS.items(), 1):
            host = f"127.0.11.{number}"
            made = {"expired": {"days": -3}, "foreign": {"made_out_to": "127.0.11.99"}, "selfmade": {"own": True}}
            certificate = authority.server(host, **made.get(kind, {}))
            port = stack.enter_context(serving(host, certificate, kind, old=kind == "ancient"))
            conduct = {"tls": [fault], "reason": "old server, told to its owner"} if allowed and fault else {}
            cases[kind] = Case({}, {"hosts": [f"{host}:{port}"], "conduct": conduct, "columns": [
                {"id": "c", "name": "n", "url": f"https://{host}:{port}/nb/"}]})
        world = stack.enter_context(World(tmp_path, cases))
        result = scan.run(world.plan(retries=0))
    connection = stack.enter_context(contextlib.closing(sqlite3.connect(tmp_path / "n.db")))
    told = dict(connection.execute("SELECT portal, group_concat(DISTINCT transport) FROM fetch GROUP BY portal"))
    connection.close()
    if allowed:
        assert result.outcomes == {"ok": sorted(FAULTS)}, result.reasons
        assert told.pop("sound") == ""
        for kind, transport in told.items():
            assert transport.startswith(f"tls: {FAULTS[kind]} accepted as the portal's facts allow (TLSv1"), transport
    else:
        assert result.outcomes == {"ok": ["sound"], "tls": sorted(set(FAULTS) - {"sound"})}, result.reasons
        for kind, fault in FAULTS.items():
            if fault:
                assert f"tls: [{fault}] with a reason" in result.reasons[kind]


@pytest.mark.parametrize(("said", "fault"), [
    ("[('SSL routines', '', 'unsafe legacy renegotiation disabled')]", "legacy_renegotiation"),
    ("[('SSL routines', '', 'bad ecpoint')]", "no_elliptic_curves"),
    ("[('elliptic curve routines', '', 'point is not on curve')]", "no_elliptic_curves"),
    ("[('SSL routines', '', 'dh key too small')]", "old_protocols"),
    ("[('SSL routines', '', 'unsupported protocol')]", "old_protocols")])
def test_faults_of_the_handshake_are_told_by_name(said, fault):
    verdict = tls.explained(Verdict(Outcome.TLS, said), "https://unknown.example/")
    assert verdict.reason.startswith(f"{fault} (the portal's conduct may allow it")
    assert verdict.reason.endswith(said)


def test_other_failures_are_told_as_they_are():
    assert tls.explained(Verdict(Outcome.TLS, "wrong version number"), "https://u.example/").reason == (
        "wrong version number")
    assert tls.explained(Verdict(Outcome.DNS, "bad ecpoint"), "https://u.example/").reason == "bad ecpoint"
    assert tls.accepted("u.example") == ""


def test_what_exemptions_change():
    strict, curves, old = (tls._context(frozenset(each)) for each in (
        (), ("no_elliptic_curves",), ("old_protocols", "legacy_renegotiation")))
    assert old.set_options(0) & tls._LEGACY_SERVER_CONNECT
    assert not strict.set_options(0) & tls._LEGACY_SERVER_CONNECT

    def ciphers(context):
        return tls.SSL.Connection(context, None).get_cipher_list()
    assert any(each.startswith("ECDHE") for each in ciphers(strict))
    assert not any(each.startswith("ECDHE") for each in ciphers(curves))


def test_an_exemption_needs_its_reason():
    assert Conduct(tls=["expired_certificate"], reason="told to its owner on 2 March")
    with pytest.raises(ValidationError, match="needs its reason"):
        Conduct(tls=["expired_certificate"])
    with pytest.raises(ValidationError):
        Conduct(tls=["anything"], reason="r")
