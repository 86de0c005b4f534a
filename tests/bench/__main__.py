"""`make bench`: how fast and how exactly documents are read and judged, in one run on one processor.

Prints for every medium that can be made here: pages per CPU-second from bytes to a whole report (sections, figures with
provenance, claims, dates), and how many figures came out exact and sure. A page of a medium without pages is a page of
the same report printed as PDF. PDF stands next to two measures of the same run on the same files: pdfium's bare text
(the ceiling: no tables at all) and pdfplumber's default `extract_tables` (tables, nothing else). Then rules and the
start of the command. Files of ../shared/corpus/documents join where that folder stands beside the repository.
"""

from __future__ import annotations

import argparse
import gc
import io
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from extract import report as reading
from extract.model import Figure, Hints, Report
from tests.bench import crawl
from tests.bench.mutations import __main__ as mutations
from tests.documents import layouts, making, office_making

CORPUS = Path(__file__).resolve().parents[2].parent / "shared" / "corpus" / "documents"
_CORPUS_KINDS = {
    "corpus html": ("h01*.html", "h02*.html", "h06*.html", "h07*.html", "h08*.html"), "corpus docx": ("*.docx",),
    "corpus pdf, ruled": ("d[01]*.pdf", "e*.pdf"), "corpus doc, wps, odt": ("w*.doc", "w*.wps", "w*.odt"),
    "corpus xls, xlsx": ("x*.xls*",), "corpus ofd": ("o*.ofd",),
    "corpus scans": ("s02*.pdf", "s03*.pdf", "t02*.pdf")}
_NOT_RULED = ("noborder", "rl_none", "notounicode", "encrypted")
_TARGET = 4


@dataclass
class Sample:
    """One document with its pages and the figures it must give."""

    name: str
    data: bytes
    pages: int
    figures: Mapping[str, int | float | str | None] = field(default_factory=dict)


@dataclass
class Outcome:
    """What reading some documents took and gave."""

    pages: int = 0
    seconds: float = 0.0
    figures: int = 0
    exact: int = 0
    sure: int = 0
    wrong: int = 0
    reports: list[Report] = field(default_factory=list)

    @property
    def speed(self) -> float:
        return self.pages / self.seconds if self.seconds else 0.0


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--reports", type=int, default=24, help="made reports a medium (default 24)")
    arguments.add_argument("--mutations", type=int, default=660, help="planted and clean cases (default 660 each)")
    arguments.add_argument("--hosts", type=int, default=crawl.HOSTS,
                           help=f"loopback hosts to crawl (default {crawl.HOSTS}, full size 3000)")
    arguments.add_argument("--json", action="store_true", help="print one JSON document")
    options = arguments.parse_args()
    result = measure(options.reports)
    print(json.dumps(result, ensure_ascii=False, indent=1) if options.json else as_table(result))
    if not options.json:
        print()
        print(crawl.told(crawl.measure(options.hosts), options.hosts, crawl.PAGES, crawl.DELAY), flush=True)
        print("\nfaults planted over the rules that are no plain sums (python -m tests.bench.mutations)")
        sys.exit(mutations.report(options.mutations))


