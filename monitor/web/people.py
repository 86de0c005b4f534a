"""Who asks: a person with a role and the part of the roster that is theirs.

Promises: a role may do all that lesser roles may; a person with remits sees nothing outside of them. Leaves alone: how
somebody proves who they are (sessions.py), what a page shows.
"""

from __future__ import annotations

from dataclasses import dataclass

ROLES = ("viewer", "reviewer", "operator")
"""From least to most: reads; decides on findings; also runs scans and keeps accounts."""


@dataclass(frozen=True, slots=True)
class Person:
    """`name` is what the trail keeps. `under`: ids of bodies whose subtrees are theirs; empty: everything."""

    name: str
    role: str = "viewer"
    under: tuple[str, ...] = ()
    local: bool = False
    """At this machine itself, without a login."""

    def may(self, role: str) -> bool:
        return ROLES.index(self.role) >= ROLES.index(role)

    @property
    def guest(self) -> bool:
        """Nobody in particular: a reader without a login, where pages are public."""
        return not self.name


GUEST = Person("")
