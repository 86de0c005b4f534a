"""Every reader and parser that takes bytes or text of strangers, as a function a fuzzer can call.

Promises: a harness passes when what it calls returns, or raises one of the errors it is documented to raise; anything
else – another exception, an answer that can't be written as JSON – is a fault of the product. `HARNESSES` is driven by
test_fuzz.py (a bounded number of changed seeds, always the same) and by guided.py (coverage-guided, as long as wanted).
Leaves alone: whether what was read is right (the other tests).
"""

from tests.fuzz.harnesses import documents, offices, parsers, portals
from tests.fuzz.harnesses.frame import HARNESSES, Harness

__all__ = ["HARNESSES", "Harness", "documents", "offices", "parsers", "portals"]
