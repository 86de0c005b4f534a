"""Debian's own mail server, started for a test: its configuration, spool and port in a folder that goes with it.

Promises: no service of the machine is touched; what was delivered lies in `inbox`, one file a message, with the bytes
that came over the wire. Recipients decide by their local part what becomes of a message: `gone` is refused with 550,
`busy` with 451, `full` and `late` only after the whole message (552, 452), `slow` keeps the client waiting.
"""

from __future__ import annotations

import datetime
import ipaddress
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

PROGRAM = Path("/usr/sbin/exim4")
USER, PASSWORD = "nianbao", "correct horse battery staple"
SLOW_SECONDS = 20

CONFIGURATION = """
keep_environment =
exim_user = {user}
exim_group = {group}
primary_hostname = mail.city.example
spool_directory = {folder}/spool
log_file_path = {folder}/log/%s
pid_file_path = {folder}/pid
local_interfaces = 127.0.0.1
daemon_smtp_ports = {port}
{tls_on_connect}
received_header_text =
deliver_drop_privilege = {drop}
timeout_frozen_after = 1d
host_lookup =
rfc1413_hosts =
rfc1413_query_timeout = 0s
smtp_accept_max = 20
tls_advertise_hosts = {tls_hosts}
{certificate}
auth_advertise_hosts = {auth_hosts}
acl_smtp_rcpt = check_rcpt
acl_smtp_data = check_data

begin acl
check_rcpt:
  {login_first}
  deny    local_parts = gone
          message     = no such user here
  defer   local_parts = busy
          message     = greylisted, come back later
  accept  local_parts = slow
          delay       = {slow}s
  accept

check_data:
  deny    condition = ${{if match{{$recipients}}{{^full@}}}}
          message   = 552 mailbox is full for good
  defer   condition = ${{if match{{$recipients}}{{^late@}}}}
          message   = 452 out of space for a moment
  accept

begin routers
everything:
  driver = accept
  transport = inbox

begin transports
inbox:
  driver = appendfile
  directory = {folder}/inbox
  maildir_format
  create_directory
  use_crlf
  message_prefix =
  message_suffix =
  {run_as}

begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = ${{if and {{{{eq{{$auth2}}{{{login}}}}} {{eq{{$auth3}}{{{password}}}}}}}}}
  server_set_id = $auth2
login:
  driver = plaintext
  public_name = LOGIN
  server_prompts = Username:: : Password::
  server_condition = ${{if and {{{{eq{{$auth1}}{{{login}}}}} {{eq{{$auth2}}{{{password}}}}}}}}}
  server_set_id = $auth1
"""


class Exim:
    """A running server. `tls`: "", "starttls" (and refuses mail without it where a login is wanted) or "tls" (from the
    first byte); `login`: mail is taken only after AUTH."""

    def __init__(self, *, tls: str = "", login: bool = False) -> None:
        if not PROGRAM.exists():
            raise AssertionError(f"{PROGRAM} is not there: these tests need Debian's package exim4-daemon-light "
                                 "(apt-get install exim4-daemon-light); .ci/system-packages installs it")
        self.folder = Path(tempfile.mkdtemp(prefix="nianbao-exim-"))
        self.port, self.authority = _free_port(), self.folder / "ca.pem"
        certificate = ""
        if tls:
            _make_certificates(self.folder)
            certificate = f"tls_certificate = {self.folder}/server.pem\ntls_privatekey = {self.folder}/server.key"
        root = os.getuid() == 0
        user = pwd.getpwnam("Debian-exim") if root else pwd.getpwuid(os.getuid())
        (self.folder / "exim.conf").write_text(CONFIGURATION.format(
            folder=self.folder, port=self.port, user=user.pw_uid, group=user.pw_gid, certificate=certificate,
            tls_on_connect=f"tls_on_connect_ports = {self.port}" if tls == "tls" else "",
            tls_hosts="*" if tls else "", auth_hosts="*" if login else "", drop="false" if root else "true",
            login_first="deny !authenticated = *\n          message = log in first" if login else "",
            run_as=f"user = {user.pw_name}" if root else "", slow=SLOW_SECONDS, login=USER, password=PASSWORD))
        for name in ("spool", "log", "inbox"):
            (self.folder / name).mkdir()
        if root:
            for path in (self.folder, *self.folder.iterdir()):
                if path.name != "exim.conf":  # exim refuses a configuration that others own
                    os.chown(path, user.pw_uid, user.pw_gid)
        self.daemon: subprocess.Popen[bytes] | None = None
        self.start()

    def start(self) -> None:
        self.daemon = subprocess.Popen([PROGRAM, "-C", self.folder / "exim.conf", "-bdf"], stdin=subprocess.DEVNULL,
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            if self.daemon.poll() is not None:
                break
            time.sleep(0.05)
        raise AssertionError(f"exim4 did not start: {self.log()}")

    def stop(self) -> None:
        """End the daemon and what it forked; the folder stays."""
        if self.daemon is not None:
            os.killpg(self.daemon.pid, signal.SIGKILL)
            self.daemon.wait()
            self.daemon = None

    def close(self) -> None:
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def log(self) -> str:
        return "".join(path.read_text("utf-8", "replace") for path in (self.folder / "log").glob("*"))

    def delivered(self, number: int) -> list[bytes]:
        """The messages in the inbox, oldest first, once there are `number`; those there are after ten seconds."""
        deadline = time.monotonic() + 10
        while True:
            files = sorted((self.folder / "inbox" / "new").glob("*"), key=lambda path: path.stat().st_mtime_ns)
            if len(files) >= number or time.monotonic() > deadline:
                return [path.read_bytes() for path in files]
            time.sleep(0.05)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _make_certificates(folder: Path) -> None:
    """An authority of our own (ca.pem) and a certificate of it for 127.0.0.1 (server.pem, server.key)."""
    now = datetime.datetime.now(datetime.UTC)
    authority, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test authority")])

    def begun(name: x509.Name, public: ec.EllipticCurvePublicKey, is_authority: bool) -> x509.CertificateBuilder:
        made = (x509.CertificateBuilder().subject_name(name).issuer_name(issuer).public_key(public)
                .serial_number(x509.random_serial_number()).not_valid_before(now - datetime.timedelta(days=1))
                .not_valid_after(now + datetime.timedelta(days=2))
                .add_extension(x509.BasicConstraints(is_authority, None), critical=True)
                .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
                .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.public_key()),
                               critical=False))
        return made

    root = begun(issuer, authority.public_key(), True).add_extension(
        x509.KeyUsage(True, False, False, False, False, True, True, False, False), critical=True)
    server = begun(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail.city.example")]), key.public_key(), False)
    server = server.add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]),
                                  critical=False)
    for name, builder in (("ca.pem", root), ("server.pem", server)):
        (folder / name).write_bytes(builder.sign(authority, hashes.SHA256()).public_bytes(
            serialization.Encoding.PEM))
    (folder / "server.key").write_bytes(key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()))
