"""`account`: who may log in to `nianbao serve`, with which role and remit; tokens for the API.

Promises: passwords are asked for twice without an echo, or read from a file or stdin, never taken as an argument; a
token is shown once; each change stands in the web's trail and holds from the next request on. Leaves alone: the file
itself (web/accounts.py).
"""

from __future__ import annotations

import getpass
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from monitor import printing
from monitor.commands.oversight import AsJson, one_of
from monitor.exceptions import UsageError
from monitor.session import Session

if TYPE_CHECKING:
    from monitor.web.accounts import Account

Name = Annotated[str, typer.Argument(metavar="NAME", help="name of the account")]
Role = Annotated[str | None, typer.Option("--role", metavar="ROLE", help="viewer, reviewer or operator")]
UnderBodies = Annotated[list[str] | None, typer.Option("--under", metavar="BODY", help="only this body and those below "
                                                                                      "it (repeatable)")]
PasswordFile = Annotated[Path | None, typer.Option("--password-file", metavar="FILE", help="file whose first line is "
                                                   "the password; - for standard input")]


def register(app: typer.Typer) -> None:
    accounts = typer.Typer(no_args_is_help=True, help="Who may log in to the served pages, and tokens for the API.")
    accounts.command("add")(add)
    accounts.command("passwd")(passwd)
    accounts.command("set")(set_)
    accounts.command("disable")(disable)
    accounts.command("list")(list_)
    accounts.command("token")(token)
    app.add_typer(accounts, name="account")


def add(context: typer.Context, name: Name, role: Role = "viewer", under: UnderBodies = None,
        password_file: PasswordFile = None,
        no_password: Annotated[bool, typer.Option("--no-password", help="for one whom a trusted proxy names")] = False,
        ) -> None:
    """Add an account; the password is asked for."""
    from monitor.web import accounts

    session: Session = context.obj
    path = _path(session)
    remit = _remit(session, under)
    one_of("--role", [role] if role else None, _roles())
    made = accounts.add(path, name, role or "viewer", remit, "" if no_password else _password(session, password_file))
    _told(session, "account_added", made, "add")


def passwd(context: typer.Context, name: Name, password_file: PasswordFile = None) -> None:
    """Give an account another password; its sessions end."""
    from monitor.web import accounts

    session: Session = context.obj
    path = _path(session)
    _known(path, name)
    _told(session, "account_changed", accounts.change(path, name, password=_password(session, password_file)), "passwd")


def set_(context: typer.Context, name: Name, role: Role = None, under: UnderBodies = None,
         everything: Annotated[bool, typer.Option("--everything", help="the whole roster, no longer a part")] = False,
         enable: Annotated[bool, typer.Option("--enable", help="let a disabled account in again")] = False) -> None:
    """Change an account's role or remit, or enable it again; its sessions end."""
    from monitor.web import accounts

    session: Session = context.obj
    path = _path(session)
    one_of("--role", [role] if role else None, _roles())
    changed: dict[str, object] = {"role": role} if role else {}
    if under or everything:
        if under and everything:
            raise UsageError("name one of --under BODY or --everything")
        changed["under"] = _remit(session, under)
    if enable:
        changed["disabled"] = False
    if not changed:
        raise UsageError("account set: say what changes, with --role, --under, --everything or --enable")
    _told(session, "account_changed", accounts.change(path, name, **changed), "set")


def disable(context: typer.Context, name: Name) -> None:
    """Keep an account out from now on; its sessions and tokens end."""
    from monitor.web import accounts

    session: Session = context.obj
    path = _path(session)
    changed = accounts.change(path, name, disabled=True)
    accounts.revoke_tokens(path, name)
    _told(session, "account_disabled", changed, "disable")


