"""Every way a message can travel, behind one call: mail over one connection, chats over their robots.

Promises: `usable` says what this installation can send through; `deliver` returns only when the message was taken and
raises DeliveryError otherwise. A chat message whose fate is unknown (we died while handing it over) says that it may be
a repetition: chats know no Message-ID. Leaves alone: what is sent when (outbox.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from email.message import EmailMessage
from types import ModuleType
from typing import Any, Protocol

from crawler import clock
from monitor import wording
from monitor.alerts import chat, dingtalk, feishu, mail, webhook, wecom
from monitor.alerts.attachments import Part
from monitor.exceptions import DeliveryError, SettingsError
from monitor.settings import Settings

CHATS: Mapping[str, ModuleType] = {"dingtalk": dingtalk, "wecom": wecom, "feishu": feishu, "webhook": webhook}
NAMES = ("mail", *CHATS)


class Sender(Protocol):
    """What hands a mail over: raises DeliveryError when it was refused."""

    def send(self, message: EmailMessage) -> None: ...


class Post:
    """The channels of one drain; a context manager that holds the mail connection. `sender` replaces it."""

    def __init__(self, settings: Settings, sender: Sender | None = None) -> None:
        self.settings = settings
        self._mailer = mail.Mailer(settings.mail)
        self._sender = sender

    def __enter__(self) -> Post:
        return self

    def __exit__(self, *fault: object) -> None:
        self._mailer.__exit__(*fault)

    def usable(self) -> tuple[str, ...]:
        """Channels that can be tried; mail only where a server is named."""
        return NAMES if self._sender or self.settings.mail.host else tuple(CHATS)

    def per_minute(self, channel: str) -> int | None:
        """How many messages one recipient of this channel takes in a minute; None without limit."""
        return chat.terms(channel).per_minute if channel in CHATS else None

    def deliver(self, row: Mapping[str, Any], *, parts: Iterable[Part] = (), repeated: bool = False) -> None:
        """Hand over one outbox row with its parts (chats leave them out). Raises DeliveryError."""
        if row["channel"] == "mail":
            (self._sender or self._mailer).send(mail.compose(row, self.settings.mail, parts=parts))
            return
        if row["channel"] not in CHATS:
            raise DeliveryError(f"{row['channel']}: no such channel; known are {', '.join(NAMES)}", permanent=True)
        try:
            robot = chat.robot(row["scope"], self.settings.chat.secrets)
        except SettingsError as fault:
            raise DeliveryError(str(fault), permanent=False) from None
        text = row["text"].strip()
        if repeated:
            text = wording.say("chat_repeated", self.settings.general.language) + text
        text = chat.fit(text, chat.terms(row["channel"]).bytes)
        chat.post(row["channel"], CHATS[row["channel"]].request(row, text, robot, clock.now().timestamp()))
