"""What a web page holds in a table's cells and doesn't show: by a class of its own style sheet, by size, by colour.

Promises: only short parts of cells, for tabs and menus hide whole articles until they are clicked; only rules of the
page's own <style> elements that hold always (no @media), with plain selectors. What is certainly unseen is taken out;
a part in white beside others is doubted, since nobody knows here what lies behind it. Leaves alone: style sheets of
other files, and elements whose own style hides them (webpage.survey).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from bs4 import BeautifulSoup, Tag

_LONGEST = 60
"""Characters of a part of a cell; longer ones are contents of the page."""
_CLASS = re.compile(r"(?:[a-z][\w-]*)?\.([\w-]+)$", re.IGNORECASE)
_SHOWN = re.compile(r"\b(display|visibility)\s*:\s*([a-z-]+)", re.IGNORECASE)
_HIDING = frozenset({"none", "hidden", "collapse"})
_NO_SIZE = re.compile(r"font-size\s*:\s*0(?:\.0+)?(?:px|pt|em|rem|%)?\s*(?:;|!|$)", re.IGNORECASE)
_WHITE = re.compile(r"(?<![-\w])color\s*:\s*(?:#fff(?:fff)?\b|white\b|rgb\(\s*255\s*,\s*255\s*,\s*255\s*\))",
                    re.IGNORECASE)
_BACKGROUND = re.compile(r"background", re.IGNORECASE)


def take_out(soup: BeautifulSoup, styled: Iterable[Tag]) -> set[int]:
    """Take the parts of cells out of the tree that the page never shows; the ids of the cells left in doubt. `styled`:
    every element with a style of its own."""
    hidden = [part for name in hiding_classes("\n".join(sheet.get_text() for sheet in soup.find_all("style")))
              for part in soup.find_all(class_=name)]
    hidden += [part for part in styled if _NO_SIZE.search(str(part["style"])) and part.find(True) is None]
    for part in hidden:
        if not part.decomposed and _cell_of(part) is not None and len(part.get_text()) <= _LONGEST:
            part.decompose()
    return {id(cell) for part in styled if not part.decomposed and (cell := _cell_of(part)) is not None
            and _is_white(part, cell)}


def _cell_of(part: Tag) -> Tag | None:
    """The cell that a part of it stands in."""
    cell = part.find_parent(["td", "th"])
    return cell if isinstance(cell, Tag) else None


def _is_white(part: Tag, cell: Tag) -> bool:
    """Whether a part of a cell is printed in white on no ground of its own, beside parts that are not."""
    style, text = str(part["style"]), part.get_text().strip()
    return (_WHITE.search(style) is not None and not _BACKGROUND.search(style) and 0 < len(text) <= _LONGEST
            and text != cell.get_text().strip())


def hiding_classes(sheet: str) -> set[str]:
    """Classes that some rule hides and no rule shows."""
    hiding, showing = set[str](), set[str]()
    for selectors, declarations in _rules(sheet):
        said = {name.lower(): value.lower() for name, value in _SHOWN.findall(declarations)}
        if not said:
            continue
        hides = not _HIDING.isdisjoint(said.values())
        for selector in selectors.split(","):
            plain = _CLASS.match(selector.strip())
            if hides and plain:
                hiding.add(plain[1])
            elif not hides:
                showing.update(re.findall(r"\.([\w-]+)", selector))
    return hiding - showing


def _rules(sheet: str) -> Iterator[tuple[str, str]]:
    """Selectors and declarations of each rule that stands in no other (@media and its like)."""
    first, *others = sheet.split("/*")
    preludes: list[str] = []
    between = ""
    for token in re.split(r"([{}])", first + "".join(each.partition("*/")[2] for each in others)):
        if token == "{":
            preludes.append(between.rpartition(";")[2].strip())
        elif token == "}" and preludes:
            prelude = preludes.pop()
            if not preludes and not prelude.startswith("@"):
                yield prelude, between
        between = token
