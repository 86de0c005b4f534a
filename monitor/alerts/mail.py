"""The mail channel: one Alert as a message, one SMTP conversation for it.

Promises: text and HTML in base64 (short Chinese bodies otherwise go out 8bit), the Message-ID of the outbox key, the
headers that let filters and people handle digests; a refusal as DeliveryError that says whether trying again makes
sense. Leaves alone: what is sent when (outbox.py).
"""

from __future__ import annotations

import hashlib
import smtplib
import socket
import ssl
from collections.abc import Iterable, Mapping
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Any, cast

from crawler import clock
from monitor.alerts.attachments import Part
from monitor.exceptions import DeliveryError, SettingsError
from monitor.settings import Mail


def message_id(key: str, domain: str) -> str:
    """The same for the same outbox key for ever, so that a repeated send is recognised as the same mail."""
    return f"<{hashlib.sha256(key.encode()).hexdigest()[:32]}@{domain}>"


def compose(row: Mapping[str, Any], mail: Mail, *, name: str = "", parts: Iterable[Part] = ()) -> EmailMessage:
    """The message of one outbox row (recipient, subject, text, html, message_id, created, scope, period) and its parts:
    pictures of the HTML within it, the rest attached."""
    message = EmailMessage()
    message["Subject"] = _one_line(row["subject"])
    message["From"] = _address(mail.sender, "nianbao")
    message["To"] = _address(row["recipient"], name)
    message["Reply-To"] = mail.reply_to or mail.sender
    message["Date"] = format_datetime(clock.parse(row["created"]))
    message["Message-ID"] = row["message_id"]
    message["Auto-Submitted"] = "auto-generated"
    message["Precedence"] = "list"
    message["List-Id"] = f"<{_label(row['kind'])}.{mail.list_id}>"
    message["List-Unsubscribe"] = f"<{_unsubscribe(mail)}>"
    message.set_content(row["text"], cte="base64")
    listed = list(parts)
    if row["html"]:
        message.add_alternative(row["html"], subtype="html", cte="base64")
        html = cast(EmailMessage, message.get_payload(1))
        for part in listed:
            if part.cid:
                html.add_related(part.data, *part.media_type.split("/"), cid=f"<{part.cid}>", filename=part.name,
                                 disposition="inline")
    for part in listed:
        if not part.cid:
            message.add_attachment(part.data, *part.media_type.split("/"), filename=part.name)
    if message.is_multipart():
        _fix_boundaries(message, row["message_id"])
    return message


def _fix_boundaries(message: EmailMessage, seed: str) -> None:
    """The same mail twice is the same bytes: boundaries come from its id, not from chance."""
    for number, part in enumerate(each for each in message.walk() if each.is_multipart()):
        part.set_boundary(f"=_{hashlib.sha256(f'{seed}{number}'.encode()).hexdigest()[:32]}")


def connect(mail: Mail) -> smtplib.SMTP:
    """A connection ready to send: greeted, encrypted, logged in. Raises OSError, SMTPException, SettingsError."""
    context = _trust(mail) if mail.security != "none" else None
    if mail.security == "tls":
        server: smtplib.SMTP = smtplib.SMTP_SSL(mail.host, mail.port, timeout=mail.timeout, context=context)
    else:
        server = smtplib.SMTP(mail.host, mail.port, timeout=mail.timeout)
    try:
        if mail.security == "starttls":
            server.starttls(context=context)
        if mail.user:
            server.login(mail.user, mail.secret())
    except BaseException:
        server.close()
        raise
    return server


def _trust(mail: Mail) -> ssl.SSLContext:
    """Whose certificates are believed: the system's authorities and those of `ca_file`. Raises SettingsError."""
    context = ssl.create_default_context()
    if mail.ca_file is not None:
        try:
            context.load_verify_locations(mail.ca_file)
        except (OSError, ssl.SSLError) as fault:
            said = getattr(fault, "strerror", None) or fault
            raise SettingsError(f"{mail.ca_file}: [mail] ca_file can't be used: {said}; it must hold certificates in "
                                "PEM form") from None
    return context


class Mailer:
    """Sends messages over one connection, opened when the first is sent; a context manager."""

    def __init__(self, mail: Mail) -> None:
        self.mail = mail
        self._server: smtplib.SMTP | None = None

    def __enter__(self) -> Mailer:
        return self

    def __exit__(self, *fault: object) -> None:
        self._drop()

    def send(self, message: EmailMessage) -> None:
        """Hand one message over. Raises DeliveryError, permanent for 5xx answers to this mail."""
        try:
            self._server = self._server or connect(self.mail)
            self._server.send_message(message)
        except smtplib.SMTPException as fault:
            self._drop()
            raise DeliveryError(said(fault), permanent=_permanent(fault)) from fault
        except SettingsError as fault:  # the settings' fault: mend them, the mail waits
            self._drop()
            raise DeliveryError(str(fault), permanent=False) from fault
        except (OSError, UnicodeError) as fault:
            self._drop()
            raise DeliveryError(said(fault), permanent=isinstance(fault, UnicodeError)) from fault

    def _drop(self) -> None:
        if self._server is not None:
            try:
                self._server.quit()
            except (OSError, smtplib.SMTPException):
                self._server.close()
            self._server = None


def said(fault: BaseException) -> str:
    """What the server or the network said, on one line."""
    if isinstance(fault, smtplib.SMTPRecipientsRefused):
        code, text = next(iter(fault.recipients.values()))
        return f"{code} {_text(text)}"
    if isinstance(fault, smtplib.SMTPResponseException):
        return f"{fault.smtp_code} {_text(fault.smtp_error)}"
    if isinstance(fault, socket.gaierror):
        return f"host not found: {fault.strerror}"
    if isinstance(fault, SettingsError):
        return str(fault)
    return " ".join(f"{type(fault).__name__}: {fault}".split())


def _permanent(fault: smtplib.SMTPException) -> bool:
    """Whether the server refused this mail for good. A refused login is the settings' fault: mend, retry."""
    if isinstance(fault, (smtplib.SMTPAuthenticationError, smtplib.SMTPConnectError, smtplib.SMTPHeloError)):
        return False
    if isinstance(fault, smtplib.SMTPRecipientsRefused):
        return all(code >= 500 for code, _ in fault.recipients.values())
    return isinstance(fault, smtplib.SMTPResponseException) and fault.smtp_code >= 500


def _text(answer: bytes | str) -> str:
    text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else str(answer)
    return " ".join(text.split())


def _address(address: str, name: str) -> Address:
    user, _, domain = address.rpartition("@")
    return Address(display_name=_one_line(name), username=user, domain=domain)


def _one_line(text: str) -> str:
    """What a header can hold: a line break of the roster or of a portal begins no header of its own."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())


def _label(kind: str) -> str:
    return "".join(character if character.isalnum() or character == "-" else "-" for character in kind)


def _unsubscribe(mail: Mail) -> str:
    target = mail.unsubscribe or mail.reply_to or mail.sender
    return target if ":" in target else f"mailto:{target}?subject=unsubscribe"
