"""What is known of the locked set and does not touch nianbao, put into its bill of materials as CycloneDX says (VEX).

    python .ci/vex.py ids             the identifiers, one a line (for pip-audit --ignore-vuln)
    python .ci/vex.py add SBOM.json   written into the bill

vex.json beside this file holds package, locked version, identifiers and the ground; each ground names the test that
holds it. Promises: a version that is no longer the locked one is an error, so that no assessment outlives what it was
made of. Leaves alone: what nobody has assessed.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent


def assessed() -> list[dict[str, str | list[str]]]:
    """The entries. Exits with a message where one is of another version than the locked one."""
    entries = json.loads((HERE / "vex.json").read_text(encoding="utf-8"))
    locked = dict(re.findall(r"^([\w.-]+)==([\w.]+)", (HERE.parent / "requirements.txt").read_text("utf-8"), re.M))
    for entry in entries:
        if locked.get(entry["package"]) != entry["version"]:
            sys.exit(f"vex.json: {entry['package']} {entry['version']} was assessed, locked is "
                     f"{locked.get(entry['package'], 'none')}; look again and mend the entry")
    return entries


def add(path: Path) -> None:
    """Write the assessments into a bill of materials."""
    bill = json.loads(path.read_text(encoding="utf-8"))
    references = {part["name"]: part["bom-ref"] for part in bill["components"]}
    bill["vulnerabilities"] = [
        {"id": name, "affects": [{"ref": references[entry["package"]]}],
         "analysis": {"state": "not_affected", "justification": entry["justification"], "detail": entry["ground"]}}
        for entry in assessed() for name in entry["ids"]]
    path.write_text(json.dumps(bill, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    if sys.argv[1:] == ["ids"]:
        print("\n".join(name for entry in assessed() for name in entry["ids"]))
    elif len(sys.argv) == 3 and sys.argv[1] == "add":
        add(Path(sys.argv[2]))
    else:
        sys.exit(__doc__)
