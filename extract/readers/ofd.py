"""OFD (GB/T 33190), the national layout format: pages of characters and lines → tables and prose.

Hands over: ruled tables as Grids by their lines, others by the places of words, prose as paragraphs over pages
(extract.pages); pictures with their bytes. Templates under and over a page count as the page's own print.
Promises: names and prefixes as real files write them (any letter case, undeclared prefixes, addresses against folder or
root); pages that can't be read are said. Leaves alone: signatures, seals, annotations, attachments, outlines of glyphs.
"""

from __future__ import annotations

import posixpath
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field

from lxml import etree

from extract import characters, lattice, office
from extract.exceptions import LimitExceededError, UnreadableDocumentError
from extract.limits import current_limits, open_zip
from extract.model import Document, Hints, Image
from extract.ofdrawing import POINTS, Drawn, Resources, draw, kind, numbers
from extract.office import Element, attribute
from extract.pages import Sheet, assemble
from extract.readers import reader

_SCAN = 0.7
"""A picture over that share of a page without text is the page."""
_OUTLINED = 100
"""Curves on a page without a character: its print was turned into shapes."""
_CJK = re.compile(r"[\u3400-\u9fff]")
_LOST = re.compile(r"[\x00-\x08\x0b-\x1f\ufffd\ue000-\uf8ff\u25a1\xa4]")
_A4 = (0.0, 0.0, 210.0, 297.0)


@dataclass(slots=True)
class _Package:
    archive: zipfile.ZipFile
    names: dict[str, str]
    """Path in small letters → path."""
    root: str = ""
    """Folder of the document in hand."""
    resources: Resources = field(default_factory=Resources)
    templates: dict[str, str] = field(default_factory=dict)
    area: tuple[float, ...] = _A4
    problems: list[str] = field(default_factory=list)

    def find(self, location: str | None, folder: str) -> str | None:
        """The member a location names: against its file's folder, the package's root, the document's folder."""
        if not location:
            return None
        location = location.strip().replace("\\", "/")
        for base in ("" if location.startswith("/") else folder, "", self.root, folder):
            path = posixpath.normpath(posixpath.join(base, location.lstrip("/"))).lower()
            if path in self.names:
                return self.names[path]
        return None

    def part(self, path: str) -> Element:
        """The XML at a path. Raises ValueError, etree.XMLSyntaxError or what a broken member raises."""
        data = self.archive.read(path)
        if office.declares_entities(data):
            self.problems.append(office.ENTITIES)
        return office.parse(data, recover=True)


@reader("application/ofd", name="ofd")
def read(data: bytes, hints: Hints) -> Document:
    """The document in an OFD file. Raises UnreadableDocumentError: no OFD, locked; LimitExceededError: a bomb."""
    named = hints.name or "OFD file"
    archive = open_zip(data, named)
    package = _Package(archive, {name.strip("/").lower(): name for name in archive.namelist()})
    document = Document("", "", "ofd")
    entry = min((name for name in package.names if name.rsplit("/", 1)[-1] == "ofd.xml"), key=len, default=None)
    if entry is None:
        raise UnreadableDocumentError(f"{named}: damaged OFD, it has no OFD.xml; ask for another copy")
    sheets: list[Sheet] = []
    try:
        root = package.part(package.names[entry])
        base = posixpath.dirname(package.names[entry])
        for body in (item for item in root if kind(item) == "DocBody"):
            document.title = document.title or _title(body)
            path = package.find(_below(body, "DocRoot"), base)
            if path is None:
                package.problems.append("a document named by OFD.xml is missing: the file is damaged")
                continue
            _read_document(package, path, sheets, named)
    except (etree.XMLSyntaxError, *office.BROKEN_MEMBER) as fault:
        raise UnreadableDocumentError(f"{named}: {_reason(package)} ({type(fault).__name__}: {fault}); "
                                      "ask for another copy") from None
    if not sheets:
        said = "; ".join(package.problems) or "it holds no page"
        raise UnreadableDocumentError(f"{named}: {_reason(package)}, {said}; ask for another copy")
    document.pages = len(sheets)
    document.problems = list(dict.fromkeys(package.problems))
    document.damaged = any(problem != office.ENTITIES for problem in document.problems)
    if not any(sheet.lines or sheet.grids or sheet.images or sheet.problem or sheet.lost for sheet in sheets):
        document.problems.append("the file holds no text")
    assemble(document, sheets)
    return document


def _reason(package: _Package) -> str:
    locked = any(name.rsplit("/", 1)[-1] in ("encryptions.xml", "encryptinfo.xml") for name in package.names)
    return "locked: its parts are encrypted" if locked else "damaged OFD"


def _below(element: Element, name: str) -> str | None:
    found = next((item for item in element.iter() if kind(item) == name), None)
    return None if found is None else (found.text or "").strip()


def _title(body: Element) -> str:
    return _below(body, "Title") or ""


