"""Word papers made from templates that an office may replace by its own.

Promises: templates are .docx files (config/templates/, the office's facts/templates/ first) with fields in {{ }}; each
is read and checked once, and one that asks for an unknown field is refused with the fields there are; values are text
only – markup, fields and formulas in them stand as characters; rendering many papers costs no reading again. Leaves
alone: what the papers say (circular.py, reminder.py and the others), what their fields mean (docs/letters.md).
"""

from __future__ import annotations

import functools
import io
import re
import shutil
import subprocess
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field
from pydantic import Field as Default

from crawler import clock
from extract import configuration
from extract.exceptions import ConfigurationError
from extract.office import BROKEN_MEMBER
from monitor import printing, wording
from monitor.exceptions import UsageError
from monitor.session import Session

if TYPE_CHECKING:
    from jinja2.sandbox import SandboxedEnvironment

    from monitor.settings import Settings

LARGEST = 40_000_000
"""Bytes a template may unpack to."""
_MAIN = "word/document.xml"
_RENDERED = re.compile(r"word/(document|header\d*|footer\d*|footnotes)\.xml")
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_PHONE = re.compile(r"[\d（(+][\d()（）+\-－— /转]{5,}\d")


class Known(BaseModel):
    """One field of a paper; `of` where it is a list, with the fields of its items."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    zh: str
    of: dict[str, Known] = Default(default_factory=dict)


class Paper(BaseModel):
    """One kind of paper: its name, the fields its template may use."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    title: str
    fields: dict[str, Known]


