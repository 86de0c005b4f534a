"""Who gets which digest: config/alerts.yaml, checked, and the bodies of each recipient's remit.

Leaves alone: what a digest says (digest.py) and how it travels (outbox.py, mail.py).
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from crawler.roster import Roster
from extract import configuration
from extract.exceptions import ConfigurationError
from monitor.alerts.policy import NOTICES, Notice, Policy

Immediate = Literal["missing", "withdrawn", "late", "issue"]
ADDRESS = r"[^@\s<>,;]+@[^@\s<>,;]+"
Channel = Literal["mail", "dingtalk", "wecom", "feishu", "webhook"]


class _Facts(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Remit(_Facts):
    """A part of the roster. `label` is what the subject calls it; `under` and `kinds` restrict it, empty = all."""

    label: str = Field(min_length=1, max_length=20)
    under: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()


class Recipient(_Facts):
    id: str = Field(pattern=r"^[a-z0-9_-]+$")
    address: str = Field(default="", pattern=rf"^({ADDRESS})?$")
    name: str = ""
    role: Literal["oversight", "operator"] = "oversight"
    remit: Remit
    language: Literal["zh", "en"] = "zh"
    channel: Channel = "mail"
    notices: tuple[Notice, ...] = NOTICES
    """What is told beside the weekly digest."""
    immediate: tuple[Immediate, ...] = ()
    """What is told as soon as it is judged, once: by choice only."""
    escalate_after: int = Field(default=0, ge=0, le=365)
    """Days after which what still isn't settled is told to this recipient too; 0: never."""

    @model_validator(mode="after")
    def _reachable(self) -> Recipient:
        if self.channel == "mail" and not self.address:
            raise ValueError(f"{self.id}: a recipient of mail needs an address")
        if self.channel != "mail" and self.address:
            raise ValueError(f"{self.id}: a {self.channel} robot's address is a secret; it belongs into "
                             f"secrets/{self.id}.webhook, not here")
        return self

    @property
    def destination(self) -> str:
        """What the outbox calls the recipient: the mail address, or channel and id (a robot's address is a secret)."""
        return self.address or f"{self.channel}:{self.id}"

    def bodies(self, roster: Roster) -> set[str]:
        """Ids of the bodies in this remit. Raises ConfigurationError for an id that the roster doesn't hold."""
        unknown = [body for body in self.remit.under if body not in roster.bodies]
        if unknown:
            raise ConfigurationError(f"alerts.yaml: recipients {self.id}: remit.under names {', '.join(unknown)}, "
                                     "which the roster (bodies.csv) doesn't hold")
        reach = ([body for top in self.remit.under for body in roster.under(top)] if self.remit.under
                 else roster.bodies.values())
        return {body.id for body in reach if not self.remit.kinds or body.kind in self.remit.kinds}


class Alerts(_Facts):
    """config/alerts.yaml."""

    channels: tuple[Channel, ...] = ("mail",)
    recipients: tuple[Recipient, ...] = ()
    policy: Policy = Policy()

    @model_validator(mode="after")
    def _distinct(self) -> Alerts:
        ids = [recipient.id for recipient in self.recipients]
        if twice := sorted({each for each in ids if ids.count(each) > 1}):
            raise ValueError(f"recipients: the id {', '.join(twice)} stands twice; ids make digests unique")
        if silent := [each.id for each in self.recipients if each.channel not in self.channels]:
            raise ValueError(f"recipients: {', '.join(silent)} use a channel that `channels` doesn't allow")
        return self


def policy() -> Policy:
    """The policy of alerts.yaml. Raises ConfigurationError with file and line."""
    loaded: Alerts = configuration.load("alerts.yaml", Alerts)
    return loaded.policy


def recipients() -> tuple[Recipient, ...]:
    """Every recipient of alerts.yaml. Raises ConfigurationError with file and line."""
    loaded: Alerts = configuration.load("alerts.yaml", Alerts)
    return loaded.recipients
