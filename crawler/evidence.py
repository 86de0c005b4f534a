"""Captured bytes, kept once by content: gzip files named by the sha256 of what they hold.

Promises: a file is complete or absent (temporary name, fsync, rename), never changed afterwards, and hashes to its own
name when read. Leaves alone: what the bytes prove (rows of `fetch`, `listing`, `capture` in the store name them).
"""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import os
import tempfile
import time
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from crawler.exceptions import EvidenceError

_LEVEL = 6
FRESH_SECONDS = 2 * 24 * 3600.0
"""A file put within this time is never let go: the row that speaks of it may still be on its way."""


class Evidence:
    """The evidence folder. Safe for several processes at once: equal content gives the same file."""

    def __init__(self, folder: Path | str) -> None:
        self.folder = Path(folder)

    def path(self, sha256: str) -> Path:
        return self.folder / sha256[:2] / f"{sha256}.gz"

    def has(self, sha256: str) -> bool:
        return self.path(sha256).is_file()

    def put(self, data: bytes) -> str:
        """Keep `data` and return its sha256; a file that was damaged since is made whole. Raises EvidenceError when it
        can't be written (full disk, rights)."""
        sha256 = hashlib.sha256(data).hexdigest()
        target = self.path(sha256)
        if self._touched(target) and _holds(target, data):
            return sha256
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            self._write(target, gzip.compress(data, _LEVEL, mtime=0))
        except OSError as fault:
            raise EvidenceError(f"{target}: {fault.strerror}; free space or mend the folder's rights, then run "
                                "nianbao scan --resume") from fault
        return sha256

    def get(self, sha256: str) -> bytes:
        """The bytes kept under this hash. Raises EvidenceError when absent, damaged or altered."""
        target = self.path(sha256)
        try:
            data = gzip.decompress(target.read_bytes())
        except FileNotFoundError:
            raise EvidenceError(f"{target}: not in the evidence folder; restore it from a backup") from None
        except (OSError, EOFError, zlib.error) as fault:
            raise EvidenceError(f"{target}: damaged ({fault}); restore it from a backup") from fault
        if hashlib.sha256(data).hexdigest() != sha256:
            raise EvidenceError(f"{target}: its content no longer hashes to its name; restore it from a backup")
        return data

    def verify(self, wanted: Iterable[str] | None = None) -> Iterator[tuple[str, str]]:
        """(sha256, fault) of every kept file that can't be read back as it was written, or of these hashes only: then
        those that are missing are named too."""
        names = (target.stem for target in sorted(self.folder.glob("??/*.gz"))) if wanted is None else wanted
        for name in names:
            try:
                self.get(name)
            except EvidenceError as fault:
                yield name, str(fault)

    def kept(self) -> Iterator[tuple[str, int]]:
        """(sha256, bytes on disk) of every kept file."""
        for target in sorted(self.folder.glob("??/*.gz")):
            yield target.stem, target.stat().st_size

    def let_go(self, sha256: str) -> bool:
        """Remove a kept file unless it was put (again) within FRESH_SECONDS; whether it is gone.

        The name is taken away first and the time looked at after: whoever puts the same content meanwhile either made
        the file fresh, and it comes back, or finds no file and writes a new one.
        """
        target = self.path(sha256)
        aside = target.with_suffix(".gone")
        try:
            if _fresh(target):
                return False
            target.replace(aside)
        except FileNotFoundError:
            return False
        if _fresh(aside):
            aside.replace(target)
            return False
        aside.unlink()
        return True

    def leaving(self) -> list[str]:
        """Hashes of files that a killed process was letting go."""
        return [aside.stem for aside in sorted(self.folder.glob("??/*.gone"))]

    def mend(self, needed: Iterable[str] = ()) -> int:
        """Clear what a killed process left: parts of files never finished, and files that were being let go, which come
        back where `needed` names them. Returns how many were cleared."""
        wanted, cleared = set(needed), 0
        for aside in sorted(self.folder.glob("??/*.gone")):
            target = aside.with_suffix(".gz")
            if target.stem in wanted and not target.is_file():
                aside.replace(target)
            else:
                aside.unlink()
                cleared += 1
        for part in sorted(self.folder.glob("??/.part-*")):
            with contextlib.suppress(FileNotFoundError):
                if not _fresh(part):
                    part.unlink()
                    cleared += 1
        return cleared

    @staticmethod
    def _touched(target: Path) -> bool:
        """Whether the file is there; it then counts as put now."""
        try:
            os.utime(target)
        except FileNotFoundError:
            return False
        except OSError:
            return target.is_file()
        return True

    @staticmethod
    def _write(target: Path, packed: bytes) -> None:
        handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=".part-")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(packed)
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).replace(target)
        except BaseException:
            with contextlib.suppress(OSError):
                Path(temporary).unlink()
            raise
        # The rename itself must reach the disk before any row speaks of the file.
        directory = os.open(target.parent, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)


def _holds(path: Path, data: bytes) -> bool:
    try:
        return gzip.decompress(path.read_bytes()) == data
    except (OSError, EOFError, zlib.error):
        return False


def _fresh(path: Path) -> bool:
    return time.time() - path.stat().st_mtime < FRESH_SECONDS
