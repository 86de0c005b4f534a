"""How every alert is made of its words: names of bodies, what stands at the foot, templates for mail and for chats.

Promises: text and HTML say the same; chats get one short text; HTML is escaped, a placeholder without its value is an
error and never prints as nothing. Leaves alone: what is told (digest.py, notices.py), the words (vocabulary.yaml).
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, TypeVar

import jinja2

from crawler.roster import Roster
from monitor import wording
from monitor.alerts.recipients import Recipient
from monitor.model import Alert, Standing
from monitor.settings import Settings
from monitor.wording import Lang

Item = TypeVar("Item")


def alert(template: str, recipient: Recipient, at: datetime, subject: str, values: dict[str, Any], *, period: str,
          kind: str = "") -> Alert:
    """One message to one recipient, unique by (kind, recipient, destination, period). `kind` is the template's name
    unless several kinds share one."""
    kind = kind or template
    medium = "" if recipient.channel == "mail" else "chat."
    values = {**values, "subject": subject}
    return Alert(
        key=key_of(kind, recipient, period), kind=kind,
        recipient=recipient.destination, channel=recipient.channel, subject=subject,
        text=_render(f"{template}.{medium}{recipient.language}.txt", values),
        html="" if medium else _render(f"{template}.{recipient.language}.html", values),
        created=at.isoformat(timespec="seconds"), scope=recipient.id, period=period)


def key_of(kind: str, recipient: Recipient, period: str) -> str:
    """What makes a message unique."""
    return "|".join((kind, recipient.id, recipient.destination, period))


def footer(settings: Settings) -> dict[str, str]:
    """What every message says of who sends it."""
    return {"link": settings.general.link, "office": settings.general.office, "contact": settings.general.contact,
            "reply_to": settings.mail.reply_to}


def in_roster_order(roster: Roster, items: Iterable[Item], body_of: Callable[[Item], str]) -> list[Item]:
    """Sorted as offices list their bodies: by sort_order (机构序列), then as the roster has them; else as they came."""
    return sorted(items, key=lambda each: roster.rank(body_of(each)))


class Names:
    """Bodies by name, in one language."""

    def __init__(self, roster: Roster, lang: Lang) -> None:
        self.roster, self.lang = roster, lang

    def of(self, body: str, scope: str) -> str:
        name = self.roster.bodies[body].name if body in self.roster.bodies else body
        if scope == "own":
            return name
        label = wording.term("scopes", scope, self.lang, short=True)
        return f"{name}（{label}）" if self.lang == "zh" else f"{name} ({label})"

    def listed(self, standings: Iterable[Standing], limit: int) -> str:
        return wording.names([self.of(each.body, each.scope) for each in standings], limit, self.lang)

    def of_findings(self, findings: Iterable[Any], limit: int) -> str:
        told = dict.fromkeys(self.of(each.finding.body, each.finding.scope) for each in findings)
        return wording.names(list(told), limit, self.lang)

    def late(self, standing: Standing) -> dict[str, str]:
        phrase = wording.status_phrase(standing.status.value, self.lang, standing.days_late)
        return {"name": self.of(standing.body, standing.scope), "what": phrase,
                "day": wording.day(standing.published or "", self.lang), "address": standing.address or ""}

    def issue(self, stored: Any) -> dict[str, str]:
        finding = stored.finding
        name = self.of(finding.body, finding.scope)
        return {"name": name, "year": str(finding.year or ""), "rule": finding.rule, "id": finding.id,
                "what": wording.message(finding, self.lang, name) + wording.addressee(finding, self.lang),
                "expression": wording.expression(finding.expression, finding.outcome, self.lang)}

    def snooze(self, stored: Any) -> dict[str, str]:
        """What is or was put off: whose, what, by whom, why and until when."""
        finding, decision = stored.finding, stored.decision
        name = self.of(finding.body, finding.scope)
        return {"name": name, "what": wording.message(finding, self.lang, name), "id": stored.number or finding.id,
                "by": decision.author if decision else "", "why": decision.reason if decision else "",
                "until": wording.day(decision.until, self.lang) if decision else ""}


@functools.cache
def _templates() -> jinja2.Environment:
    return jinja2.Environment(loader=jinja2.PackageLoader("monitor.alerts", "templates"), trim_blocks=True,
                              lstrip_blocks=True, undefined=jinja2.StrictUndefined, keep_trailing_newline=True,
                              autoescape=jinja2.select_autoescape(["html"]))


def _render(name: str, values: dict[str, Any]) -> str:
    return _templates().get_template(name).render(values)