class Papers(BaseModel):
    """config/papers.yaml."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    common: dict[str, Known]
    papers: dict[str, Paper]
    sentences: dict[str, str] = Field(default_factory=dict)

    def fields(self, paper: str) -> dict[str, Known]:
        return {**self.common, **self.papers[paper].fields}


def papers() -> Papers:
    """config/papers.yaml, loaded once. Raises ConfigurationError with file and line."""
    loaded: Papers = configuration.load("papers.yaml", Papers)
    return loaded


def say(key: str, **values: Any) -> str:
    """One of the sentences papers are made of, filled; a sentence that lacks a value is left out. Papers are Chinese
    whatever language the commands speak."""
    return wording.fill(papers().sentences[key], {name: wording.shown(value, "zh") for name, value in values.items()})


# ---------------------------------------------------------------- templates
@dataclass(frozen=True, slots=True)
class Template:
    """A template ready to be filled: parts that never change, parts that are rendered, pictures by alternative text."""

    path: Path
    fixed: tuple[tuple[str, bytes], ...]
    rendered: tuple[tuple[str, Any], ...]
    pictures: Mapping[str, str]

    def fill(self, context: Mapping[str, Any], pictures: Mapping[str, bytes] | None = None) -> bytes:
        """The document's bytes. `pictures` (PNG) replace the template's of that alternative text, where it has them."""
        from jinja2 import TemplateError

        stream = io.BytesIO()
        drawn = {self.pictures[about]: data for about, data in (pictures or {}).items() if about in self.pictures}
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=4) as archive:
            for name, data in self.fixed:
                if name == "docProps/core.xml":
                    data = _properties(str(context.get("title", "")), str(context.get("office", "")))
                archive.writestr(_member(name), drawn.get(name, data))
            for name, template in self.rendered:
                try:
                    text = template.render(context)
                    _parsed(text)
                except (TemplateError, TypeError, ValueError, ArithmeticError) as fault:
                    raise ConfigurationError(f"{self.path}: {name}: {fault}") from None
                archive.writestr(_member(name), text)
        return stream.getvalue()


def template(paper: str) -> Template:
    """The template of a paper, the office's own first. Raises ConfigurationError naming file, place and the fields
    that can be used."""
    path = configuration.path_of(f"templates/{paper}.docx")
    stat = path.stat()
    return _read(path, paper, (stat.st_mtime_ns, stat.st_size))


@functools.lru_cache(maxsize=64)
def _read(path: Path, paper: str, _mark: tuple[int, int]) -> Template:
    from docxtpl import DocxTemplate
    from jinja2 import TemplateError

    environment, parts = _environment(), _parts(path)
    patch = DocxTemplate(str(path)).patch_xml
    fixed, rendered = list[tuple[str, bytes]](), list[tuple[str, Any]]()
    known = papers().fields(paper)
    for name, data in parts:
        if not _RENDERED.fullmatch(name):
            fixed.append((name, data))
            continue
        try:
            source = patch(data.decode())
            tree = environment.parse(source)
            unknown = sorted(set(_unknown(tree, dict(known))))
            made = environment.from_string(source)
        except TemplateError as fault:
            raise ConfigurationError(f"{path}: {name}: {fault}") from None
        if unknown:
            raise ConfigurationError(f"{path}: {name}: unknown field {', '.join(unknown)}; known are "
                                     f"{', '.join(listed(known))}")
        rendered.append((name, made))
    return Template(path, tuple(fixed), tuple(rendered), _pictures(dict(parts)))


def _pictures(parts: Mapping[str, bytes]) -> dict[str, str]:
    """PNG pictures of the document by their alternative text; Word renames the files, that text it keeps."""
    targets = {_attribute(each, "Id"): f"word/{_attribute(each, 'Target')}" for each in re.findall(
        r"<Relationship [^>]*>", parts.get("word/_rels/document.xml.rels", b"").decode())}
    found = {}
    for drawing in re.findall(r"<w:drawing>.*?</w:drawing>", parts[_MAIN].decode(), re.DOTALL):
        target = targets.get(_attribute(drawing, "r:embed"), "")
        if target.endswith(".png") and target in parts:
            found[_attribute(drawing, "descr")] = target
    return found


def _attribute(text: str, name: str) -> str:
    said = re.search(rf'\s{name}="([^"]*)"', text)
    return said[1] if said else ""


def _parts(path: Path) -> list[tuple[str, bytes]]:
    try:
        with zipfile.ZipFile(path) as archive:
            members = [each for each in archive.infolist() if not each.filename.endswith("/")]
            if sum(each.file_size for each in members) > LARGEST:
                raise ConfigurationError(f"{path}: larger than {LARGEST // 1_000_000} MB unpacked; take pictures out")
            parts = [(each.filename, archive.read(each)) for each in members]
    except BROKEN_MEMBER as fault:
        raise ConfigurationError(f"{path}: no Word document (.docx) ({fault}); save the template as .docx") from None
    if _MAIN not in dict(parts):
        raise ConfigurationError(f"{path}: no Word document (.docx) ({_MAIN} is missing); save the template as .docx")
    if any("vbaproject" in name.lower() for name, _ in parts):
        raise ConfigurationError(f"{path}: holds macros; save the template as .docx without them")
    return parts


def _environment() -> SandboxedEnvironment:
    from jinja2 import StrictUndefined
    from jinja2.sandbox import SandboxedEnvironment

    environment = SandboxedEnvironment(autoescape=True, undefined=StrictUndefined, finalize=_plain)
    environment.globals.clear()
    return environment


def _plain(value: Any) -> str:
    """A value as text: never markup, so that nothing in a name becomes part of the document's structure."""
    return "" if value is None else _UNPRINTABLE.sub(" ", str(value))


def _parsed(text: str) -> None:
    """A rendered part has to be sound XML still; a template can open in a loop what it closes elsewhere."""
    from lxml import etree

    try:
        etree.fromstring(text.encode(), etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True))
    except etree.XMLSyntaxError as fault:
        raise ValueError(f"a loop or condition cuts through a paragraph or table ({fault.msg}); put its marks in "
                         "paragraphs of their own with {%p … %}, in rows with {%tr … %}") from None


def _member(name: str) -> zipfile.ZipInfo:
    member = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
    member.compress_type = zipfile.ZIP_DEFLATED
    return member


def _properties(title: str, office: str) -> bytes:
    from markupsafe import escape

    at = clock.now().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return ('<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<cp:coreProperties xmlns:cp="http://schemas.'
            'openxmlformats.org/package/2006/metadata/core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/" '
            'xmlns:dcterms="http://purl.org/dc/terms/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
            f"<dc:title>{escape(_plain(title))}</dc:title><dc:creator>{escape(_plain(office))}</dc:creator>"
            f'<dcterms:created xsi:type="dcterms:W3CDTF">{at}</dcterms:created>'
            f'<dcterms:modified xsi:type="dcterms:W3CDTF">{at}</dcterms:modified></cp:coreProperties>').encode()