def list_(context: typer.Context, as_json: AsJson = False) -> None:
    """All accounts with role, remit and tokens."""
    from monitor import wording
    from monitor.web import accounts

    session: Session = context.obj
    held, lang = accounts.load(_path(session)), session.lang
    tokens = {name: [each for each in held.tokens.values() if each.person == name] for name in held.people}
    if as_json:
        printing.document({"accounts": [{
            "name": each.name, "role": each.role, "under": list(each.under), "disabled": each.disabled,
            "password": bool(each.password),
            "tokens": [{"id": token.id, "role": token.role, "expires": token.expires} for token in tokens[each.name]],
        } for each in held.people.values()]})
        return
    names = {body.id: body.name for body in session.roster().bodies.values()}
    printing.table([wording.say(f"account_{key}", lang) for key in ("name", "role", "under", "state", "tokens")], [
        [each.name, wording.say(f"account_role_{each.role}", lang),
         wording.shown([names.get(body, body) for body in each.under], lang) or wording.say("account_all", lang),
         wording.say("account_off" if each.disabled else "account_on" if each.password else "account_proxied", lang),
         wording.shown([f"{token.id} ({token.expires[:10]})" for token in tokens[each.name]], lang)]
        for each in held.people.values()])


def token(context: typer.Context, name: Name,
          days: Annotated[int, typer.Option("--days", min=1, max=3660, help="how long it holds")] = 365,
          role: Role = None,
          revoke: Annotated[bool, typer.Option("--revoke", help="end all tokens of this account")] = False) -> None:
    """Make a token for the API, shown this once, or end all of an account's tokens."""
    from monitor import wording
    from monitor.web import accounts

    session: Session = context.obj
    path = _path(session)
    one_of("--role", [role] if role else None, _roles())
    if revoke:
        count = accounts.revoke_tokens(path, name)
        _keep(session, f"token revoke {name}")
        printing.line(wording.say("account_tokens_ended", session.lang, name=name, n=count or "0"))
        return
    secret = accounts.make_token(path, name, days, role)
    _keep(session, f"token {name}")
    printing.note(wording.say("account_token", session.lang, n=days))
    printing.line(secret)


# ---------------------------------------------------------------- shared
def _roles() -> list[str]:
    from monitor.web.people import ROLES

    return list(ROLES)


def _path(session: Session) -> Path:
    path = session.settings.web.accounts
    if path is None:
        raise UsageError('[web] accounts names no file; write accounts = "accounts.toml" under [web] in settings.toml')
    return path


def _known(path: Path, name: str) -> None:
    from monitor.web import accounts

    people = accounts.load(path).people
    if name not in people:
        raise UsageError(f"{name}: no such account; known are {', '.join(sorted(people)) or 'none'}")


def _remit(session: Session, under: list[str] | None) -> tuple[str, ...]:
    """Ids of the bodies named. Raises UsageError."""
    roster, found = session.roster(), []
    for named in under or ():
        body = roster.bodies.get(named) or roster.find(named)
        if body is None:
            raise UsageError(f"--under {named}: no body of the roster has this id or name")
        found.append(body.id)
    return tuple(dict.fromkeys(found))


def _password(session: Session, file: Path | None) -> str:
    """A password from a file, from stdin, or asked for twice. Raises UsageError."""
    from monitor import wording
    from monitor.web.accounts import checked

    lang = session.lang
    if file is not None:
        try:
            text = sys.stdin.readline() if str(file) == "-" else file.read_text("utf-8-sig").split("\n")[0]
        except (OSError, UnicodeDecodeError) as fault:
            said = getattr(fault, "strerror", "") or fault
            raise UsageError(f"{file}: the password can't be read ({said})") from None
        return checked(text.rstrip("\r\n"))
    if not sys.stdin.isatty():
        raise UsageError("there is no terminal to ask at; name a file with --password-file, or - for standard input")
    first = checked(getpass.getpass(wording.say("account_ask", lang)))
    if getpass.getpass(wording.say("account_ask_again", lang)) != first:
        raise UsageError("the two passwords differ; nothing was changed")
    return first


def _told(session: Session, key: str, account: Account, action: str) -> None:
    from monitor import wording

    _keep(session, f"{action} {account.name} {account.role} {' '.join(account.under)}".strip())
    printing.line(wording.say(key, session.lang, name=account.name, path=session.settings.web.accounts))


def _keep(session: Session, detail: str) -> None:
    """Into the web's trail, where there is a database already."""
    from monitor.web import trail

    if not session.settings.store.database.is_file():
        return
    try:
        who = getpass.getuser()
    except (KeyError, OSError):
        who = ""
    with session.store().write() as connection:
        trail.record(connection, who, "", "account", detail)