def measure(count: int) -> dict[str, object]:
    """All measurements as one plain record."""
    texts = [_report(seed) for seed in range(count)]
    kinds: dict[str, list[Sample]] = {}
    ruled = [Sample(f"{n}.pdf", making.pdf(text), 0, text.figures) for n, text in enumerate(texts)]
    for sample in ruled:
        sample.pages = _pages(sample.data)
    made: dict[str, Callable[[making.ReportText], bytes]] = {
        "html": lambda text: _page(text).encode(), "text": _dump, "docx": making.docx, "odt": office_making.odt,
        "rtf": office_making.rtf, "xlsx": office_making.xlsx, "ofd": office_making.ofd}
    for kind, make in made.items():
        kinds[kind] = [Sample(f"{n}.{'txt' if kind == 'text' else kind}", make(text), sample.pages, text.figures)
                       for n, (text, sample) in enumerate(zip(texts, ruled, strict=True))]
    kinds["pdf, ruled"] = ruled
    for kind, ruleless in (("pdf, layouts", False), ("pdf, no rules", True)):
        kinds[kind] = [Sample(f"{n}.pdf", data, _pages(data), text.figures) for n, text in enumerate(texts)
                       for data in (layouts.pdf(text, layouts.some_layout(n, ruleless=ruleless)),)]
    kinds |= _corpus()
    media = {}
    reports: list[Report] = []
    for kind, samples in kinds.items():
        outcome = read_all(samples)
        if not kind.startswith("corpus"):
            reports += outcome.reports
        media[kind] = {"documents": len(samples), "pages": outcome.pages,
                       "pages_per_cpu_second": round(outcome.speed, 1), "figures": outcome.figures,
                       "exact": outcome.exact, "sure": outcome.sure, "wrong": outcome.wrong}
        if kind in ("pdf, ruled", "pdf, layouts", "corpus pdf, ruled"):
            bare, tables = _timed(_bare_text, samples), _timed(_plumber_tables, samples)
            media[kind] |= {"pdfium_text_only": round(bare, 1), "pdfplumber_tables_only": round(tables, 1),
                            "times_pdfplumber": round(outcome.speed / tables, 2)}
    return {"media": media, "judging": _judging(reports), "start_seconds": _start(kinds["html"][0], ruled[0])}


def as_table(result: Mapping[str, object]) -> str:
    media: Mapping[str, Mapping[str, float]] = result["media"]  # type: ignore[assignment]
    lines = [f"{'medium':22} {'files':>5} {'pages':>5} {'pages/CPU-s':>11} {'figures':>8} {'exact':>8} {'sure':>8} "
             "wrong"]
    for kind, row in media.items():
        share = [f"{100 * row[name] / row['figures']:7.2f}%" if row["figures"] else "" for name in ("exact", "sure")]
        lines.append(f"{kind:22} {row['documents']:5} {row['pages']:5} {row['pages_per_cpu_second']:11} "
                     f"{row['figures']:8} {share[0]:>8} {share[1]:>8} {row['wrong']:5}")
    for kind, row in media.items():
        if "times_pdfplumber" in row:
            lines.append(f"{kind}: {row['pages_per_cpu_second']} pages per CPU-second, whole reading; pdfplumber's "
                         f"tables alone {row['pdfplumber_tables_only']} (×{row['times_pdfplumber']}, at least "
                         f"×{_TARGET} is the target); pdfium's text alone {row['pdfium_text_only']}")
    judging: Mapping[str, float] = result["judging"]  # type: ignore[assignment]
    lines.append(f"judging: {judging['reports_per_second']} reports, {judging['rules_per_second']} rules a CPU-second "
                 f"({judging['rules']} rules a report)")
    starts: Mapping[str, float] = result["start_seconds"]  # type: ignore[assignment]
    lines.append("nianbao read, from start to end: " + ", ".join(f"{kind} {spent} s" for kind, spent in starts.items()))
    return "\n".join(lines)


# ---------------------------------------------------------------- reading
def read_all(samples: Iterable[Sample]) -> Outcome:
    """Read the documents one after the other in this process, what a first reading loads left out."""
    samples = list(samples)
    reading.read(samples[0].data, Hints(name=samples[0].name))
    outcome = Outcome()
    for sample in samples:
        gc.collect()
        started = time.process_time()
        report = reading.read(sample.data, Hints(name=sample.name))
        outcome.seconds += time.process_time() - started
        outcome.pages += sample.pages
        outcome.reports.append(report)
        for key, wanted in sample.figures.items():
            outcome.figures += 1
            figure = report.figures.get(key)
            right = figure is not None and _agrees(figure, wanted)
            outcome.exact += right
            outcome.sure += right and figure is not None and figure.confident
            outcome.wrong += not right and figure is not None and figure.value is not None
    return outcome


def _agrees(figure: Figure, wanted: int | float | str | None) -> bool:
    if figure.value is None:
        return wanted is None or (wanted == 0 and figure.state in ("blank", "dash"))
    return figure.value == wanted or (wanted is None and figure.value == 0)


