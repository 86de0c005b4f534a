"""The table of faults names tests that exist."""

from __future__ import annotations

import re

import pytest

from tests.bench import faults


@pytest.mark.parametrize("named", sorted({test for fault in faults.TABLE for test in fault.tests}))
def test_every_named_test_is_there(named):
    path, _, name = named.partition("::")
    text = (faults.ROOT / path).read_text("utf-8")
    assert not name or re.search(rf"def {name}\(", text)
