"""`python -m docs.book`: build the book into build/docs/site. Exit 1 where mkdocs warns of anything.

Promises: strict, offline, nothing written beside build/docs. `--gather` stops before mkdocs, for looking at the pages.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

from docs.book import gathering

ROOT = Path(__file__).resolve().parents[2]


def build(folder: Path, *, quiet: bool = True) -> int:
    """The book in `folder`/site from pages gathered in `folder`/source; mkdocs' exit code."""
    configuration = gathering.gather(ROOT, folder)
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--clean", "--config-file", str(configuration),
               *(["--quiet"] if quiet else [])]
    # The theme's makers advertise the future of mkdocs on stderr; that is no warning about the pages.
    return subprocess.run(command, check=False, env={**os.environ, "NO_MKDOCS_2_WARNING": "1"}).returncode


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m docs.book", description=__doc__)
    parser.add_argument("--folder", type=Path, default=ROOT / "build" / "docs")
    parser.add_argument("--gather", action="store_true", help="gather the pages only")
    options = parser.parse_args()
    folder = options.folder.resolve()
    if options.gather:
        gathering.gather(ROOT, folder)
        return 0
    code = build(folder)
    if code == 0:
        print(f"{os.path.relpath(folder / 'site' / 'index.html')}")
    return code


if __name__ == "__main__":
    sys.exit(main())