# ---------------------------------------------------------------- the document
def _read_document(package: _Package, path: str, sheets: list[Sheet], named: str) -> None:
    root = package.part(path)
    package.root = folder = posixpath.dirname(path)
    package.resources, package.templates, package.area = Resources(), {}, _A4
    pages: list[str | None] = []
    for item in root.iter():
        name = kind(item)
        if name in ("PublicRes", "DocumentRes"):
            _read_resources(package, package.find(item.text, folder))
        elif name == "TemplatePage":
            found = package.find(attribute(item, "BaseLoc"), folder)
            if found:
                package.templates[attribute(item, "ID") or ""] = found
        elif name == "PageArea":
            package.area = _area(item) or package.area
        elif name == "Page" and attribute(item, "BaseLoc"):
            pages.append(package.find(attribute(item, "BaseLoc"), folder))
    if len(sheets) + len(pages) > current_limits().pages:
        raise LimitExceededError(f"{named}: {len(sheets) + len(pages)} pages, more than {current_limits().pages}")
    for page in pages:
        number = len(sheets) + 1
        sheet = Sheet(number, package.area[3] * POINTS)
        if page is None:
            sheet.problem = f"page {number} is missing: the file is damaged"
        else:
            try:
                sheet = _read_page(package, page, number)
            except (etree.XMLSyntaxError, *office.BROKEN_MEMBER) as fault:
                sheet.problem = f"page {number} can't be read ({type(fault).__name__}: {fault})"
        if sheet.problem.startswith("page"):
            package.problems.append(sheet.problem)
        sheets.append(sheet)


def _area(holder: Element) -> tuple[float, ...] | None:
    box = next((numbers(item.text) for item in holder.iter() if kind(item) == "PhysicalBox"), [])
    return tuple(box) if len(box) == 4 and box[2] > 0 and box[3] > 0 else None


def _read_resources(package: _Package, path: str | None) -> None:
    if path is None:
        return
    try:
        root = package.part(path)
    except (etree.XMLSyntaxError, *office.BROKEN_MEMBER):
        package.problems.append(f"{path} can't be read: pictures or repeated parts may lack")
        return
    folder = posixpath.dirname(path)
    store = attribute(root, "BaseLoc") or ""
    for item in root.iter():
        name, identity = kind(item), attribute(item, "ID") or ""
        if name == "MultiMedia":
            location = _below(item, "MediaFile") or ""
            found = (package.find(posixpath.join(store, location), folder) or package.find(location, folder))
            if found:
                package.resources.media[identity] = found
        elif name == "CompositeGraphicUnit":
            package.resources.composites[identity] = item


# ---------------------------------------------------------------- pages
def _read_page(package: _Package, path: str, number: int) -> Sheet:
    root = package.part(path)
    folder = posixpath.dirname(path)
    for item in root:
        if kind(item) == "PageRes":
            _read_resources(package, package.find(item.text, folder))
    own = next((_area(item) for item in root if kind(item) == "Area"), None)
    area = own or package.area
    drawn = Drawn()
    for content in [*_templates(package, root), root]:
        draw(content, drawn, package.resources, (1.0, 0.0, 0.0, 1.0, -area[0], -area[1]))
    width, height = drawn.upright(area[2] * POINTS, area[3] * POINTS)
    sheet = Sheet(number, height)
    pictures = [(box[1], _picture(package, resource, box, number, place), _share(box, width, height))
                for place, (resource, box) in enumerate(drawn.pictures, 1)]
    shown = characters.visible(drawn.characters, width, height)
    outlined = not len(shown) and drawn.curves >= _OUTLINED
    if _is_lost(shown.text) or outlined:
        sheet.lost = True
        sheet.images = [(top, image) for top, image, share in pictures if share >= 0.05] or [
            (0.0, Image(f"page {number}", page=number))]
        return sheet
    tables = lattice.tables_of(lattice.Rules.of(drawn.rules))
    placed = characters.place(shown, tables, number)
    sheet.grids, sheet.lines = placed.grids, placed.lines
    if placed.doubtful:
        sheet.problem = f"on page {number} {placed.doubtful}"
    sheet.images = [(top, image) for top, image, share in pictures if 0.05 <= share < (_SCAN if sheet.lines else 2)]
    if not tables and any(share >= _SCAN for _, _, share in pictures) and sheet.lines:
        sheet.problem = f"page {number} is a scan with recognised text under it; its characters are unsure"
        for line in sheet.lines:
            line.sure = False
    return sheet


def _templates(package: _Package, page: Element) -> Iterator[Element]:
    for item in page:
        path = package.templates.get(attribute(item, "TemplateID") or "") if kind(item) == "Template" else None
        if path:
            try:
                yield package.part(path)
            except (etree.XMLSyntaxError, *office.BROKEN_MEMBER):
                package.problems.append(f"the template {path} can't be read")


def _share(box: tuple[float, float, float, float], width: float, height: float) -> float:
    across, down = min(box[2], width) - max(box[0], 0), min(box[3], height) - max(box[1], 0)
    return max(0.0, across) * max(0.0, down) / max(1.0, width * height)


def _picture(package: _Package, resource: str, box: tuple[float, float, float, float], page: int, place: int) -> Image:
    path = package.resources.media.get(resource)
    data = None
    if path:
        try:
            data = package.archive.read(path)
        except office.BROKEN_MEMBER:
            package.problems.append(f"the picture {path} is damaged")
    return Image(path or f"page {page} image {place}", page=page, width=round(box[2] - box[0]) or None,
                 height=round(box[3] - box[1]) or None, data=data)


def _is_lost(text: str) -> bool:
    """Whether the characters are only codes for glyphs: nothing tells what they print."""
    letters = re.sub(r"[\s\d.,，。、：；（）()\-—/%]", "", text)
    return len(_LOST.findall(text)) > max(3, 0.05 * len(text)) and not len(_CJK.findall(letters)) > 0.8 * len(letters)
