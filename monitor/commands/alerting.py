"""`alerts queue`, `alerts send` and `alerts test`: fill the outbox, drain it, prove that mail works.

Promises: exit 3 when mails still wait or were refused, so that a scheduled job notices; nothing is sent twice.
"""

from __future__ import annotations

import re
from typing import Annotated

import typer

from monitor import printing
from monitor.exceptions import DeliveryError, UsageError
from monitor.session import Session

AsJson = Annotated[bool, typer.Option("--json", help="one JSON document on stdout")]


def register(app: typer.Typer) -> None:
    alerts = typer.Typer(no_args_is_help=True, help="Send digests, test the mail settings.")
    alerts.command("queue")(queue)
    alerts.command("send")(send)
    alerts.command("test")(try_mail)
    app.add_typer(alerts, name="alerts")


def queue(context: typer.Context, as_json: AsJson = False) -> None:
    """Judge what is held and queue the digests that are due; fetches and sends nothing."""
    from monitor import patrol, wording

    session: Session = context.obj
    judged = patrol.judge(session.settings, session.store(), session.roster())
    if as_json:
        printing.document({"as_of": judged.at, "queued": judged.queued})
    else:
        printing.line(wording.say("queued_count", session.lang, n=len(judged.queued)))


def send(
    context: typer.Context,
    any_time: Annotated[bool, typer.Option("--any-time", help="also outside the office hours of alerts.yaml")] = False,
    as_json: AsJson = False,
) -> None:
    """Send every message of the outbox that is due."""
    from crawler import clock
    from monitor import messages, wording
    from monitor.alerts import outbox

    session: Session = context.obj
    store = session.store()
    if not session.settings.mail.host:
        printing.note(wording.say("no_mail_host", session.lang))
    drained = outbox.drain(session.settings, store, any_time=any_time)
    for recipient, said in drained.refusals:
        printing.complain(f"{recipient}: {messages.said(said, session.lang)}")
    with store.read() as connection:
        counts = outbox.counts(connection)
        waiting = [row[0] for row in connection.execute("SELECT DISTINCT kind FROM outbox WHERE state = 'queued'")]
    opens = None if any_time else outbox.waits_until(clock.now(), waiting)
    if as_json:
        printing.document({"sent": drained.sent, "retry": drained.retry, "parked": drained.parked, "outbox": counts})
    else:
        printing.line(wording.say("sent_count", session.lang, sent=len(drained.sent), retry=counts["retry"],
                                  parked=counts["parked"], queued=counts["queued"] + counts["sending"]))
        if opens:
            printing.line(wording.say("sending_waits", session.lang, t=wording.day(
                opens.isoformat(timespec="minutes")[:16], session.lang)))
    if opens and not drained.refusals and not counts["retry"]:
        return
    if drained.refusals or counts["retry"] or counts["queued"] or counts["sending"]:
        raise typer.Exit(3)


def try_mail(
    context: typer.Context,
    to: Annotated[str | None, typer.Option("--to", metavar="ADDRESS", help="only to this address")] = None,
    as_json: AsJson = False,
) -> None:
    """Send a test mail to every recipient, or to one address; nothing is stored."""
    from crawler import clock
    from monitor import wording
    from monitor.alerts import mail
    from monitor.alerts.recipients import ADDRESS, recipients

    session: Session = context.obj
    settings, lang = session.settings, session.lang
    if not settings.mail.host:
        raise UsageError("[mail] host is empty; name the SMTP server in the settings first")
    if to and not re.fullmatch(ADDRESS, to):
        raise UsageError(f"--to {to}: not a mail address; write it like name@city.example")
    addresses = [to] if to else list(dict.fromkeys(recipient.address for recipient in recipients()))
    if not addresses:
        raise UsageError("alerts.yaml lists no recipient; add one or name an address with --to")
    now, results = clock.stamp(), []
    with mail.Mailer(settings.mail) as mailer:
        for address in addresses:
            row = {"kind": "test", "recipient": address, "subject": wording.say("test_subject", lang),
                   "text": wording.say("test_text", lang, t=now) + "\n", "html": "", "created": now,
                   "message_id": mail.message_id(f"test|{address}|{clock.now().isoformat()}", settings.mail.list_id)}
            error = ""
            try:
                mailer.send(mail.compose(row, settings.mail))
            except (DeliveryError, ValueError) as fault:
                error = str(fault)
            results.append({"recipient": address, "sent": not error, "error": error})
    if as_json:
        printing.document({"host": f"{settings.mail.host}:{settings.mail.port}", "mails": results})
    for result in results:
        if result["sent"] and not as_json:
            printing.line(wording.say("test_sent", lang, host=settings.mail.host, address=result["recipient"]))
        elif not result["sent"]:
            printing.complain(wording.say("test_failed", lang, address=result["recipient"], error=result["error"]))
    if not all(result["sent"] for result in results):
        raise typer.Exit(3)
