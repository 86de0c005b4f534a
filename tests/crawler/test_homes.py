"""Where a body is at home, and where it is not."""

import pytest

from crawler.homes import Homes
from crawler.model import Body, Column, Event, Portal
from crawler.roster import Roster

PORTALS = ("city", "county", "office", "tax", "other", "heir")


def body(identity, kind="department", portal="", **more):
    return Body(id=identity, name=f"示例{identity}", kind=kind, level="county", portal=portal, **more)


BODIES = [
    body("gov-city", "government", "city", division_code="320100"),
    body("gov-county", "government", "county", parent="gov-city", division_code="320102"),
    body("edu", portal="office", parent="gov-county", division_code="320102"),
    body("tax-city", portal="tax"),
    body("tax-county", portal="office", parent="tax-city", division_code="320102"),
    body("elsewhere", "government", "other", division_code="330100"),
    body("nowhere"),
    body("old", portal="other", successor="new"),
    body("new", portal="heir", events=(Event("founded", "2025-03-01"),)),
    body("shared", portal="heir"),
    body("covering", portal="other", covers=("shared",)),
    body("ring-a", portal="heir", parent="ring-b"),
    body("ring-b", portal="other", parent="ring-a"),
]
ROSTER = Roster.of(BODIES, [Portal(id=name, name=name, hosts=[f"www.{name}.example"], columns=[
    Column(id="c", name="年报", url=f"http://www.{name}.example/nb/")]) for name in PORTALS])


@pytest.mark.parametrize(("asked", "homes"), [
    ("edu", {"office", "county", "city"}),        # its own, and those of the governments above
    ("tax-county", {"office", "tax", "county", "city"}),  # what is above it, and the government of its place
    ("gov-city", {"city"}),                       # never what lies below
    ("new", {"heir", "other"}),                   # where the body published whose tasks it took over
    ("shared", {"heir", "other"}),                # and the one that reports for it
    ("ring-a", {"heir", "other"}),
])
def test_a_body_is_at_home_on_its_own_portal_and_those_above(asked, homes):
    assert Homes(ROSTER).of(ROSTER.bodies[asked]) == homes


def test_other_portals_are_no_home_unless_nothing_is_known():
    homes = Homes(ROSTER)
    assert not homes.is_one("other", ROSTER.bodies["edu"])
    assert homes.is_one("gone-from-the-roster", ROSTER.bodies["edu"])
    assert homes.is_one("other", ROSTER.bodies["nowhere"])


def test_a_page_of_a_homes_host_speaks_whoever_found_it():
    homes, edu = Homes(ROSTER), ROSTER.bodies["edu"]
    assert homes.speaks("other", "http://www.county.example/nb/1.html", edu)
    assert not homes.speaks("other", "http://www.other.example/nb/1.html", edu)
