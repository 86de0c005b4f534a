"""Records and files as a test hands them to a command."""

from __future__ import annotations

import json
from pathlib import Path

from extract import forms


def record(figures: dict[str, int] | None = None, **fields: object) -> dict[str, object]:
    """A clean record of the 2021 form whose every sum holds, some figures replaced."""
    held = dict.fromkeys(forms.form("2021").keys, 0)
    for column in ("natural_person", "total"):
        held |= {f"applications.{row}.{column}": value for row, value in (
            ("new", 31), ("carried_in", 1), ("granted", 20), ("unable_not_held", 9), ("concluded", 29),
            ("carried_out", 3))}
    held |= figures or {}
    return {"schema": 1, "title": "样例市教育局2021年政府信息公开工作年度报告", "body": "样例市教育局", "year": 2021,
            "scope": "own", "form": "2021", "medium": "application/json", "sha256": "0" * 64, "published": None,
            "sections": [],
            "tables": [], "claims": [], "problems": [],
            "figures": {key: {"value": value, "state": "number", "raw": str(value), "confidence": 1.0, "source": {}}
                        for key, value in held.items()}, **fields}


def written(folder: Path, name: str, data: object) -> Path:
    path = folder / name
    path.write_text(data if isinstance(data, str) else json.dumps(data, ensure_ascii=False), "utf-8")
    return path
