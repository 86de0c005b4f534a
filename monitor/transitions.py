"""What may be done with a finding in which state: config/review.yaml.

Promises: every state has a way out or is an end on purpose; each refusal says which actions the state allows. Leaves
alone: doing it (review.py), wording of states (wording.py).
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from extract import configuration
from monitor.exceptions import UsageError
from monitor.model import FindingState

IN_LETTERS = frozenset({"notified", "disputed", "upheld", "partly_accepted", "rectified", "not_fixed", "overdue"})
"""States of findings that a body was told of and that aren't settled."""
SETTLED = frozenset({"dismissed", "verified", "explained", "retracted", "historic", "accepted"})
"""States in which a finding no longer counts as open."""
TRUE = frozenset({"confirmed", "approved", "verified", "explained"}) | (IN_LETTERS - {"disputed"})
"""States in which a person's word that the finding is true stands."""
FALSE_ALARMS = frozenset({"dismissed", "accepted", "retracted"})
"""States that count in the register of false alarms."""


class _Said(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    zh: str
    en: str


class Action(_Said):
    """One thing that can be done with a finding."""

    allowed: frozenset[FindingState] = Field(alias="from")
    to: FindingState
    by: Literal["person", "run", "both"]
    needs: tuple[Literal["reason", "until"], ...] = ()
    cause: bool = False


class Transitions(BaseModel):
    """config/review.yaml."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    answer_workdays: int = Field(ge=1, le=60)
    actions: dict[str, Action]
    events: dict[str, _Said]
    causes: dict[str, _Said]
    cannot_be_mended: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _whole(self) -> Transitions:
        reached = {action.to for action in self.actions.values()} | {FindingState.OPEN, FindingState.HISTORIC}
        if lost := sorted(state.value for state in set(FindingState) - reached):
            raise ValueError(f"actions: none leads to {', '.join(lost)}")
        for event in ("change", "clear", "back", "wake"):
            if event not in self.events:
                raise ValueError(f"events: no word for {event}")
        return self


def transitions() -> Transitions:
    """config/review.yaml, loaded once. Raises ConfigurationError with file and line."""
    loaded: Transitions = configuration.load("review.yaml", Transitions)
    return loaded


def of_person() -> dict[str, Action]:
    """Actions a person can take, by name, in the order of a finding's life."""
    return {name: action for name, action in transitions().actions.items() if action.by != "run"}


def allowed(state: str) -> list[str]:
    """Names of the actions a person can take in this state."""
    return [name for name, action in of_person().items() if state in action.allowed]


def check(finding: str, state: str, name: str) -> Action:
    """The action, where this state allows it. Raises UsageError, naming what is allowed."""
    known = of_person()
    if name not in known:
        raise UsageError(f"{name!r} is no decision; use {', '.join(known)}")
    if state == FindingState.HISTORIC:
        raise UsageError(f"{finding} is of a year before monitoring began and is only shown; set [monitoring] since to "
                         "an earlier year where it should count")
    if state not in known[name].allowed:
        raise UsageError(f"{finding} is {state}, which {name} doesn't fit; possible are {', '.join(allowed(state))}")
    return known[name]
