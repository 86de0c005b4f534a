"""A family is found by its file; the order in which families are asked stays what it was."""

from types import ModuleType

from crawler import families


def test_the_order_of_the_known_families_holds():
    assert next(iter(families.FAMILIES)) == "gkmlpt"
    assert list(families.FAMILIES)[-1] == "static"
    assert set(families._ORDERED) <= set(families.FAMILIES)


def test_a_newcomer_is_asked_before_the_general_ones_or_where_it_says(monkeypatch):
    plain, early = ModuleType("quhe"), ModuleType("quhe_early")
    for module in (plain, early):
        module.recognise = lambda text: False
    early.BEFORE = "jpage"
    found = {"quhe": plain, "quhe_early": early, "rows": ModuleType("rows")}
    monkeypatch.setattr(families.pkgutil, "iter_modules",
                        lambda path: [type("Found", (), {"name": name}) for name in found])
    monkeypatch.setattr(families.importlib, "import_module", lambda name: found[name.rpartition(".")[2]])
    order = list(families._with_newcomers(families._ORDERED))
    assert order.index("quhe") == order.index("script_list") - 1
    assert order.index("quhe_early") == order.index("jpage") - 1
    assert "rows" not in order
