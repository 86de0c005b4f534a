"""Verify this evidence pack without any network and with nothing but Python 3.8 or newer: python3 -I -S verify.py

It checks that every file is the one listed in SHA256SUMS and that none was added, that every record of the WARC file is
whole (block and payload digests), that the bytes in the WARC are the files beside it, and it does the sums of the
finding again from the figures listed. It trusts nothing but SHA256SUMS; compare that file's own hash, printed first,
with the one you were given by another way. Exit code 0: everything holds; 1: something does not; 2: not a pack.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re
import sys
import zlib
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

SUMS, MANIFEST, ARCHIVE = "SHA256SUMS", "manifest.json", "evidence.warc.gz"
faults: list[str] = []


def tell(text: str) -> None:
    """One line; addresses and titles are strangers', so what would command a terminal or turn its text is shown as ?"""
    print("".join(sign if sign.isprintable() or sign == "\u3000" else "?" for sign in text))


def say(good: bool, text: str) -> None:
    tell(("OK      " if good else "FAILED  ") + text)
    if not good:
        faults.append(text)


def read(folder: Path, name: str) -> bytes:
    return folder.joinpath(*name.split("/")).read_bytes()


def check_files(folder: Path) -> None:
    raw = read(folder, SUMS)
    tell("SHA-256 of " + SUMS + ": " + hashlib.sha256(raw).hexdigest())
    listed = {}
    for line in raw.decode("utf-8").splitlines():
        digest, _, name = line.partition("  ")
        if not re.fullmatch("[0-9a-f]{64}", digest) or ".." in name.split("/") or name.startswith("/"):
            say(False, "line of " + SUMS + " is damaged: " + repr(line))
        else:
            listed[name] = digest
    present = {path.relative_to(folder).as_posix() for path in folder.rglob("*")
               if path.is_file() or path.is_symlink()} - {SUMS}
    for name in sorted(set(listed) - present):
        say(False, name + " is missing")
    for name in sorted(present - set(listed)):
        say(False, name + " is not listed: it was added")
    changed = [name for name in sorted(present & set(listed))
               if hashlib.sha256(read(folder, name)).hexdigest() != listed[name]]
    for name in changed:
        say(False, name + " was changed")
    if not changed:
        say(True, str(len(present & set(listed))) + " files are as listed")


def sha1(data: bytes) -> str:
    return "sha1:" + base64.b32encode(hashlib.sha1(data).digest()).decode("ascii")


def digest_holds(stated: str, data: bytes) -> bool:
    kind, _, value = stated.partition(":")
    if kind == "sha1":
        return sha1(data)[5:] == value
    return hashlib.new(kind, data).hexdigest() == value.lower()


def records(data: bytes) -> Iterator[tuple[dict[str, str], bytes]]:
    """Headers and block of every record."""
    at = 0
    while at < len(data):
        end = data.index(b"\r\n\r\n", at)
        lines = data[at:end].decode("utf-8").split("\r\n")
        if not lines[0].startswith("WARC/"):
            raise ValueError("no record at byte " + str(at))
        headers = {}
        for line in lines[1:]:
            name, _, value = line.partition(":")
            headers[name.strip().lower()] = value.strip()
        length = int(headers["content-length"])
        block = data[end + 4:end + 4 + length]
        if len(block) != length or data[end + 4 + length:end + 8 + length] != b"\r\n\r\n":
            raise ValueError("record at byte " + str(at) + " is cut short")
        yield headers, block
        at = end + 8 + length


