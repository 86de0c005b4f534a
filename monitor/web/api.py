"""The interface under /api/v1 as config/api.yaml declares it: parameters checked, rows in pages, answers as declared.

Promises: what isn't declared is neither taken nor given – an unknown parameter is an error, an undeclared field never
leaves; lists go on after the last row by its key, whatever was added meanwhile; what hasn't changed is answered with
304; every error is a problem document (RFC 9457). Leaves alone: what the rows are (resources.py), the document that
describes all this (openapi.py), who may ask (server.py).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlencode

from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse, Response

from extract import configuration
from monitor import wording
from monitor.exceptions import UsageError
from monitor.exports import open_tables
from monitor.web.asked import problem
from monitor.wording import Term

if TYPE_CHECKING:
    from monitor.web.asked import Asked
    from monitor.wording import Lang

ROOT = "/api/v1"
PAGE = 100
Row = dict[str, Any]
Key = list[Any]
Kind = Literal["string", "integer", "number", "boolean", "date", "strings", "object", "objects"]
BURST, A_SECOND = 300, 10.0
"""So many questions one asker may put at once, and so many a second from then on."""


class Parameter(BaseModel):
    """One parameter of an address. `words`: a list of the vocabulary whose keys it may be."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    type: Literal["string", "integer", "boolean"]
    zh: str
    en: str
    longest: int = 40
    least: int = 0
    most: int = 10**6
    one_of: tuple[str, ...] = ()
    words: str = ""
    pattern: str = ""
    needed: bool = False

    @property
    def choices(self) -> tuple[str, ...]:
        return self.one_of or (tuple(getattr(wording.vocabulary(), self.words)) if self.words else ())


class ApiField(BaseModel):
    """One field of an answer; it may be null."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    type: Kind
    zh: str
    en: str
    foreign: bool = False


class Schema(BaseModel):
    """The fields of a table of the open data (`of`) less some, and further ones."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    of: str = ""
    without: tuple[str, ...] = ()
    fields: dict[str, ApiField] = Field(default_factory=dict)

    @property
    def whole(self) -> dict[str, ApiField]:
        table = open_tables.facts().tables[self.of].fields if self.of else {}
        taken = {name: ApiField(type=each.type, zh=each.zh, en=each.en, foreign=each.foreign)
                 for name, each in table.items() if name not in self.without}
        return taken | self.fields


class Operation(BaseModel):
    """One thing to ask. `pages`: a list in pages; `whole`: a list in one piece; else one object."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    path: str
    holds: str
    zh: str
    en: str
    method: Literal["GET", "POST"] = "GET"
    query: tuple[str, ...] = ()
    pages: bool = False
    whole: bool = False
    takes: str = ""
    role: str = "viewer"

    @property
    def parameters(self) -> tuple[str, ...]:
        return (*self.query, *(("limit", "after") if self.pages else ()), "lang")


class Api(BaseModel):
    """config/api.yaml."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    title: Term
    description: Term
    parameters: dict[str, Parameter]
    schemas: dict[str, Schema]
    operations: dict[str, Operation]


def api() -> Api:
    """config/api.yaml, loaded once. Raises ConfigurationError with file and line."""
    loaded: Api = configuration.load("api.yaml", Api)
    return loaded


@dataclass
class Call:
    """One question: who asks, the checked values of its parameters (absent ones left out), what it takes."""

    asked: Asked
    values: Mapping[str, Any]
    taken: Mapping[str, Any]

    @property
    def lang(self) -> Lang:
        return self.asked.lang

    def get(self, name: str) -> Any:
        return self.values.get(name)


class ChangedError(Exception):
    """Raised by a resource when what the asker had seen is no longer so; said in their language."""


Rows = Callable[[Call, "Key | None"], Iterator[tuple[Key, Row]]]
"""Rows in a stable order with the key of each, those after a key where one is given."""
Whole = Callable[[Call], Any]


# ---------------------------------------------------------------- answering
def answer(name: str, asked: Asked) -> Response:
    """What is answered to one operation."""
    from monitor.web import resources

    operation = api().operations[name]
    wait = _budget.wait(asked.person.name or (asked.request.client.host if asked.request.client else ""))
    if wait:
        return problem(asked.t("api_slower"), asked.t("api_slower_text", n=wait), 429, {"Retry-After": str(wait)})
    values = parsed(operation, asked)
    asked.lang = values.get("lang", asked.lang)
    if operation.method == "POST":
        if not asked.request.state.visit.bearer:
            return problem(asked.t("not_allowed"), asked.t("api_token_needed"), 403)
        call = Call(asked, values, _taken(operation, asked))
        asked.form = call.taken  # what the web's trail tells of
        try:
            return _json(fit(operation.holds, resources.ONE[name](call)), "")
        except ChangedError as fault:
            return problem(asked.t("api_409"), str(fault), 409)
    mark = _mark(asked)
    held = [each.strip().removeprefix("W/") for each in asked.request.headers.get("if-none-match", "").split(",")]
    if mark.removeprefix("W/") in held or held == ["*"]:
        return Response(status_code=304, headers={"ETag": mark, "Vary": "Authorization, Cookie"})
    call = Call(asked, values, {})
    if operation.pages:
        return _json(_page(operation, resources.PAGES[name], call), mark)
    made = resources.ONE[name](call)
    if operation.whole:
        return _json({**_about(asked), "items": [fit(operation.holds, row) for row in made]}, mark)
    return _json(fit(operation.holds, made), mark)