# ---------------------------------------------------------------- fields
def listed(fields: Mapping[str, Known], prefix: str = "") -> Iterator[str]:
    """Names as an error lists them; fields of a list's items as list[].field."""
    for name, field in fields.items():
        yield prefix + name
        yield from listed(field.of, f"{prefix}{name}[].")


def _unknown(node: Any, scope: dict[str, Known | None]) -> Iterator[str]:
    """Fields a template asks for that no paper gives. `scope` maps names to what they stand for, None for anything."""
    from jinja2 import nodes

    if isinstance(node, nodes.Name):
        if node.ctx == "load" and node.name not in scope:
            yield node.name
        return
    if isinstance(node, (nodes.Getattr, nodes.Getitem)):
        found, name = _meant(node.node, scope), _key(node)
        if found is not None and found.of and name and not name.isdigit() and name not in found.of:
            yield f"{_path(node.node)}.{name}"
    inner = dict(scope)
    if isinstance(node, nodes.For):
        yield from _unknown(node.iter, scope)
        found = _meant(node.iter, scope)
        for target in node.target.find_all(nodes.Name) if not isinstance(node.target, nodes.Name) else [node.target]:
            inner[target.name] = found
        inner["loop"] = None
        for child in [*node.body, *node.else_, *([node.test] if node.test else [])]:
            yield from _unknown(child, inner)
        return
    if isinstance(node, nodes.Template):
        # Names that the template sets itself hold wherever they are used.
        inner |= {name.name: None for name in node.find_all(nodes.Name) if name.ctx in ("store", "param")
                  and name.name not in scope and not _is_loop_target(node, name)}
    for child in node.iter_child_nodes():
        yield from _unknown(child, inner)


def _is_loop_target(tree: Any, name: Any) -> bool:
    from jinja2 import nodes

    return any(name is loop.target or name in list(loop.target.find_all(nodes.Name))
               for loop in tree.find_all(nodes.For))


def _meant(node: Any, scope: Mapping[str, Known | None]) -> Known | None:
    from jinja2 import nodes

    if isinstance(node, nodes.Name):
        return scope.get(node.name)
    if isinstance(node, (nodes.Getattr, nodes.Getitem)):
        found, name = _meant(node.node, scope), _key(node)
        return found.of.get(name) if found is not None and name else found
    return _meant(node.node, scope) if isinstance(node, nodes.Filter) and node.node is not None else None


def _key(node: Any) -> str:
    from jinja2 import nodes

    if isinstance(node, nodes.Getattr):
        return str(node.attr)
    return str(node.arg.value) if isinstance(node.arg, nodes.Const) else ""


def _path(node: Any) -> str:
    from jinja2 import nodes

    return node.name if isinstance(node, nodes.Name) else f"{_path(node.node)}.{_key(node)}" if isinstance(
        node, (nodes.Getattr, nodes.Getitem)) else "…"


# ---------------------------------------------------------------- what all papers share
def common(settings: Settings) -> dict[str, Any]:
    """The fields every paper has: who writes, when, the mark of a draft."""
    said = settings.general.contact.strip()
    phone = _PHONE.search(said)
    return {"office": settings.general.office, "contact": (said[:phone.start()] if phone else said).strip(" ，,：:　"),
            "phone": phone.group().strip() if phone else "", "reply_mail": settings.mail.reply_to,
            "date": wording.day(clock.today(), "zh"), "draft": say("draft")}


def make(paper: str, context: Mapping[str, Any], pictures: Mapping[str, bytes] | None = None) -> bytes:
    """One paper's bytes from its template. `context` holds every field of the paper (a test insists)."""
    return template(paper).fill(context, pictures)


