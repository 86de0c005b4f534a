"""Parts of libraries that are known to be weak, and that nothing here may reach (docs/security.md, Dependencies)."""

from __future__ import annotations

import ast
import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
_VIDEO = ("Video", "videoio", "CAP_", "dnn", "gapi")
"""What of cv2 opens videos with ffmpeg, or loads other programs' models."""


def sources() -> list[Path]:
    """Our modules, and those of the library that reads scans with it."""
    recogniser = Path(importlib.util.find_spec("rapidocr").origin).parent  # type: ignore[union-attr,arg-type]
    return [path for package in (ROOT / "extract", ROOT / "crawler", ROOT / "monitor", recogniser)
            for path in package.rglob("*.py")]


def of_cv2(tree: ast.AST) -> set[str]:
    """Names taken from cv2, as attributes, by import or by getattr."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "cv2":
            found.add(node.attr)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "cv2":
            found |= {alias.name for alias in node.names} | {node.module or ""}
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names if alias.name.startswith("cv2.")}
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "getattr" \
                and isinstance(node.args[0], ast.Name) and node.args[0].id == "cv2":
            found.add("Video, perhaps: getattr")
    return found


@pytest.mark.filterwarnings("ignore:invalid escape sequence")
def test_nothing_opens_a_video() -> None:
    """ffmpeg lies in opencv's wheel, with decoders that are known to write out of bounds."""
    used = {path: names for path in sources() if (names := of_cv2(ast.parse(path.read_bytes())))}
    assert used
    assert {str(path): name for path, names in used.items() for name in names
            if any(part in name for part in _VIDEO)} == {}


@pytest.mark.parametrize("text", [
    "import cv2\ncv2.VideoCapture(0)", "from cv2 import VideoCapture", "import cv2.videoio_registry",
    "import cv2\ngetattr(cv2, name)(0)", "from cv2.videoio_registry import getBackends"])
def test_whoever_opens_one_is_seen(text: str) -> None:
    assert any(part in name for name in of_cv2(ast.parse(text)) for part in _VIDEO)


def test_what_is_known_and_does_not_touch_us_stands_in_the_bill_with_a_ground_that_is_tested(tmp_path: Path) -> None:
    entries = json.loads((ROOT / ".ci" / "vex.json").read_text("utf-8"))
    bill = tmp_path / "sbom.json"
    bill.write_text(json.dumps({"components": [{"name": entry["package"], "bom-ref": "x"} for entry in entries]}))
    subprocess.run([sys.executable, ROOT / ".ci" / "vex.py", "add", bill], check=True)
    told = json.loads(bill.read_text("utf-8"))["vulnerabilities"]
    assert [each["id"] for each in told] == [name for entry in entries for name in entry["ids"]]
    guide = (ROOT / "docs" / "security.md").read_text("utf-8")
    for entry in entries:
        path, _, test = entry["ground"].rpartition(" ")[2].partition("::")
        assert f"def {test}(" in (ROOT / path).read_text("utf-8")
        assert entry["package"] in guide
        assert entry["ids"][0] in guide
