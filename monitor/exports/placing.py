"""Folders and archives that are whole or absent, with names that every system takes.

Promises: nothing is left half written; the same files give the same .zip, names in UTF-8 and flagged so; no name can
leave its folder, hide, or mean something to a system. Leaves alone: what is written.
"""

from __future__ import annotations

import contextlib
import hashlib
import re
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

from monitor.exceptions import UsageError

SUMS = "SHA256SUMS"
_UNSAFE = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff<>:\"/\\|?*%#~$]+")
_DEVICES = frozenset(("con", "prn", "aux", "nul", *(f"{name}{number}" for name in ("com", "lpt")
                                                   for number in range(1, 10))))
_LONGEST = 60


class Names:
    """File names of one folder: safe, and each given once."""

    def __init__(self) -> None:
        self._given: set[str] = set()

    def take(self, text: str, suffix: str = "") -> str:
        name = base = safe(text)
        number = 1
        while f"{name}{suffix}".casefold() in self._given:
            number += 1
            name = f"{base}（{number}）"
        self._given.add(f"{name}{suffix}".casefold())
        return f"{name}{suffix}"


def safe(text: str) -> str:
    """A file name like the text, without what systems or shells read into names."""
    name = _UNSAFE.sub("_", text).strip(" ._-=+@`'!&;()[]{}")[:_LONGEST].strip(" .")
    return f"_{name}" if name.casefold().split(".")[0] in _DEVICES else name or "_"


@contextlib.contextmanager
def whole(out: Path, *, force: bool = False) -> Iterator[Path]:
    """A folder to write into that becomes `out`, a .zip where its name says so, once everything stands there.

    Raises UsageError where something stands at `out` and `force` isn't given, or its folder doesn't exist.
    """
    check(out, force=force)
    with beside(out) as made:
        yield made
        if out.suffix.lower() == ".zip":
            archive = made.with_name("made.zip")
            pack(made, archive)
            put(archive, out)
        else:
            if out.is_dir():
                out.replace(made.with_name("before"))  # goes away with its folder, once the new one stands
            made.replace(out)


def check(out: Path, *, force: bool = False) -> None:
    if out.exists() and not force:
        raise UsageError(f"{out}: exists; name another path or say --force")
    if not out.parent.is_dir():
        raise UsageError(f"{out}: its folder {out.parent} does not exist")
    if out.is_file() and out.suffix.lower() != ".zip":
        raise UsageError(f"{out}: is a file; name a folder, or a file that ends in .zip")


@contextlib.contextmanager
def beside(out: Path) -> Iterator[Path]:
    """A folder next to `out` that goes away whatever happens, so that `out` is whole or absent."""
    with tempfile.TemporaryDirectory(prefix=f".{out.name}-", dir=out.parent or None) as temporary:
        made = Path(temporary) / "made"
        made.mkdir()
        yield made


def pack(folder: Path, path: Path) -> None:
    """The folder's files with one fixed date, so that equal content gives an equal archive."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(folder.rglob("*")):
            if file.is_file():
                member = zipfile.ZipInfo(file.relative_to(folder).as_posix(), (1980, 1, 1, 0, 0, 0))
                member.compress_type, member.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
                archive.writestr(member, file.read_bytes())


def put(source: Path, target: Path) -> None:
    if target.is_dir():
        raise UsageError(f"{target}: is a folder; name a file")
    source.replace(target)


def write_sums(folder: Path) -> dict[str, str]:
    """SHA256SUMS over every file of the folder, as `sha256sum -c` reads it; the hashes by name."""
    sums = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path != folder / SUMS:
            with path.open("rb") as file:
                sums[path.relative_to(folder).as_posix()] = hashlib.file_digest(file, "sha256").hexdigest()
    (folder / SUMS).write_text("".join(f"{each}  {name}\n" for name, each in sums.items()), "utf-8")
    return sums
