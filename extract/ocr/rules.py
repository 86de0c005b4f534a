"""Rules of tables in the pixels of a page, strong, thin or faint, and the cells they enclose.

Promises edges as pdfplumber describes them (in pixels) and Lattices of extract.layout; what is thicker than a rule
(shading, stamps) or shorter (strokes of characters) is none. Leaves alone: turning and straightening.
Pixels are those of a page at 200 dots an inch.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt
from pdfplumber.table import cells_to_tables, edges_to_intersections, intersections_to_cells, merge_edges

from extract.layout import Edge, Lattice, closing_edges
from extract.ocr.ink import strokes_of
from extract.ocr.recognition import Pixels

_THICKEST = 13
_FAINTEST = 14
"""Least darkness of a rule against its surroundings, of 255."""
_ACROSS = 56
_DOWN = 31
"""Shortest piece of a rule across and down that is trusted: longer than strokes of a table's characters."""
_FULL = 0.85
_BROKEN = 0.5
"""Share of dark pixels along a rule; a broken (dashed, worn) one is trusted where nothing stands beside it."""
_EMPTY, _BESIDE = 0.12, 8
"""Greatest share of dark pixels that counts as nothing, that many rows above and below."""
_TOUCH = 9
_JOIN = 20
_END = 5
"""Pixels by which a short piece may miss the rule it ends at."""
_STROKE = 40
"""Longest stroke of a character in a table."""
_CERTAIN = 160
"""Pixels across from which a piece is a rule whatever stands beside it."""
_TELLING = 0.05
"""Share of the page's side from which a piece's slope is measured (else 0): upright.straightening asks for no shorter
ones."""
_NARROWEST = 250
"""Pixels across of the narrowest table."""
_MOST_EDGES = 4000


def segments(page: Pixels) -> tuple[list[Edge], list[Edge]]:
    """Pieces of rules across and down, with `slope` (pixels sideways a pixel along) and `beside` (ink near)."""
    return _pieces(page, _ACROSS), [_turned(edge) for edge in _pieces(cv2.transpose(page), _DOWN)]


