"""The house as its plan says it: every room is on the page, none has a forbidden name, none outgrows itself."""

import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
MODULES = sorted(path.relative_to(ROOT) for package in ("extract", "crawler", "monitor")
                 for path in (ROOT / package).rglob("*.py"))
FAMILIES_OF_ONE_FILE_EACH = ("crawler/families", "extract/readers", "extract/ocr", "monitor/rules", "monitor/commands",
                             "monitor/web/views")
LONGEST = 500


def test_every_room_is_on_the_plan():
    plan = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    absent = [str(path) for path in MODULES
              if path.name != "__init__.py" and str(path.parent) not in FAMILIES_OF_ONE_FILE_EACH
              and path.stem not in ("model", "exceptions", "settings")
              and not re.search(rf"`(?:[\w/]+/)?{path.stem}`", plan)]
    assert absent == []


@pytest.mark.parametrize("path", MODULES, ids=str)
def test_no_room_has_a_forbidden_name_or_outgrows_itself(path):
    assert path.stem not in {"utils", "helpers", "common", "misc", "manager"}
    assert path.stem not in sys.stdlib_module_names - {"__init__"}
    assert len((ROOT / path).read_text("utf-8").splitlines()) <= LONGEST


def test_config_holds_data_only():
    assert list((ROOT / "config").rglob("*.py")) == []


def test_test_portals_and_made_documents_import_nothing_of_what_they_test():
    imports = re.compile(r"^\s*(?:from|import)\s+(extract|crawler|monitor)\b", re.M)
    makers = [path for folder in ("portals", "documents") for path in (ROOT / "tests" / folder).rglob("*.py")
              if not path.name.startswith("test_")]
    assert makers
    assert [path.name for path in makers if imports.search(path.read_text("utf-8"))] == []