def _bare_text(data: bytes) -> None:
    import pypdfium2

    document = pypdfium2.PdfDocument(data)
    for page in document:
        page.get_textpage().get_text_range()
    document.close()


def _plumber_tables(data: bytes) -> None:
    import pdfplumber

    with pdfplumber.open(io.BytesIO(data)) as document:
        for page in document.pages:
            page.extract_tables()


def _timed(work: Callable[[bytes], None], samples: list[Sample]) -> float:
    """Pages per CPU-second of some work."""
    work(samples[0].data)
    gc.collect()
    started = time.process_time()
    for sample in samples:
        work(sample.data)
    return sum(sample.pages for sample in samples) / (time.process_time() - started)


# ---------------------------------------------------------------- judging and the command
def _judging(reports: list[Report]) -> dict[str, float]:
    from monitor import judging

    judging.judge(reports[0])
    started, rules = time.process_time(), 0
    for report in reports:
        said = judging.judge(report)
        rules += len({finding.rule for finding in said.findings} | set(said.passed) | set(said.not_applicable))
    spent = time.process_time() - started
    return {"rules": round(rules / len(reports)), "reports_per_second": round(len(reports) / spent),
            "rules_per_second": round(rules / spent)}


def _start(*samples: Sample) -> dict[str, float]:
    """Seconds from calling the command to its end, best of three."""
    taken = {}
    with tempfile.TemporaryDirectory() as folder:
        for sample in samples:
            path = Path(folder) / f"report.{sample.name.rsplit('.', 1)[-1]}"
            path.write_bytes(sample.data)
            runs = []
            for _ in range(3):
                started = time.perf_counter()
                subprocess.run([sys.executable, "-c", "from monitor.cli import main; main()", "read", str(path),
                                "--json"], check=True, capture_output=True)
                runs.append(time.perf_counter() - started)
            taken[path.suffix[1:]] = round(min(runs), 2)
    return taken


# ---------------------------------------------------------------- documents
def _report(seed: int) -> making.ReportText:
    year = 2019 if seed % 4 == 0 else 2021 + seed % 4
    figures = making.figures_2019(seed) if year <= 2020 else making.figures_2021(seed)
    return making.ReportText(f"示例县{year}年政府信息公开工作年度报告", "示例县", year, figures)


def _page(text: making.ReportText) -> str:
    return f"<html><head><title>{text.title}</title></head><body>{making.html_body(text)}</body></html>"


def _dump(text: making.ReportText) -> bytes:
    """Plain text as it is copied from a page: the cells of a row on one line, tabs between them."""
    lines: list[str] = []
    for kind, part in office_making.parts_of(text):
        if kind == "table" and not isinstance(part, str):
            lines += ["\t".join(cell[0] for cell in row) for row in part]
        else:
            lines.append(str(part))
    return "\n".join(lines).encode()


def _pages(data: bytes) -> int:
    import pypdfium2

    document = pypdfium2.PdfDocument(data)
    try:
        return len(document)
    finally:
        document.close()


def _corpus() -> dict[str, list[Sample]]:
    kinds: dict[str, list[Sample]] = {}
    for kind, patterns in _CORPUS_KINDS.items() if CORPUS.is_dir() else ():
        paths = sorted({path for pattern in patterns for path in CORPUS.glob(pattern) if path.suffix != ".json"
                        if kind != "corpus pdf, ruled" or not any(word in path.name for word in _NOT_RULED)})
        samples = []
        for path in paths:
            truth = next((file for file in (path.with_name(path.name + ".truth.json"),
                                            path.with_name(path.stem + ".truth.json")) if file.exists()), None)
            figures = json.loads(truth.read_text("utf-8"))["figures"] if truth else {}
            data = path.read_bytes()
            samples.append(Sample(path.name, data, _pages(data) if path.suffix == ".pdf" else 5, figures))
        if samples:
            kinds[kind] = samples
    return kinds


if __name__ == "__main__":
    main()
