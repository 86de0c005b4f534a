"""Publishing systems of portals: one module each, found by the marks of its column page.

A family offers `recognise(text)`, `listing(text, url) -> Listing` and `enumerate_list(first, get, max_pages) ->
Enumeration`. Adding one is a module here: it is found by itself and asked before the general ones (from script_list
on), or before the one it names as `BEFORE`. Saved list pages under tests/listings/ and a test portal go with it. A page
with the mark of a system is that system's even if side columns hold rows: its list comes by script, and rows of a side
column prove nothing.
"""

from __future__ import annotations

import importlib
import pkgutil
from types import ModuleType

from crawler.families import (
    anhui_label,
    anhui_openness,
    aspnet,
    epoint,
    gkmlpt,
    hanweb,
    jpaas,
    jpage,
    kaipu,
    legacy_pages,
    script_list,
    static,
    trs,
    truecms,
    vsb,
)

# In the order of portals.md §2; TrueCMS leaves pages with jpage's interface to jpage, whose datastore it shares.
_ORDERED: dict[str, ModuleType] = {
    "gkmlpt": gkmlpt, "truecms": truecms, "jpage": jpage, "jpaas": jpaas, "hanweb": hanweb,
    "anhui_openness": anhui_openness, "anhui_label": anhui_label, "epoint": epoint, "kaipu": kaipu,
    # Addresses in a script's data look like those of any system, so the data is asked for before the marks of pages.
    "script_list": script_list, "trs": trs, "vsb": vsb, "aspnet": aspnet, "legacy_pages": legacy_pages,
    "static": static,
}


def _with_newcomers(ordered: dict[str, ModuleType]) -> dict[str, ModuleType]:
    """The families above and every other module of this folder that recognises pages, in the order they are asked."""
    names = list(ordered)
    for found in pkgutil.iter_modules(__path__):
        module = importlib.import_module(f"{__name__}.{found.name}")
        if found.name not in ordered and hasattr(module, "recognise"):
            names.insert(names.index(getattr(module, "BEFORE", "script_list")), found.name)
            ordered = {**ordered, found.name: module}
    return {name: ordered[name] for name in names}


FAMILIES = _with_newcomers(_ORDERED)


def recognise(text: str) -> str:
    """The name of the system a column page comes from; empty where no system is recognised and no row is seen."""
    return next((name for name, family in FAMILIES.items() if family.recognise(text)), "")
