"""Publishing systems of portals: one module each, found by the marks of its column page.

A family offers `recognise(text)`, `listing(text, url) -> Listing` and `enumerate_list(first, get, max_pages) ->
Enumeration`. Adding one is a module here, its name in FAMILIES in order of recognition, saved list pages under
tests/listings/ and a test portal. A page that carries the mark of a system nobody has taught us yet is `unknown_shape`
with that name, even if side columns hold rows: its list comes by script, and rows of a side column prove nothing.
"""

from __future__ import annotations

import re
from types import ModuleType

from crawler.families import epoint, gkmlpt, hanweb, jpaas, jpage, kaipu, static, trs, truecms

# In the order of portals.md §2; TrueCMS leaves pages with jpage's interface to jpage, whose datastore it shares.
FAMILIES: dict[str, ModuleType] = {
    "gkmlpt": gkmlpt, "truecms": truecms, "jpage": jpage, "jpaas": jpaas, "hanweb": hanweb,
    "epoint": epoint, "kaipu": kaipu, "trs": trs, "static": static,
}

# Systems whose lists a script fills, in the order of portals.md §2; known by name so that an operator is told which.
_UNTAUGHT = (
    ("anhui_label", re.compile(r"/site/label/8888|OpennessAnnualReport/")),
)


def recognise(text: str) -> str:
    """The name of the system a column page comes from; empty where no system is recognised and no row is seen.

    The name may be one without a module in FAMILIES: then the page can't be read yet.
    """
    for name, mark in _UNTAUGHT:
        if mark.search(text):
            return name
    return next((name for name, family in FAMILIES.items() if family.recognise(text)), "")
