"""The pages of the book: docs/**/*.md, the papers at the top of the repository, and what reference.py writes.

Promises: every page in Chinese and English – a page without a Chinese version stands there in English with a line that
says so; links between pages are kept whatever folder a page comes from; a page named in no chapter, or a chapter's page
that isn't there, is an error of the build. Leaves alone: looks and chapters (mkdocs.yml), the pages' words.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import yaml

from docs.book import reference

LANGUAGES = ("zh", "en")
TOP = {"CONTRIBUTING.md": "contributing.md", "CHANGELOG.md": "changelog.md"}
"""Pages that stand at the top of the repository, by their names in the book."""
ASSETS = (".png", ".svg", ".css", ".txt")
_LINK = re.compile(r"(\]\()([^)\s#]+)((?:#[^)\s]*)?\))")
_CODE = re.compile(r"(^ *```.*?^ *```$|`[^`\n]+`)", re.M | re.S)
_REMARK = re.compile(r"^<!-- [^>]* -->\n", re.M)
_OUTSIDE = re.compile(r"^(?:[a-z]+:|//)")


def gather(root: Path, folder: Path) -> Path:
    """Fill `folder`/source and write `folder`/mkdocs.yml; the path of the latter. What stood in source goes."""
    source = folder / "source"
    shutil.rmtree(source, ignore_errors=True)
    source.mkdir(parents=True)
    words = yaml.safe_load((root / "docs" / "book" / "words.yaml").read_text("utf-8"))
    texts = _written(root) | reference.pages(words)
    for name in sorted({_plain(path) for path in texts}):
        for language in LANGUAGES:
            text = texts.get(_in(name, language)) or texts.get(name)
            if text is None:
                raise SystemExit(f"docs/{name}: there is no English page, only {_in(name, 'zh')}")
            if language == "zh" and _in(name, "zh") not in texts and name not in words["bilingual"]:
                text = _after_title(text, f"!!! note \"\"\n    {words['english_only']}\n")
            target = source / _in(name, language)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, "utf-8")
    for path in (root / "docs").rglob("*"):
        if path.suffix in ASSETS and "book" not in path.relative_to(root / "docs").parts[:1]:
            target = source / path.relative_to(root / "docs")
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
    for path in (root / "docs" / "book").glob("*.css"):
        shutil.copyfile(path, source / path.name)
    return _configuration(root, folder)


def _written(root: Path) -> dict[str, str]:
    """The pages people wrote, by their path in the book (`x.zh.md` is x.md in Chinese), links mended."""
    docs = root / "docs"
    found = {str(path.relative_to(docs)): path for path in docs.rglob("*.md")}
    found |= {name: root / top for top, name in TOP.items()}
    texts = {}
    for name, path in found.items():
        def mended(link: re.Match[str], name: str = name, path: Path = path) -> str:
            return link[1] + _link(root, path, name, link[2]) + link[3]

        pieces = _CODE.split(path.read_text("utf-8"))
        # In a table's code a bar needs no backslash here; remarks are for the tests.
        texts[name] = "".join(_REMARK.sub("", _LINK.sub(mended, piece)) if number % 2 == 0
                              else piece.replace("\\|", "|") for number, piece in enumerate(pieces))
    return texts


def _link(root: Path, path: Path, name: str, link: str) -> str:
    """Where a relative link of a page leads in the book: to the plain name of a page, whose language the book picks."""
    if _OUTSIDE.match(link):
        return link
    target = (path.parent / link).resolve()
    if not target.is_relative_to(root):
        return link
    place = str(target.relative_to(root))
    inside = TOP.get(place) or (place.removeprefix("docs/") if place.startswith("docs/") else None)
    if inside is None:
        raise SystemExit(f"{path.relative_to(root)}: the link {link} leads to no page of the book; write its "
                         "name as code")
    return Path(*[".."] * (len(Path(name).parts) - 1), _plain(inside)).as_posix()


def _plain(name: str) -> str:
    return re.sub(r"\.(?:zh|en)\.md$", ".md", name)


def _in(name: str, language: str) -> str:
    return f"{name.removesuffix('.md')}.{language}.md"


def _after_title(text: str, lines: str) -> str:
    title, _, rest = text.partition("\n")
    return f"{title}\n\n{lines}\n{rest}"


def _configuration(root: Path, folder: Path) -> Path:
    text = (root / "docs" / "book" / "mkdocs.yml").read_text("utf-8")
    path = folder / "mkdocs.yml"
    path.write_text(text, "utf-8")
    return path