def _pieces(page: Pixels, length: int) -> list[Edge]:
    smooth = cv2.blur(page, (5, 1))
    thin = cv2.morphologyEx(smooth, cv2.MORPH_BLACKHAT, np.ones((_THICKEST, 1), np.uint8))
    mask = _from(thin, _FAINTEST)
    # A rule that isn't quite level steps by a pixel now and then.
    level = cv2.dilate(mask, np.ones((3, 1), np.uint8))
    share = cv2.blur(level, (length, 1))
    broken = _from(cv2.blur(level, (2 * length, 1)), 255 * _BROKEN)
    broken = cv2.bitwise_and(_from(share, 255 * _BROKEN), broken, mask=level)
    empty = cv2.bitwise_not(_from(share, 255 * _EMPTY))
    cv2.bitwise_and(broken[_BESIDE:], empty[:-_BESIDE], dst=broken[_BESIDE:])
    cv2.bitwise_and(broken[:-_BESIDE], empty[_BESIDE:], dst=broken[:-_BESIDE])
    found = cv2.bitwise_or(cv2.bitwise_and(_from(share, 255 * _FULL), mask), broken)
    # Give back the ends that the running share cut off, and close what lies between.
    found = cv2.dilate(found, np.ones((1, length // 3 | 1), np.uint8))
    found = cv2.bitwise_and(found, cv2.morphologyEx(level, cv2.MORPH_CLOSE, np.ones((1, 9), np.uint8)))
    strokes = strokes_of(found)
    edges: list[Edge] = []
    telling = _TELLING * page.shape[1]
    for box, centre in zip(strokes.boxes[1:].tolist(), strokes.centres[1:].tolist(), strict=True):
        left, top, width, height, _ = box
        if width < 0.7 * length or height > _THICKEST + 0.06 * width:
            continue
        y = centre[1]
        edges.append({"x0": left, "x1": left + width, "top": y, "bottom": y, "orientation": "h", "object_type": "line",
                      "width": width, "height": 0,
                      "slope": _slope(found, left, top, width, height) if width >= telling else 0.0,
                      "beside": _beside(level, left, round(y), width) if width < _CERTAIN else 0.0})
    edges.sort(key=lambda edge: -float(edge["width"]))
    return edges[:_MOST_EDGES]


def _from(image: Pixels, least: float) -> Pixels:
    """255 where the image is at least that bright, 0 elsewhere."""
    return cv2.threshold(image, math.ceil(least) - 1, 255, cv2.THRESH_BINARY)[1]


def _slope(mask: Pixels, left: int, top: int, width: int, height: int) -> float:
    """Rows a column by which a piece falls, from the middles of its two ends."""
    part = max(8, width // 8)
    patch = mask[top:top + height, left:left + width]
    ends = []
    for columns in (patch[:, :part], patch[:, -part:]):
        rows = np.nonzero(columns)[0]
        ends.append(float(rows.mean()) if rows.size else height / 2)
    return (ends[1] - ends[0]) / max(1, width - part)


def _beside(ink: Pixels, left: int, row: int, width: int) -> float:
    """Greatest share of ink in a row beside a piece: strokes of characters have others near, rules stand alone."""
    above, below = ink[max(0, row - 11):max(0, row - 5), left:left + width], ink[row + 6:row + 12, left:left + width]
    return max((int(np.count_nonzero(part, axis=1).max()) / width for part in (above, below) if part.size), default=0.0)


def _turned(edge: Edge) -> Edge:
    """An edge found on the transposed page, on the page itself."""
    return {"x0": edge["top"], "x1": edge["bottom"], "top": edge["x0"], "bottom": edge["x1"], "orientation": "v",
            "object_type": "line", "width": 0, "height": edge["width"], "slope": edge["slope"],
            "beside": edge["beside"]}


def _bound(across: Sequence[Edge], down: Sequence[Edge]) -> list[Edge]:
    """The rules without strokes of characters: a stroke down meets no rule across that is much longer than itself."""
    if not across or not down:
        return []
    level = np.array([(edge["x0"], edge["x1"], edge["top"]) for edge in across], np.float64)
    plumb = np.array([(edge["top"], edge["bottom"], edge["x0"]) for edge in down], np.float64)
    lengths, heights = level[:, 1] - level[:, 0], plumb[:, 1] - plumb[:, 0]
    reach = np.where(heights >= 2 * _DOWN, 2 * _END, _END)[:, None]
    near = ((np.abs(plumb[:, None, 0] - level[None, :, 2]) <= reach,
             np.abs(plumb[:, None, 1] - level[None, :, 2]) <= reach))
    over = ((level[None, :, 0] - _JOIN <= plumb[:, None, 2]) & (plumb[:, None, 2] <= level[None, :, 1] + _JOIN))
    longer = lengths[None, :] >= np.minimum(2.5 * heights, 150)[:, None]
    ends = [(side & over & longer).any(1) for side in near]
    alone, apart = (np.array([edge["beside"] < most for edge in down]) for most in (0.1, 0.45))
    alone &= heights >= 0.8 * _room(plumb, level)  # the stroke of a 1 nearly fills a low row
    kept = (ends[0] & ends[1] & alone) | ((ends[0] | ends[1]) & (heights >= 2 * _DOWN) & apart) | (heights >= 4 * _DOWN)
    strong = plumb[kept]
    if not len(strong):
        return []
    between = ((strong[None, :, 0] - _JOIN <= level[:, None, 2]) & (level[:, None, 2] <= strong[None, :, 1] + _JOIN))
    left = (np.abs(strong[None, :, 2] - level[:, None, 0]) <= _JOIN) & between
    right = (np.abs(strong[None, :, 2] - level[:, None, 1]) <= _JOIN) & between
    inside = (strong[None, :, 2] >= level[:, None, 0] - _TOUCH) & (
        strong[None, :, 2] <= level[:, None, 1] + _TOUCH) & between
    alone = np.array([edge["beside"] < 0.1 for edge in across]) | (lengths >= _CERTAIN)
    real = (left.any(1) & right.any(1) & alone) | ((inside.sum(1) >= 2) & (lengths >= _CERTAIN))
    level = level[real]
    # The running share cuts ends short: a rule that ends near another one across it ends there.
    rules = [{**edge, "x0": _nearest(edge["x0"], strong[:, 2]), "x1": _nearest(edge["x1"], strong[:, 2])}
             for edge, keep in zip(across, real, strict=True) if keep]
    return [*rules, *(_ended(edge, level) for edge, keep in zip(down, kept, strict=True) if keep)]


def _ended(edge: Edge, level: npt.NDArray[np.float64]) -> Edge:
    """A rule down that ends at the rules across: drawn on to one near its end, or back where it only took in a stroke
    of a character above or below that happens to stand in line with it."""
    here = level[(level[:, 0] - _JOIN <= edge["x0"]) & (edge["x0"] <= level[:, 1] + _JOIN), 2]
    ends = []
    for end, inward in ((edge["top"], 1), (edge["bottom"], -1)):
        off = (here - end) * inward
        near = np.abs(off) <= 2 * _END
        within = (off > 0) & (off <= _STROKE)
        if near.any():
            end = float(here[near][np.abs(off[near]).argmin()])
        elif within.any():
            end = float(here[within][off[within].argmin()])
        elif (np.abs(off) <= _JOIN).any():
            end = float(here[np.abs(off).argmin()])
        ends.append(end)
    return {**edge, "top": ends[0], "bottom": ends[1]} if ends[1] - ends[0] >= _END else edge


def _room(plumb: npt.NDArray[np.float64], level: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Distance between the rules across that each piece down stands between; 0 where it doesn't."""
    rows = np.sort(level[level[:, 1] - level[:, 0] >= _CERTAIN, 2])
    if len(rows) < 2:
        return np.zeros(len(plumb))
    middles = (plumb[:, 0] + plumb[:, 1]) / 2
    below = np.clip(np.searchsorted(rows, middles), 1, len(rows) - 1)
    room: npt.NDArray[np.float64] = rows[below] - rows[below - 1]
    return room


def _nearest(place: float, others: npt.NDArray[np.float64]) -> float:
    """The nearest of `others` within reach, else the place itself."""
    if not len(others):
        return place
    other = float(others[np.abs(others - place).argmin()])
    return other if abs(other - place) <= _JOIN else place


def lattices(across: Sequence[Edge], down: Sequence[Edge]) -> list[Lattice]:
    """The tables that these rules make, in pixels, from top to bottom."""
    edges = _bound(across, down)
    if len(edges) < 4:
        return []
    merge = {"snap_x_tolerance": _TOUCH, "snap_y_tolerance": _TOUCH, "join_x_tolerance": _JOIN,
             "join_y_tolerance": _JOIN}
    edges = merge_edges(edges, **merge)
    edges = merge_edges(edges + closing_edges(edges, _JOIN), **merge)
    boxes = intersections_to_cells(edges_to_intersections(edges, _TOUCH, _TOUCH))
    found = [Lattice(cells) for cells in cells_to_tables(boxes)]
    found = [lattice for lattice in found if lattice.columns >= 2 and (lattice.rows >= 2 or lattice.columns >= 3)
             and lattice.xs[-1] - lattice.xs[0] >= _NARROWEST]
    return sorted(found, key=lambda lattice: lattice.ys[0])
