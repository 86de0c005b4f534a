"""Bundles (zip; rar and 7z where the system unpacks them): the report among the members, by what they hold.

Hands over: the blocks of the member that is the report – asked-for year and body first, then most figures and sections
– with tables that it lacks from members which only hold tables; pictures alone become pages in the order of their
names. What was left aside or couldn't be read is said. Members are told by their bytes, one level deep.
Promises: limits of archives hold before anything is inflated. Leaves alone: bundles within
bundles. Rar and 7z need `bsdtar` (Debian: libarchive-tools), since no library in Python unpacks rar by itself.
"""

from __future__ import annotations

import posixpath
import re
import shutil
import subprocess
import tempfile
import unicodedata
import zipfile
from dataclasses import dataclass, field, replace
from urllib.parse import unquote

from extract import office, readers, report, sniffing
from extract.exceptions import UnreadableDocumentError
from extract.limits import current_limits, open_zip
from extract.model import Document, Grid, Hints, Image, Report
from extract.readers import reader

_UNPACKER = "bsdtar"
_MOST_READ = 20
"""Members read of one bundle; reports come with a handful."""
_BUNDLES = ("application/zip", "application/vnd.rar", "application/x-7z-compressed")
_ASIDE = re.compile(r"(?:^|/)(?:__MACOSX/|\.|thumbs\.db$|desktop\.ini$|~\$)", re.IGNORECASE)
_FULL = 4
"""Sections that make a document a report."""


@dataclass(slots=True)
class _Member:
    name: str
    document: Document
    report: Report

    @property
    def tables(self) -> set[int]:
        return {table.table for table in self.report.tables if table.found}

    @property
    def sections(self) -> int:
        return len({section.number for section in self.report.sections if section.number})

    @property
    def figures(self) -> int:
        return sum(figure.source.table is not None and figure.state != "absent"
                   for figure in self.report.figures.values())


@dataclass(slots=True)
class _Found:
    members: list[_Member] = field(default_factory=list)
    pictures: list[Image] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    """What couldn't be read, with the reason."""


@reader("application/zip", "application/vnd.rar", "application/x-7z-compressed", name="bundle")
def read(data: bytes, hints: Hints) -> Document:
    """The report in a bundle. Raises UnreadableDocumentError: locked, damaged, nothing readable, no unpacker."""
    named = hints.name or "bundle"
    if not data.startswith(b"PK"):
        data = _unpacked(data, named)
    with open_zip(data, named) as archive:
        found = _members(archive, hints, named)
    if not found.members and not found.pictures:
        said = "; ".join(found.failed) or "it is empty"
        raise UnreadableDocumentError(f"{named}: none of its members could be read ({said})")
    document = _chosen(found, hints) if found.members else Document("", "", "bundle")
    _fill(document, found)
    if found.pictures and not any(block for block in document.blocks if isinstance(block, Grid)):
        document.blocks += found.pictures
    document.problems += found.failed
    document.text = document.text or office.visible_text(document.blocks)
    return document


def _fill(document: Document, found: _Found) -> None:
    """Give the pictures that a saved page shows their bytes, which lie beside it."""
    by_name = {posixpath.basename(picture.source).lower(): picture for picture in found.pictures}
    for block in document.blocks:
        shown = posixpath.basename(unquote(block.source).replace("\\", "/")).lower() if isinstance(block, Image) else ""
        if isinstance(block, Image) and block.data is None and shown in by_name:
            block.data = by_name[shown].data
            found.pictures = [picture for picture in found.pictures if picture is not by_name[shown]]


# ---------------------------------------------------------------- members
def _unpacked(data: bytes, named: str) -> bytes:
    """A rar or 7z archive as a zip. Raises UnreadableDocumentError where the system can't."""
    tool = shutil.which(_UNPACKER)
    if tool is None:
        raise UnreadableDocumentError(f"{named}: a rar or 7z archive; unpacking it needs {_UNPACKER} (Debian package "
                                      "libarchive-tools); install it, or unpack the file and read its members")
    with tempfile.NamedTemporaryFile(suffix=".archive") as file:  # both formats keep their directory at the end
        file.write(data)
        file.flush()
        made = subprocess.run([tool, "-c", "-f", "-", "--format", "zip", f"@{file.name}"], capture_output=True,
                              stdin=subprocess.DEVNULL, timeout=current_limits().wall_seconds, check=False)
    if made.returncode != 0 or not made.stdout.startswith(b"PK"):
        said = made.stderr.decode("utf-8", "replace").strip().splitlines()[-1:] or ["no reason given"]
        locked = "locked with a password" if re.search("passphrase|encrypt|password", said[0], re.IGNORECASE) else (
            "damaged archive")
        raise UnreadableDocumentError(f"{named}: {locked} ({said[0]}); ask for another copy")
    return made.stdout


