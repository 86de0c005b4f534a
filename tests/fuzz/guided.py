"""Coverage-guided fuzzing of one harness with atheris, as long as one likes: a tool for developers, no test.

    python -m venv /tmp/fuzz && /tmp/fuzz/bin/pip install atheris   # Python 3.11; not among nianbao's dependencies
    PYTHONPATH=.venv/lib/python3.11/site-packages:. /tmp/fuzz/bin/python -m tests.fuzz.guided cell --minutes 30

Inputs that reach new code are kept in --corpus (default: a folder of the system's temporary ones), what breaks the
harness is written there as crash-… with its traceback; put it into tests/fuzz/kept/<harness>/ once it is mended. The
last line says how many inputs were tried. Promises: the same functions as test_fuzz.py.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import warnings
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["extract", "crawler", "monitor", "docx", "bs4", "pdfplumber", "pdfminer",
                                         "olefile", "openpyxl", "protego"]):
    from tests.fuzz.harnesses import HARNESSES
    from tests.fuzz.mutation import WORDS


def main() -> None:
    parser = argparse.ArgumentParser(description="Fuzz one harness.")
    parser.add_argument("harness", choices=sorted(HARNESSES))
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--runs", type=int, default=10_000_000)
    parser.add_argument("--longest", type=int, default=4096, help="bytes of one input")
    parser.add_argument("--corpus", type=Path, default=Path(tempfile.gettempdir()) / "nianbao-fuzz")
    given = parser.parse_args()
    harness = HARNESSES[given.harness]
    folder = given.corpus / given.harness
    folder.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(harness.seeds()):
        (folder / f"seed-{number}").write_bytes(seed)
    words = given.corpus / f"{given.harness}.dict"
    words.write_text("".join('"' + "".join(f"\\x{byte:02x}" for byte in word.encode()) + '"\n'
                             for word in WORDS[harness.words] if len(word.encode()) <= 64))
    warnings.simplefilter("ignore")
    longest = max(given.longest, *(len(seed) for seed in harness.seeds()))

    def once(data: bytes) -> None:
        harness(data)

    atheris.Setup([sys.argv[0], str(folder), f"-dict={words}", f"-max_total_time={int(60 * given.minutes)}",
                   f"-runs={given.runs}", f"-max_len={longest}", "-timeout=20", "-rss_limit_mb=3000",
                   f"-artifact_prefix={given.corpus}/{given.harness}-", "-print_final_stats=1", "-verbosity=0"], once)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
