"""The file of accounts: who may log in, with which role, for which part of the roster, and their tokens for the API.

Promises: passwords and tokens are kept as hashes only (scrypt with a salt of its own; SHA-256 of 256 random bits);
an unknown name costs the same time as a wrong password; the file is replaced as a whole, readable by its owner alone; a
change holds from the next request on. Leaves alone: sessions (sessions.py), how often somebody may try (attempts.py).
"""

from __future__ import annotations

import base64
import contextlib
import fcntl
import functools
import hashlib
import hmac
import json
import os
import re
import secrets
import tempfile
import threading
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from crawler import clock
from monitor.exceptions import SettingsError, UsageError
from monitor.web.people import ROLES, Person

COST = {"n": 1 << 15, "r": 8, "p": 3}
"""scrypt's parameters: 32 MiB and about a quarter of a second for one password."""
SHORTEST, LONGEST = 10, 200
"""Characters of a password."""
TOKEN = "nbt_"
_NAME = re.compile(r"[^\W_][\w.@\-]{0,63}")
_hashing = threading.BoundedSemaphore(2)
"""So that many logins at once can't take all memory."""


@dataclass(frozen=True, slots=True)
class Account:
    """`password`: hash, empty where a proxy vouches for this person and no password does. `under`: ids of bodies."""

    name: str
    role: str
    under: tuple[str, ...] = ()
    password: str = ""
    disabled: bool = False

    @property
    def person(self) -> Person:
        return Person(self.name, self.role, self.under)

    @property
    def mark(self) -> str:
        """Changes with whatever ends the person's sessions."""
        told = json.dumps([self.name, self.role, self.under, self.password, self.disabled])
        return hashlib.sha256(told.encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Token:
    """One token of the API: `role` is never above its person's. Times are ISO."""

    id: str
    person: str
    role: str
    hash: str
    made: str
    expires: str


@dataclass(frozen=True, slots=True)
class Accounts:
    """What the file holds."""

    people: dict[str, Account]
    tokens: dict[str, Token]
    """By hash."""

    def find(self, name: str) -> Account | None:
        """The account of that name, where it isn't disabled."""
        held = self.people.get(name)
        return None if held is None or held.disabled else held

    def bearer(self, secret: str) -> Person | None:
        """The person a token stands for: their remit, the token's role where it is the lesser one."""
        token = self.tokens.get(digest(secret)) if secret.startswith(TOKEN) else None
        account = self.find(token.person) if token else None
        if token is None or account is None or token.expires <= clock.stamp():
            return None
        return replace(account.person, role=min(token.role, account.role, key=ROLES.index))


NOBODY = Accounts({}, {})


# ---------------------------------------------------------------- passwords
def hashed(password: str) -> str:
    """`scrypt$n$r$p$salt$hash`, salt and hash in base64."""
    salt = secrets.token_bytes(16)
    return "$".join(["scrypt", *(str(COST[each]) for each in "nrp"), _text(salt), _text(_scrypt(password, salt, COST))])


def holds(account: Account | None, password: str) -> bool:
    """Whether the password is the account's; nobody's password is compared at the same cost."""
    kept = account.password if account and account.password else _nobodys()
    try:
        _, n, r, p, salt, wanted = kept.split("$")
        found = _scrypt(password, base64.b64decode(salt), {"n": int(n), "r": int(r), "p": int(p)})
    except ValueError:
        return False
    same = hmac.compare_digest(found, base64.b64decode(wanted))
    return same and account is not None and bool(account.password)


def _nobodys() -> str:
    """A hash that no password has, at the cost of any other."""
    return "$".join(["scrypt", *(str(COST[each]) for each in "nrp"), _text(secrets.token_bytes(16)),
                     _text(secrets.token_bytes(32))])


def _scrypt(password: str, salt: bytes, cost: dict[str, int]) -> bytes:
    # scrypt's inner HMAC pads a short password with zeros, so that one with a zero at its end would open too.
    told = hashlib.sha256(password.encode("utf-8", "surrogatepass")).digest()
    with _hashing:
        return hashlib.scrypt(told, salt=salt, maxmem=256 << 20, dklen=32, **cost)


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def digest(secret: str) -> str:
    """What is kept of a random secret."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


# ---------------------------------------------------------------- the file
def load(path: Path | None) -> Accounts:
    """The accounts as the file says now; nobody where there is no file. Raises SettingsError naming what is wrong."""
    if path is None:
        return NOBODY
    try:
        found = path.stat()
    except FileNotFoundError:
        return NOBODY
    except OSError as fault:
        raise SettingsError(f"{path}: {fault.strerror}") from None
    return _loaded(path, (found.st_mtime_ns, found.st_size, found.st_ino))


@functools.lru_cache(maxsize=8)
def _loaded(path: Path, _mark: tuple[int, int, int]) -> Accounts:
    try:
        data = tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as fault:
        raise SettingsError(f"{path}: no file of accounts ({fault}); restore it, or remove it and run `nianbao account "
                            "add`") from None
    try:
        people = [Account(str(each["name"]), _role(each["role"]), tuple(map(str, each.get("under", ()))),
                          str(each.get("password", "")), bool(each.get("disabled", False)))
                  for each in data.get("person", ())]
        tokens = [Token(**{name: str(each[name]) for name in Token.__slots__}) for each in data.get("token", ())]
        _ = [_role(each.role) for each in tokens]
    except (KeyError, TypeError, ValueError, AttributeError) as fault:
        raise SettingsError(f"{path}: damaged file of accounts ({fault}); restore it, or remove it and run `nianbao "
                            "account add`") from None
    return Accounts({each.name: each for each in people}, {each.hash: each for each in tokens})


def _role(said: Any) -> str:
    if said not in ROLES:
        raise ValueError(f"role {said!r}")
    return str(said)


@contextlib.contextmanager
def _changing(path: Path) -> Iterator[tuple[dict[str, Account], dict[str, Token]]]:
    """People and tokens to change in place; written when the block ends well. One writer at a time."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.with_name(f".{path.name}.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        held = load(path)
        people, tokens = dict(held.people), dict(held.tokens)
        yield people, tokens
        _write(path, people, tokens)


def _write(path: Path, people: dict[str, Account], tokens: dict[str, Token]) -> None:
    lines = ["# Accounts of `nianbao serve`, written by `nianbao account`. Passwords and tokens are hashes.\n"]
    for account in people.values():
        lines += ["\n[[person]]\n", *(f"{name} = {_toml(getattr(account, name))}\n" for name in Account.__slots__)]
    for token in tokens.values():
        lines += ["\n[[token]]\n", *(f"{name} = {_toml(getattr(token, name))}\n" for name in Token.__slots__)]
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            os.fchmod(file.fileno(), 0o600)
            file.writelines(lines)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _toml(value: str | bool | tuple[str, ...]) -> str:
    """JSON's texts, lists and booleans are TOML's too; names hold no character on which they differ."""
    return json.dumps(list(value) if isinstance(value, tuple) else value, ensure_ascii=False)


# ---------------------------------------------------------------- changes
def add(path: Path, name: str, role: str, under: tuple[str, ...], password: str) -> Account:
    """A new account; an empty password for one whom a proxy vouches for. Raises UsageError."""
    if not _NAME.fullmatch(name):
        raise UsageError(f"{name!r} is no name of an account; write letters, digits, dots and hyphens, e.g. zhang.san")
    made = Account(name, role, under, hashed(checked(password)) if password else "")
    with _changing(path) as (people, _):
        if name in people:
            raise UsageError(f"{name}: there is an account of this name already; change it with `nianbao account set`")
        people[name] = made
    return made


def change(path: Path, name: str, **changed: Any) -> Account:
    """Another password, role, remit, or disabled. Raises UsageError for an unknown name."""
    if "password" in changed:
        changed["password"] = hashed(checked(changed["password"]))
    with _changing(path) as (people, _):
        people[name] = replace(_known(people, name), **changed)
        return people[name]


def make_token(path: Path, name: str, days: int, role: str | None = None) -> str:
    """A new token of the API for this person; it is shown once. Raises UsageError."""
    from datetime import timedelta

    secret = TOKEN + secrets.token_urlsafe(32)
    expires = (clock.now() + timedelta(days=days)).isoformat(timespec="seconds")
    with _changing(path) as (people, tokens):
        account = _known(people, name)
        if role and ROLES.index(role) > ROLES.index(account.role):
            raise UsageError(f"{name} is {account.role}; a token can't have the role {role}")
        made = Token(secrets.token_hex(4), name, role or account.role, digest(secret), clock.stamp(), expires)
        tokens[made.hash] = made
    return secret


def revoke_tokens(path: Path, name: str) -> int:
    """End every token of this person; how many there were."""
    with _changing(path) as (people, tokens):
        _known(people, name)
        ended = [each.hash for each in tokens.values() if each.person == name]
        for each in ended:
            del tokens[each]
    return len(ended)


def _known(people: dict[str, Account], name: str) -> Account:
    if name not in people:
        raise UsageError(f"{name}: no such account; known are {', '.join(sorted(people)) or 'none'}")
    return people[name]


def checked(password: str) -> str:
    """The password, where it is long enough to be one. Raises UsageError; never repeats it."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise UsageError(f"a password has {SHORTEST} to {LONGEST} characters; choose another one")
    if len(set(password)) < 5:
        raise UsageError("a password needs five different characters at least; choose another one")
    return password
