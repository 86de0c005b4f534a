"""Publishing systems of portals: one module each, found by the marks of its column page.

A family offers `recognise(text)`, `listing(text, url) -> Listing` and `enumerate_list(first, get, max_pages) ->
Enumeration`. Adding one is a module here, its name in FAMILIES in order of recognition, saved list pages under
tests/listings/ and a test portal. A page that carries the mark of a system nobody has taught us yet is `unknown_shape`
with that name, even if side columns hold rows: its list comes by script, and rows of a side column prove nothing.
"""

from __future__ import annotations

import re
from types import ModuleType

from crawler.families import jpage, static, trs

FAMILIES: dict[str, ModuleType] = {"jpage": jpage, "trs": trs, "static": static}

# Systems whose lists a script fills, in the order of portals.md §2; known by name so that an operator is told which.
_UNTAUGHT = (
    ("gkmlpt", re.compile(r"window\._CONFIG\s*=.{0,4000}?\bSID\b.{0,8000}?\bTREE\b", re.S)),
    ("jpage", jpage._MARKS),
    ("truecms", re.compile(r"messageController/getMessage\.do")),
    ("jpaas", re.compile(r"AuthorizedRead/unitbuild\.js|jpaas-publish-server")),
    ("hanweb_xxgk", re.compile(r"/module/xxgk/(tree|search|xxgkAnnualReport)\.jsp")),
    ("anhui_label", re.compile(r"/site/label/8888|OpennessAnnualReport/")),
    ("epoint", re.compile(r"govInfoPub|EWB-FRONT|webBuilderCommon\.js")),
    ("kaipu_search", re.compile(r"/common/search/[0-9a-f]{32}", re.I)),
)


def recognise(text: str) -> str:
    """The name of the system a column page comes from; empty where no system is recognised and no row is seen.

    The name may be one without a module in FAMILIES: then the page can't be read yet.
    """
    for name, mark in _UNTAUGHT:
        if mark.search(text):
            return name
    return next((name for name, family in FAMILIES.items() if family.recognise(text)), "")