def check_warc(folder: Path, manifest: dict[str, Any]) -> None:
    payloads = {}
    count = 0
    try:
        for headers, block in records(gzip.decompress(read(folder, ARCHIVE))):
            count += 1
            named = headers.get("warc-record-id", "record " + str(count))
            if "warc-block-digest" in headers and not digest_holds(headers["warc-block-digest"], block):
                say(False, ARCHIVE + ": block digest of " + named)
            payload = block.partition(b"\r\n\r\n")[2] if headers.get("content-type", "").startswith(
                "application/http") else block
            if "warc-payload-digest" in headers and not digest_holds(headers["warc-payload-digest"], payload):
                say(False, ARCHIVE + ": payload digest of " + named)
            payloads[named] = payload
    except (OSError, EOFError, ValueError, KeyError, zlib.error) as fault:
        say(False, ARCHIVE + " cannot be read: " + str(fault))
        return
    say(True, ARCHIVE + ": " + str(count) + " records are whole")
    compared = 0
    for fetch in manifest["fetches"]:
        record = fetch["records"].get("response")
        if record is None:
            continue
        if record not in payloads:
            say(False, ARCHIVE + ": no record " + record + " of " + fetch["url"])
        elif fetch["sha256"] and fetch["status"] != 304:
            compared += 1
            if hashlib.sha256(payloads[record]).hexdigest() != fetch["sha256"]:
                say(False, fetch["url"] + ": the WARC holds other bytes than stated")
            if fetch.get("file") and (folder / fetch["file"]).exists() \
                    and read(folder, fetch["file"]) != payloads[record]:
                say(False, fetch["file"] + " differs from the WARC")
    say(True, str(compared) + " answers compared with the captured files")


def side(text: str) -> Decimal | None:
    """The sum a side of an expression comes to."""
    bare = re.sub(r"\s+", "", text).replace("−", "-").replace("＋", "+").replace("－", "-")
    if not re.fullmatch(r"[+-]?\d+(\.\d+)?([+-]\d+(\.\d+)?)*", bare):
        return None
    return sum((Decimal(each) for each in re.findall(r"[+-]?\d+(?:\.\d+)?", bare)), Decimal(0))


HOLDS = {"=": lambda a, b: a == b, ">=": lambda a, b: a >= b, "<=": lambda a, b: a <= b}


def check_sums(manifest: dict[str, Any]) -> None:
    for each in manifest.get("arithmetic", []):
        left, right = (sum(Decimal(str(part["value"] or 0)) * part["sign"] for part in each[name])
                       for name in ("left", "right"))
        good = (left == Decimal(str(each["left_sum"])) and right == Decimal(str(each["right_sum"]))
                and HOLDS[each["relation"]](left, right) == each["holds"])
        for part in each["left"] + each["right"]:
            figure = manifest["figures"].get(part["key"])
            good = good and figure is not None and figure["value"] == part["value"]
        say(good, each["rule"] + " " + each["subject"] + ": " + str(left) + " " + each["relation"] + " " + str(right)
            + (" holds" if each["holds"] else " does not hold"))
    text = (manifest.get("finding") or {}).get("expression") or ""
    sides = expression(text)
    stated = manifest.get("expression")
    if sides is None and text and not stated:
        tell("        " + text + ": not a plain sum, left to the reader")
    elif sides is not None or stated:
        say(sides == stated, text + (": " + sides["left"] + " against " + sides["right"] if sides else ""))


def expression(text: str) -> dict[str, Any] | None:
    """What both sides of a written sum come to and whether it holds; None where it is no plain sum."""
    parts = re.split("(≥|≤|>=|<=|=|＝)", text)
    if len(parts) != 3:
        return None
    left, right = side(parts[0]), side(parts[2])
    if left is None or right is None:
        return None
    relation = {"≥": ">=", "≤": "<=", "＝": "="}.get(parts[1], parts[1])
    return {"left": str(left), "right": str(right), "holds": HOLDS[relation](left, right)}


def main() -> int:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parent
    try:
        check_files(folder)
        manifest = json.loads(read(folder, MANIFEST).decode("utf-8"))
        check_warc(folder, manifest)
        check_sums(manifest)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, ArithmeticError) as fault:
        tell("FAILED  " + str(folder) + ": cannot be verified: " + type(fault).__name__ + ": " + str(fault))
        return 1 if (folder / SUMS).exists() else 2
    for absent in manifest.get("absent", []):
        tell("        not in the pack: " + absent["url"] + " (" + absent["fault"] + ")")
    tell("FAILED  " + str(len(faults)) + " faults" if faults else "OK      everything holds")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