def _page(operation: Operation, rows: Rows, call: Call) -> Row:
    limit = call.values.get("limit", PAGE)
    found = list(islice(rows(call, key_of(call.get("after"))), limit + 1))
    onward = None
    if len(found) > limit:
        asked = {name: value for name, value in call.values.items() if name != "after"}
        asked = {name: str(value).lower() if isinstance(value, bool) else value for name, value in asked.items()}
        onward = f"{ROOT}{operation.path}?{urlencode({**asked, 'after': cursor(found[limit - 1][0])})}"
    return {**_about(call.asked), "items": [fit(operation.holds, row) for _, row in found[:limit]], "next": onward}


def fit(schema: str, row: Row) -> Row:
    """A row with exactly the fields of its schema."""
    return {name: row.get(name) for name in api().schemas[schema].whole}


def _about(asked: Asked) -> Row:
    row = asked.connection.execute("SELECT at FROM standing LIMIT 1").fetchone()
    return {"as_of": row["at"] if row else None}


def _json(content: Any, mark: str) -> Response:
    headers = {"ETag": mark, "Vary": "Authorization, Cookie"} if mark else {}
    return JSONResponse(content, headers=headers)


def _mark(asked: Asked) -> str:
    """Changes with every judgement, decision, portal of a run and question, and differs between remits."""
    connection = asked.connection
    state = [tuple(row) for query in (
        "SELECT at FROM standing LIMIT 1", "SELECT number FROM judgement", "SELECT max(id) FROM audit",
        "SELECT max(heartbeat), max(finished), count(*) FROM run", "SELECT max(id) FROM text_row",
        "SELECT count(*) FROM run_portal WHERE state = 'done' AND run = (SELECT max(id) FROM run)")
        for row in connection.execute(query)]
    told = json.dumps([state, id(asked.roster), asked.person.role, asked.person.under, asked.lang,
                       str(asked.request.url)], default=str)
    return f'W/"{hashlib.sha256(told.encode("utf-8", "surrogatepass")).hexdigest()[:32]}"'


# ---------------------------------------------------------------- what is asked
def parsed(operation: Operation, asked: Asked) -> dict[str, Any]:
    """The parameters of a question, checked. Raises UsageError naming the one that is wrong."""
    given = asked.request.query_params
    known = api().parameters
    values: dict[str, Any] = {}
    for name in given:
        if name not in operation.parameters:
            raise UsageError(f"{name[:40]!r} is no parameter here; known are {', '.join(operation.parameters)}")
        if len(given.getlist(name)) > 1:
            raise UsageError(f"{name} is given more than once; give it once")
        values[name] = checked(name, known[name], given[name])
    for name in operation.parameters:
        if known[name].needed and name not in values:
            raise UsageError(f"{name} is missing; it has to be given")
    for name in re.findall(r"\{(\w+)\}", operation.path):
        values[name] = asked.key
    return values


def checked(name: str, parameter: Parameter, given: str) -> Any:
    """The value of one parameter. Raises UsageError."""
    if parameter.choices and given not in parameter.choices:
        raise UsageError(f"{name} is {given[:40]!r}; write one of {', '.join(parameter.choices)}")
    if parameter.type == "boolean":
        if given not in ("true", "false"):
            raise UsageError(f"{name} is {given[:40]!r}; write true or false")
        return given == "true"
    if parameter.type == "integer":
        if (not re.fullmatch(r"[0-9]{1,7}", given) or not parameter.least <= int(given) <= parameter.most):
            raise UsageError(f"{name} is {given[:40]!r}; write a whole number from {parameter.least} to "
                             f"{parameter.most}")
        return int(given)
    if not given or len(given) > parameter.longest:
        raise UsageError(f"{name} has {len(given)} characters; write 1 to {parameter.longest}")
    if parameter.pattern and not re.fullmatch(parameter.pattern, given):
        raise UsageError(f"{name} is {given[:40]!r}; take it from the page before")
    return given


def _taken(operation: Operation, asked: Asked) -> dict[str, Any]:
    """The object that a POST carries, its fields as declared. Raises UsageError."""
    try:
        held = json.loads(asked.said("json"))
    except (ValueError, RecursionError):
        held = None
    if not isinstance(held, dict):
        raise UsageError("the request holds no JSON object; send one with Content-Type application/json")
    fields = api().schemas[operation.takes].whole
    for name, value in held.items():
        if name not in fields:
            raise UsageError(f"{name[:40]!r} is no field here; known are {', '.join(fields)}")
        if value is not None and not isinstance(value, str):
            raise UsageError(f"{name} is no text; write it in quotes")
    return {name: value for name, value in held.items() if value is not None}


# ---------------------------------------------------------------- places in lists
def cursor(key: Key) -> str:
    return base64.urlsafe_b64encode(json.dumps(key, ensure_ascii=False).encode()).decode().rstrip("=")


def key_of(text: str | None) -> Key | None:
    """The key a cursor holds. Raises UsageError."""
    if text is None:
        return None
    try:
        held = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (ValueError, binascii.Error, RecursionError):
        held = None
    if not isinstance(held, list) or not all(isinstance(each, (str, int)) for each in held):
        raise UsageError("after is no place in this list; take it from the page before")
    return held


class Budget:
    """How many questions each asker still has; memory is bounded."""

    def __init__(self, burst: float, a_second: float) -> None:
        self.burst, self.a_second = burst, a_second
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._lock = threading.Lock()

    def wait(self, key: str) -> int:
        """Take one; 0, or the seconds until there is one again."""
        now = time.monotonic()
        with self._lock:
            left, last = self._left.pop(key, (self.burst, now))
            left = min(self.burst, left + (now - last) * self.a_second)
            self._left[key] = (left - 1 if left >= 1 else left, now)
            while len(self._left) > 10_000:
                self._left.popitem(last=False)
        return 0 if left >= 1 else int((1 - left) / self.a_second) + 1


_budget = Budget(BURST, A_SECOND)
