"""Makes scans harder to read than usual, from made reports, with their truths: python tests/bench/hard_scans.py DIR

Each file is DIR/<kind>.pdf with DIR/<kind>.pdf.truth.json beside it ({"figures": …, "category": "image"}), so that
whatever scores readings can score these. Kinds: see KINDS; every one is deterministic.
"""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pypdfium2
from PIL import Image

sys.path.insert(0, str(Path(__file__).parents[2]))
from extract import report as reading
from extract.model import Hints
from tests.documents import making

Page = np.ndarray
Pages = list[Page]
DPI = 200


def made(seed: int) -> making.ReportText:
    figures = making.figures_2021(seed, scale=60)
    return making.ReportText("示例县2022年政府信息公开工作年度报告", "示例县", 2022, figures)


def rendered(data: bytes, dpi: int = DPI) -> Pages:
    document = pypdfium2.PdfDocument(data)
    pages = [page.render(scale=dpi / 72).to_numpy()[:, :, :3].copy() for page in document]
    document.close()
    return pages


def noisy(page: Page, chance: np.random.Generator, strength: float = 9) -> Page:
    worn = cv2.GaussianBlur(page, (0, 0), 0.7).astype(np.float32) + chance.normal(0, strength, page.shape)
    return worn.clip(0, 255).astype(np.uint8)


def stamp(page: Page, chance: np.random.Generator) -> Page:
    """A round red seal and a blue received stamp across the figures."""
    height, width = page.shape[:2]
    layer = page.copy()
    x, y = int(width * chance.uniform(0.4, 0.7)), int(height * chance.uniform(0.3, 0.6))
    cv2.circle(layer, (x, y), 160, (50, 45, 215), 12)
    for angle in range(0, 360, 24):
        cv2.putText(layer, "#", (int(x + 120 * np.cos(np.radians(angle))), int(y + 120 * np.sin(np.radians(angle)))),
                    cv2.FONT_HERSHEY_SIMPLEX, 1.2, (50, 45, 215), 4)
    cv2.rectangle(layer, (x - 500, y + 260), (x - 180, y + 350), (190, 90, 60), 4)
    return noisy(np.minimum(page, layer), chance, 5)


def photo(page: Page, chance: np.random.Generator) -> Page:
    """A telephone's picture: perspective, a shadow across, soft, JPEG."""
    height, width = page.shape[:2]
    off = chance.uniform(0.01, 0.05, (4, 2)) * [width, height]
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    target = (corners + off * [[1, 1], [-1, 1], [-1, -1], [1, -1]]).astype(np.float32)
    page = cv2.warpPerspective(page, cv2.getPerspectiveTransform(corners, target), (width, height),
                               borderValue=(120, 130, 140))
    across, down = np.meshgrid(np.linspace(0, 1, width), np.linspace(0, 1, height))
    light = 0.95 - 0.35 * across * down - 0.15 * (np.abs(across - 0.6 - 0.2 * down) < 0.1)
    light = cv2.GaussianBlur(light.astype(np.float32), (0, 0), 25)
    page = noisy((page * light[:, :, None]).astype(np.uint8), chance, 6)
    return cv2.imdecode(cv2.imencode(".jpg", page, [cv2.IMWRITE_JPEG_QUALITY, 55])[1], 1)


def bleed(page: Page, chance: np.random.Generator) -> Page:
    """The back of the sheet shows through."""
    back = cv2.GaussianBlur(page[:, ::-1], (0, 0), 1.5).astype(np.float32)
    through = 255 - (255 - back) * 0.28
    return noisy(np.minimum(page, through.astype(np.uint8)), chance, 5)


def dirty(page: Page, chance: np.random.Generator) -> Page:
    page = noisy(page, chance, 24)
    height, width = page.shape[:2]
    for x, y in chance.integers(0, [width, height], (1500, 2)).tolist():
        cv2.circle(page, (x, y), int(chance.integers(1, 3)), (int(chance.integers(0, 140)),) * 3, -1)
    return page


def pale(page: Page, chance: np.random.Generator) -> Page:
    """Rules nearly gone, print faded; rules are what is a pixel or two thick and long."""
    grey = page.min(2)
    lines = np.zeros_like(grey)
    for kernel in (np.ones((1, 60), np.uint8), np.ones((60, 1), np.uint8)):
        lines |= cv2.morphologyEx(255 - grey, cv2.MORPH_OPEN, kernel)
    faded = np.where(lines > 90, 228, 255 - ((255 - grey) * 0.7)).astype(np.uint8)
    return noisy(np.repeat(faded[:, :, None], 3, 2), chance, 4)