def _members(archive: zipfile.ZipFile, hints: Hints, named: str) -> _Found:
    found = _Found()
    infos = sorted((info for info in archive.infolist()
                    if not info.filename.endswith("/") and not _ASIDE.search(info.filename)),
                   key=lambda info: _natural(_name(info)))
    if infos and all(info.flag_bits & 1 for info in infos):
        raise UnreadableDocumentError(f"{named}: locked with a password; ask for a copy without one")
    for info in infos[_MOST_READ:]:
        found.failed.append(f"{_name(info)} was not read: only the first {_MOST_READ} members are")
    for info in infos[:_MOST_READ]:
        name = _name(info)
        try:
            data = archive.read(info)
        except office.BROKEN_MEMBER as fault:
            found.failed.append(f"{name} is damaged or locked ({type(fault).__name__})")
            continue
        media_type = sniffing.media_type(data, name)
        if media_type in _BUNDLES:
            found.failed.append(f"{name} is a bundle within the bundle; unpack it to have it read")
        elif media_type.startswith("image/"):
            found.pictures.append(Image(name, page=len(found.pictures) + 1, data=data))
        elif media_type in readers.modules():
            own = replace(hints, name=name, media_type=None)
            try:
                document = readers.read(data, media_type, own)
                found.members.append(_Member(name, document, report.build(document, own)))
            except UnreadableDocumentError as fault:
                found.failed.append(str(fault))
        elif media_type != sniffing.EMPTY:
            found.failed.append(f"{name} ({media_type}) has no reader")
    return found


def _name(info: zipfile.ZipInfo) -> str:
    """A member's name; Chinese Windows writes it in its own code page and doesn't say so, damage may have taken it."""
    if not info.filename:
        return "nameless"
    if info.flag_bits & 0x800:
        return info.filename
    try:
        return info.filename.encode("cp437").decode("gb18030")
    except UnicodeError:
        return info.filename


def _natural(name: str) -> list[tuple[int, str]]:
    """Sorts page 10 after page 9."""
    parts = re.findall(r"\d+|\D+", unicodedata.normalize("NFKC", name))
    return [(int(part), "") if part.isdigit() else (0, part) for part in parts]


# ---------------------------------------------------------------- the report among them
def _chosen(found: _Found, hints: Hints) -> Document:
    def rank(member: _Member) -> tuple[int, int, int, int]:
        said = member.report
        full = member.sections >= _FULL
        fits = (full and bool(hints.year) and said.year == hints.year) + (
            full and bool(hints.body) and said.body == hints.body)
        return fits, int(full), member.figures, member.sections

    best = max(found.members, key=rank)
    document = best.document
    have = set(best.tables)
    aside = []
    for member in found.members:
        if member is best:
            continue
        if member.sections < _FULL and member.tables and not member.tables & have and best.sections >= 1:
            document.blocks += [block for block in member.document.blocks if isinstance(block, Grid)]
            document.problems += member.document.problems
            document.damaged |= member.document.damaged
            document.text = ""
            have |= member.tables
        else:
            aside.append(member)
    document.problems += [f"left aside: {member.name} ({member.document.medium}, {member.figures} figures, "
                          f"{member.sections} sections)" for member in aside]
    reports = [member for member in aside if member.sections >= _FULL]
    if reports and not (hints.year or hints.body):
        document.problems.append(f"the bundle holds {len(reports) + 1} reports; only {best.name} was read")
    if found.failed and not {3, 4} <= have:
        document.damaged = True  # what lacks may stand in a member that couldn't be read
    document.title = document.title or best.report.title
    return document
