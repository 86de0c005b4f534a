"""Prints how large the modules of each package are: how many, median and longest; part of `make lint`."""

from __future__ import annotations

import statistics
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def main() -> None:
    print(f"{'room':<22}{'modules':>8}{'lines':>8}{'median':>8}{'longest':>9}")
    for package in ("extract", "crawler", "monitor"):
        rooms: dict[str, list[tuple[int, str]]] = {}
        for path in (ROOT / package).rglob("*.py"):
            lines = len(path.read_text("utf-8").splitlines())
            if path.name != "__init__.py" or lines > 5:
                rooms.setdefault(str(path.parent.relative_to(ROOT)), []).append((lines, path.name))
        for room, held in sorted(rooms.items()):
            sizes = [lines for lines, _ in held]
            longest, name = max(held)
            print(f"{room:<22}{len(held):>8}{sum(sizes):>8}{statistics.median(sizes):>8.0f}{longest:>9}  {name}")


if __name__ == "__main__":
    main()
