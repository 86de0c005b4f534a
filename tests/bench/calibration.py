"""How right is a figure of a given confidence? Prints, per medium, confidence against right and wrong.

    python -m tests.bench.calibration [--made N] [--only GLOB] [--corpus FOLDER]

Reads the documents of the shared corpus that have a truth file (left out where the corpus is absent) and N varied
reports of our own in four media, each in a guarded child. A figure is right when its number is the printed one; figures
without a number are counted apart. Exit status 1 when a figure at 0.9 or more is wrong, or less than 98 of 100 right
figures of a native medium carry 0.9.
"""

from __future__ import annotations

import argparse
import fnmatch
import json
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from extract.limits import Guard
from extract.model import CONFIDENT, Hints, Report
from monitor.commands.documents import read_files
from tests.documents import making
from tests.extract import variations

CORPUS = Path(__file__).resolve().parents[2].parent / "shared" / "corpus"
BINS = ((1.0, "1.0"), (0.95, "0.95–1"), (0.9, "0.9–0.95"), (0.8, "0.8–0.9"), (0.0, "below 0.8"))
NATIVE_SURE = 0.98
_PREFIXES = ("disclosure.", "applications.", "disputes.")
_EXTRA = {"shanghai_gov_office_2019.html": {"disclosure.procurement.amount": 25.1}}
"""Figures a truth file lacks though the document prints them: an amount with its unit in the cell."""


def truths(corpus: Path, only: str) -> Iterator[tuple[str, Path, dict[str, float | None]]]:
    """Medium, file and printed figures of every document of the corpus with a truth."""
    for folder in ("reports", "documents"):
        for path in sorted((corpus / folder).glob("*")) if corpus.is_dir() else ():
            held = [path.with_name(path.name + ".truth.json"), path.with_suffix(".truth.json")]
            truth = next((file for file in held if file.exists()), None)
            if path.suffix == ".json" or truth is None or not fnmatch.fnmatch(path.name, only):
                continue
            told = json.loads(truth.read_text("utf-8"))
            figures = told.get("figures")
            if not figures:
                continue
            kind = told.get("category") or _category(path.name)
            medium = path.suffix.lstrip(".") + ("" if kind == "native" else f" {kind}")
            yield medium, path, figures | _EXTRA.get(path.name, {})


def _category(name: str) -> str:
    if name.startswith("e14"):
        return "locked"
    if (name[0] in "st" and name[1:3].isdigit()) or name.startswith(("h04", "h05", "e12")):
        return "image"
    ruleless = ("noborder", "threeline", "hline", "rl_none", "heldout_none")
    return "borderless" if any(word in name for word in ruleless) else "native"


def made(count: int) -> Iterator[tuple[str, bytes, str, dict[str, float | None]]]:
    """Varied reports of our own in every medium that code can make."""
    for seed in range(5000, 5000 + count):
        report = variations.make(seed)
        for medium, data in (("html", variations.as_html(report)), ("docx", variations.as_docx(report)),
                             ("txt", variations.as_text(report, tabs=seed % 2 == 0))):
            yield f"{medium} (made)", data, f"{seed}.{medium}", dict(report.truth)
        if seed % 5 == 0:
            figures = making.figures_2021(seed)
            text = making.ReportText("示例县2022年政府信息公开工作年度报告", "示例县", 2022, figures)
            printed = {key: value for key, value in figures.items() if isinstance(value, (int, float))}
            yield "pdf (made)", making.pdf(text), f"{seed}.pdf", dict(printed)


def main(arguments: list[str] | None = None) -> int:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    options.add_argument("--made", type=int, default=100, help="varied reports of our own")
    options.add_argument("--only", default="*", help="names in the corpus")
    options.add_argument("--corpus", type=Path, default=CORPUS)
    chosen = options.parse_args(arguments)
    tally = Tally()
    for medium, path, truth in truths(chosen.corpus, chosen.only):
        for held in read_files([path]):  # as the command does: with the pictures that lie beside a page
            if held.fault:
                print(f"{path.name}: {held.fault}", file=sys.stderr)
            tally.add(medium, path.name, held.report, truth)
    with Guard() as guard:
        for medium, data, name, truth in made(chosen.made):
            tally.add(medium, name, guard.read(data, Hints(name=name)), truth)
    return tally.print()


@dataclass
class Tally:
    """Right and wrong figures per medium and bin of confidence, and figures printed but not read."""

    right: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    wrong: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    silent: Counter[str] = field(default_factory=Counter)

    def add(self, medium: str, name: str, read: Report, truth: dict[str, float | None]) -> None:
        for key in truth.keys() | {key for key in read.figures if key.startswith(_PREFIXES)}:
            figure, want = read.figures.get(key), truth.get(key)
            if figure is None or figure.value is None:
                self.silent[medium] += bool(want)
                continue
            # The truth's null is "printed nowhere, or a blank that means zero".
            is_right = key in truth and abs(figure.value - (want or 0)) < 1e-9
            (self.right if is_right else self.wrong)[medium][_bin(figure.confidence)] += 1
            if not is_right and figure.confidence >= CONFIDENT:
                print(f"{name}: {key} read {figure.value} at {figure.confidence:.2f}, printed {want}", file=sys.stderr)

    def print(self) -> int:
        """The table; 1 where a sure figure is wrong, or too few right figures of a native medium are sure."""
        names = [name for _, name in BINS]
        print(f"{'right/wrong at':22}" + "".join(f"{name:>14}" for name in names) + f"{'no number':>11}{'sure':>8}")
        failed = False
        for medium in sorted({*self.right, *self.wrong, *self.silent}):
            right, wrong = self.right[medium], self.wrong[medium]
            cells = "".join(f"{f'{right[name]}/{wrong[name]}':>14}" for name in names)
            total = sum(right.values())
            share = sum(right[name] for least, name in BINS if least >= CONFIDENT) / total if total else 0.0
            print(f"{medium:22}{cells}{self.silent[medium]:>11}{share:>8.1%}")
            native = not any(word in medium for word in ("image", "borderless", "locked", "made", "txt"))
            failed |= any(wrong[name] for least, name in BINS if least >= CONFIDENT)
            failed |= bool(native and total and share < NATIVE_SURE)
        return int(failed)


def _bin(confidence: float) -> str:
    return next(name for least, name in BINS if round(confidence, 6) >= least)


if __name__ == "__main__":
    sys.exit(main())
