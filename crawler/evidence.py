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
import zlib
from collections.abc import Iterator
from pathlib import Path

from crawler.exceptions import EvidenceError

_LEVEL = 6


class Evidence:
    """The evidence folder. Safe for several processes at once: equal content gives the same file."""

    def __init__(self, folder: Path | str) -> None:
        self.folder = Path(folder)

    def path(self, sha256: str) -> Path:
        return self.folder / sha256[:2] / f"{sha256}.gz"

    def has(self, sha256: str) -> bool:
        return self.path(sha256).is_file()

    def put(self, data: bytes) -> str:
        """Keep `data` and return its sha256. Raises EvidenceError when it can't be written (full disk, rights)."""
        sha256 = hashlib.sha256(data).hexdigest()
        target = self.path(sha256)
        if target.is_file():
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

    def verify(self) -> Iterator[tuple[str, str]]:
        """(sha256, fault) of every kept file that can't be read back as it was written."""
        for target in sorted(self.folder.glob("??/*.gz")):
            try:
                self.get(target.stem)
            except EvidenceError as fault:
                yield target.stem, str(fault)

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