def skewed(page: Page, chance: np.random.Generator) -> Page:
    height, width = page.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), float(chance.choice([-4.2, 3.6, 4.8])), 0.95)
    return noisy(cv2.warpAffine(page, matrix, (width, height), borderValue=(255, 255, 255)), chance, 6)


def waved(page: Page, chance: np.random.Generator) -> Page:
    """Paper that doesn't lie flat."""
    height, width = page.shape[:2]
    xs, ys = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    return noisy(cv2.remap(page, xs, ys + 9 * np.sin(xs / width * 2.4 * np.pi), cv2.INTER_LINEAR,
                           borderValue=(255, 255, 255)), chance, 5)


def coarse(page: Page, chance: np.random.Generator) -> Page:
    """A facsimile: 100 dots an inch, two levels."""
    small = cv2.resize(page, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    return np.where(small.min(2) < 170, 0, 255).astype(np.uint8)[:, :, None].repeat(3, 2)


def half(pages: Pages, chance: np.random.Generator) -> Pages:
    """The lower half of the page with most figures is torn off."""
    torn = [page.copy() for page in pages]
    busiest = max(range(len(torn)), key=lambda number: (torn[number] < 128).sum())
    torn[busiest][torn[busiest].shape[0] // 2:] = 255
    return [noisy(page, chance, 5) for page in torn]


def two_up(pages: Pages, chance: np.random.Generator) -> Pages:
    """Two pages side by side on one scan."""
    blank = np.full_like(pages[0], 255)
    rows = [pages[at:at + 2] + [blank] * (2 - len(pages[at:at + 2])) for at in range(0, len(pages), 2)]
    return [noisy(np.hstack(row), chance, 5) for row in rows]


def each(change: Callable[[Page, np.random.Generator], Page]) -> Callable[[Pages, np.random.Generator], Pages]:
    return lambda pages, chance: [change(page, chance) for page in pages]


def corrected(data: bytes, figures: making.Figures, chance: np.random.Generator) -> Pages:
    """Eight figures struck out and written over by hand; `figures` take the new values."""
    pages = rendered(data)
    read = reading.read(data, Hints(name="made.pdf"))
    keys = [key for key, figure in read.figures.items() if figure.source.box and figure.source.page and figure.value]
    for key in chance.choice(sorted(keys), 8, replace=False).tolist():
        source = read.figures[key].source
        left, top, right, bottom = (round(side * DPI / 72) for side in source.box)
        page, middle = pages[source.page - 1], (top + bottom) // 2
        new = int(chance.integers(2, 99))
        cv2.line(page, (left + 20, middle + 3), (right - 40, middle - 4), (70, 40, 30), 3)
        cv2.putText(page, str(new), (right - 52, middle + 14), cv2.FONT_HERSHEY_SCRIPT_COMPLEX, 1.0, (80, 40, 30), 2)
        figures[key] = new
    return pages


KINDS: dict[str, Callable[[Pages, np.random.Generator], Pages]] = {
    "stamp": each(stamp), "photo": each(photo), "bleed": each(bleed), "dirty": each(dirty), "pale": each(pale),
    "skewed": each(skewed), "waved": each(waved), "facsimile": each(coarse), "half": half, "two_up": two_up}


def main() -> None:
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for seed, kind in enumerate([*KINDS, "corrected"], 31):
        chance, report = np.random.default_rng(seed), made(seed)
        zeros = {"blank_zero": seed % 3 == 1, "dash_zero": seed % 3 == 2}
        data = making.pdf(report, **zeros)
        pages = corrected(data, report.figures, chance) if kind == "corrected" else KINDS[kind](rendered(data), chance)
        dpi = DPI // 2 if kind == "facsimile" else DPI
        first, *others = (Image.fromarray(np.ascontiguousarray(page[:, :, ::-1])) for page in pages)
        out = io.BytesIO()
        first.save(out, "PDF", save_all=True, append_images=others, resolution=dpi, quality=75)
        (folder / f"{kind}.pdf").write_bytes(out.getvalue())
        truth = {key: value for key, value in report.figures.items()
                 if key.startswith(("disclosure.", "applications.", "disputes."))}
        (folder / f"{kind}.pdf.truth.json").write_text(json.dumps({"figures": truth, "category": "image"}), "utf-8")
        print(kind, len(pages), "pages", len(out.getvalue()) >> 10, "KB", flush=True)


if __name__ == "__main__":
    main()