# ---------------------------------------------------------------- the files
def check(session: Session, *, fields: bool = False, as_json: bool = False) -> None:
    """Every paper's template, the office's own first. Raises ConfigurationError naming each that can't be used."""
    _ = session.settings
    faults = list[str]()
    told = []
    for name, paper in papers().papers.items():
        fault = ""
        try:
            template(name)
        except ConfigurationError as refused:
            fault = str(refused)
            faults.append(fault)
        path = configuration.path_of(f"templates/{name}.docx")
        office = configuration.office_folder()
        told.append({"paper": name, "title": paper.title, "path": str(path), "fault": fault,
                     "own": office is not None and path.is_relative_to(office),
                     "fields": list(listed(papers().fields(name)))})
    if as_json:
        printing.document({"templates": told})
    else:
        for each in told:
            whose = wording.say("template_own" if each["own"] else "template_packaged", session.lang)
            mark = "×" if each["fault"] else "√"
            printing.line(f"{mark} {each['paper']}  {each['title']}  {whose}  {each['path']}")
            if fields:
                for name, about in _described(papers().fields(str(each["paper"]))):
                    printing.line(f"    {name}  {about}")
    if faults:
        raise ConfigurationError("\n".join(faults))


def _described(fields: Mapping[str, Known], prefix: str = "") -> Iterator[tuple[str, str]]:
    for name, field in fields.items():
        yield prefix + name, field.zh
        yield from _described(field.of, f"{prefix}{name}[].")


def ready(out: Path, suffix: str, pdf: bool) -> None:
    """Refuse what couldn't be written before anything is. Raises UsageError."""
    if out.suffix.lower() != suffix:
        raise UsageError(f"--out {out}: this paper is written as {suffix}; name a file ending so")
    if out.is_dir():
        raise UsageError(f"{out}: is a folder; name a file")
    if not out.absolute().parent.is_dir():
        raise UsageError(f"{out}: its folder {out.parent} does not exist")
    if pdf and office_program() is None:
        raise UsageError("--pdf: LibreOffice (soffice) was not found; install libreoffice-writer, or leave --pdf out "
                         "and print the .docx")


def put(out: Path, data: bytes) -> None:
    """Write a file as a whole or not at all."""
    part = out.with_name(f".{out.name}.part")
    try:
        part.write_bytes(data)
        part.replace(out)
    finally:
        part.unlink(missing_ok=True)


def write(session: Session, out: Path, paper: str, context: Mapping[str, Any], *, pdf: bool = False,
          as_json: bool = False, told: Mapping[str, Any] | None = None, lines: Sequence[str] = (),
          pictures: Mapping[str, bytes] | None = None) -> None:
    """Make one paper, write it, and say so. `told` is added to the JSON, `lines` stand above the last one."""
    ready(out, ".docx", pdf)
    put(out, make(paper, context, pictures))
    made = [str(out)]
    if pdf:
        made += [str(path) for path in as_pdf([out], out.absolute().parent)]
    if as_json:
        printing.document({"path": str(out), "files": made, "paper": paper, "title": context.get("title", ""),
                           **(told or {})})
        return
    for line in lines:
        printing.line(line)
    if not context.get("office"):
        printing.note(wording.say("papers_no_office", session.lang))
    for path in made:
        printing.line(wording.say("paper_written", session.lang, path=path))


def office_program() -> str | None:
    """LibreOffice's command where it is installed."""
    return shutil.which("soffice") or shutil.which("libreoffice")


def as_pdf(files: Sequence[Path], folder: Path, run: Callable[..., Any] = subprocess.run) -> list[Path]:
    """The documents as PDF in `folder`, with a profile of their own so that an open LibreOffice is no hindrance.
    Raises UsageError where it fails."""
    program = office_program()
    with tempfile.TemporaryDirectory(prefix="nianbao-pdf-") as profile:
        try:
            done = run([str(program), f"-env:UserInstallation={Path(profile).as_uri()}", "--headless", "--convert-to",
                        "pdf", "--outdir", str(folder), *map(str, files)], capture_output=True, text=True,
                       timeout=120 + 5 * len(files), check=False)
            fault = done.stderr.strip().splitlines()[-1:] or [f"exit code {done.returncode}"]
        except (OSError, subprocess.TimeoutExpired) as failed:
            fault = [str(failed)]
    made = [folder / f"{each.stem}.pdf" for each in files]
    if missing := [path for path in made if not path.is_file()]:
        raise UsageError(f"--pdf: LibreOffice wrote no {missing[0].name} ({fault[0]}); the .docx stands")
    return made


