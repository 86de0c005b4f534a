"""What a child of the guard may be made to do; the bytes of the "document" say which."""

import ctypes
import os
import signal
import sys
import time

from extract.exceptions import UnreadableDocumentError
from extract.model import Report


def read(data, hints):
    if data == b"abort":
        os.abort()
    if data == b"segfault":
        ctypes.string_at(0)
    if data == b"kill":
        os.kill(os.getpid(), signal.SIGKILL)
    if data == b"memory":
        held = []
        while True:
            held.append(bytearray(64 << 20))
    if data == b"loop":
        while True:
            pass
    if data == b"sleep":
        time.sleep(600)
    if data == b"exit":
        os._exit(3)
    if data == b"print":
        print("noise on standard output")
        os.write(1, b"more noise")
        sys.stdout.flush()
    if data == b"write":
        with open(hints.name, "wb") as file:  # noqa: PTH123
            while True:
                file.write(bytes(1 << 20))
    if data == b"refuse":
        raise UnreadableDocumentError(f"{hints.name}: locked with a password")
    if data == b"fault":
        raise KeyError("a fault of the reader")
    if data == b"deep":
        return read_deep(0)
    if data == b"helper":
        os.kill(os.getppid(), signal.SIGKILL)
        time.sleep(600)
    return Report(title=f"{len(data)} bytes of {hints.title}", body=None, year=None, scope="unknown", form=None,
                  medium="text/plain", sha256="", reader="plain", version=1)


def read_deep(depth):
    return read_deep(depth + 1)
