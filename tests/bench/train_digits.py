"""Trains the digit network of extract/ocr/digits.py on rendered print and writes extract/ocr/digits.npz.

Run: python tests/bench/train_digits.py [FONT.ttf ...]     (about two minutes; numpy only; fixed seed)

Glyphs are drawn by reportlab and pdfium (the built-in faces of every PDF viewer: Times, Helvetica, Courier and their
bold and italic cuts) and by Pillow (whatever fonts are given or found under /usr/share/fonts). Each sample is turned,
sheared, scaled to the size of a scan, blurred, made noisy and cut out by the functions that cut glyphs when reading.
One font in eight is kept for measuring: the script prints the share of right digits at every confidence on those.
"""

from __future__ import annotations

import io
import sys
import time
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pypdfium2
from PIL import Image, ImageDraw, ImageFont
from reportlab.pdfgen.canvas import Canvas

sys.path.insert(0, str(Path(__file__).parents[2]))
from extract.ocr.digits import OTHER, SIDE, normalised
from extract.ocr.ink import INK

TARGET = Path(__file__).parents[2] / "extract" / "ocr" / "digits.npz"
BUILT_IN = [f"{face}{cut}" for face in ("Helvetica", "Courier") for cut in ("", "-Bold", "-Oblique", "-BoldOblique")]
BUILT_IN += ["Times-Roman", "Times-Bold", "Times-Italic", "Times-BoldItalic"]
NO_DIGITS = "/-.,ABCDEFGHKLMNPRTUVXYZabcdefghkmnpqrtuvxyz%()+=*#?"
CHARACTERS = "0123456789" + NO_DIGITS
CELL = 120
HIDDEN = (128, 48)


def faces(given: list[str]) -> list[dict[str, np.ndarray]]:
    """Every face that can be drawn: each character in a square of CELL pixels, ink dark."""
    found = [in_pdf(name) for name in BUILT_IN]
    for path in given or sorted(str(path) for path in Path("/usr/share/fonts").rglob("*.[to]t[fc]")):
        found.append(from_file(path))
    return [face for face in found if all(digit in face for digit in "0123456789")]


def from_file(path: str) -> dict[str, np.ndarray]:
    font = ImageFont.truetype(path, 76)
    made = {}
    for character in CHARACTERS:
        image = Image.new("L", (CELL, CELL), 255)
        ImageDraw.Draw(image).text((CELL / 2, 88), character, fill=0, font=font, anchor="ms")
        cell = np.asarray(image)
        if (cell < 128).sum() > 20:
            made[character] = cell
    return made


def in_pdf(font: str) -> dict[str, np.ndarray]:
    characters = CHARACTERS
    data = io.BytesIO()
    canvas = Canvas(data, pagesize=(CELL * len(characters), CELL))
    canvas.setFont(font, 76)
    for place, character in enumerate(characters):
        canvas.drawCentredString(CELL * place + CELL / 2, 34, character)
    canvas.save()
    page = pypdfium2.PdfDocument(data.getvalue())[0].render(scale=1, grayscale=True).to_numpy()
    page = page[:, :, 0] if page.ndim == 3 else page
    cells = {character: page[:, CELL * place:CELL * (place + 1)] for place, character in enumerate(characters)}
    return {character: cell for character, cell in cells.items() if (cell < 128).sum() > 20}


def worn(glyph: np.ndarray, chance: np.random.Generator) -> np.ndarray | None:
    """One glyph as a scan might show it, cut to its ink; None where nothing is left."""
    size = chance.uniform(12, 34) / 58
    turn, shear = chance.normal(0, 1.5), chance.normal(0, 0.05)
    matrix = cv2.getRotationMatrix2D((CELL / 2, CELL / 2), turn, 1.0)
    matrix[0, 1] += shear
    matrix[0, 2] -= shear * CELL / 2
    stretch = chance.uniform(0.85, 1.15)
    matrix[0] = matrix[0] * stretch
    matrix[0, 2] += CELL / 2 * (1 - stretch)
    image = cv2.warpAffine(glyph, matrix, (CELL, CELL), borderValue=(255.0,), flags=cv2.INTER_LINEAR)
    side = max(20, round(CELL * size))
    image = cv2.resize(image, (side, side), interpolation=cv2.INTER_AREA).astype(np.float32)
    if chance.random() < 0.3:  # a coarse scan made larger
        coarse = max(14, round(side * chance.uniform(0.45, 0.8)))
        image = cv2.resize(cv2.resize(image, (coarse, coarse), interpolation=cv2.INTER_AREA), (side, side),
                           interpolation=cv2.INTER_CUBIC)
    if chance.random() < 0.6:
        image = cv2.GaussianBlur(image, (0, 0), chance.uniform(0.3, 1.1))
    image = 255 - (255 - image) * chance.uniform(0.6, 1.15)
    image += chance.normal(0, chance.uniform(0, 22), image.shape)
    if chance.random() < 0.25:
        kernel = np.ones((2, 2), np.uint8)
        image = cv2.erode(image, kernel) if chance.random() < 0.6 else cv2.dilate(image, kernel)
    if chance.random() < 0.15:
        image = np.where(image < chance.uniform(110, 190), 0, 255)
    flat = image.clip(0, 255).astype(np.uint8)
    if chance.random() < 0.3:
        flat = cv2.imdecode(cv2.imencode(".jpg", flat, [cv2.IMWRITE_JPEG_QUALITY, int(chance.integers(20, 80))])[1], 0)
    return flat


def cut(flat: np.ndarray) -> np.ndarray | None:
    ink = (flat < INK).astype(np.uint8)
    _, _, boxes, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    kept = [box for box in boxes[1:] if max(box[2], box[3]) > 4 and box[4] >= 6]
    if not kept:
        return None
    sides = np.array(kept)
    box = (int(sides[:, 0].min()), int(sides[:, 1].min()), int((sides[:, 0] + sides[:, 2]).max()),
           int((sides[:, 1] + sides[:, 3]).max()))
    return normalised(flat, box)


def samples(drawn: list[dict[str, np.ndarray]], count: int, chance: np.random.Generator
            ) -> tuple[np.ndarray, np.ndarray]:
    images, classes = [], []
    while len(images) < count:
        face = drawn[int(chance.integers(len(drawn)))]
        names = [name for name in face if name.isdigit()] if chance.random() < 0.8 else [
            name for name in face if not name.isdigit()]
        name = names[int(chance.integers(len(names)))]
        if name in "lIoOQ|":  # nobody could tell these from digits
            continue
        glyph, label = face[name], int(name) if name.isdigit() else OTHER
        if label == OTHER and chance.random() < 0.4:  # half a digit, or two that touch
            one, two = (face[str(int(digit))] for digit in chance.integers(10, size=2))
            if chance.random() < 0.6:
                glyph = np.minimum(np.roll(one, -18, 1), np.roll(two, 18, 1))
            else:
                glyph = face["2358"[int(chance.integers(4))]].copy()
                glyph[:62] = 255
        flat = worn(glyph, chance)
        made = cut(flat) if flat is not None else None
        if made is not None:
            images.append(made)
            classes.append(label)
    return np.array(images, np.float32), np.array(classes)


def train(images: np.ndarray, classes: np.ndarray, chance: np.random.Generator, rounds: int = 14) -> dict:
    sizes = (SIDE * SIDE, *HIDDEN, OTHER + 1)
    weights = {}
    for number, (before, after) in enumerate(pairwise(sizes), 1):
        weights[f"w{number}"] = chance.normal(0, np.sqrt(2 / before), (before, after)).astype(np.float32)
        weights[f"b{number}"] = np.zeros(after, np.float32)
    momentum = {name: (np.zeros_like(value), np.zeros_like(value)) for name, value in weights.items()}
    step = 0
    for turn in range(rounds):
        rate = 2e-3 * (0.5 ** (turn / 4))
        order = chance.permutation(len(images))
        for start in range(0, len(order), 256):
            members = order[start:start + 256]
            x, wanted = images[members], classes[members]
            first = np.maximum(x @ weights["w1"] + weights["b1"], 0)
            drop = (chance.random(first.shape) > 0.15) / 0.85
            first = first * drop
            second = np.maximum(first @ weights["w2"] + weights["b2"], 0)
            scores = second @ weights["w3"] + weights["b3"]
            powers = np.exp(scores - scores.max(1, keepdims=True))
            error = powers / powers.sum(1, keepdims=True)
            error[np.arange(len(members)), wanted] -= 1
            error /= len(members)
            back2 = (error @ weights["w3"].T) * (second > 0)
            back1 = (back2 @ weights["w2"].T) * (first > 0) * drop
            slopes = {"w3": second.T @ error, "b3": error.sum(0), "w2": first.T @ back2, "b2": back2.sum(0),
                      "w1": x.T @ back1, "b1": back1.sum(0)}
            step += 1
            for name, slope in slopes.items():
                slope = slope + 1e-5 * weights[name]
                mean, square = momentum[name]
                mean += 0.1 * (slope - mean)
                square += 0.001 * (slope * slope - square)
                weights[name] -= rate * (mean / (1 - 0.9 ** step)) / (np.sqrt(square / (1 - 0.999 ** step)) + 1e-8)
        print(f"round {turn + 1}: right {np.mean(predicted(weights, images[:20000]).argmax(1) == classes[:20000]):.4f}",
              flush=True)
    return weights


def predicted(weights: dict, images: np.ndarray) -> np.ndarray:
    first = np.maximum(images @ weights["w1"] + weights["b1"], 0)
    second = np.maximum(first @ weights["w2"] + weights["b2"], 0)
    scores = second @ weights["w3"] + weights["b3"]
    powers = np.exp(scores - scores.max(1, keepdims=True))
    return powers / powers.sum(1, keepdims=True)


def main() -> None:
    chance = np.random.default_rng(20211)
    started = time.process_time()
    drawn = faces(sys.argv[1:])
    held = drawn[3::8]
    kept = [face for number, face in enumerate(drawn) if number % 8 != 3]
    images, classes = samples(kept, 110_000, chance)
    print(f"{len(kept)} faces, {len(images)} glyphs, {time.process_time() - started:.0f} s", flush=True)
    weights = train(images, classes, chance)
    others, wanted = samples(held, 12_000, chance)
    chances = predicted(weights, others)
    best, sure = chances.argmax(1), chances.max(1)
    for least in (0.0, 0.9, 0.99, 0.995, 0.999):
        chosen = (sure >= least) & (best != OTHER)
        print(f"{len(held)} unseen faces, confidence >= {least}: {chosen.sum()} of {(wanted != OTHER).sum()} digits, "
              f"{(best[chosen] != wanted[chosen]).sum()} wrong")
    np.savez_compressed(TARGET, **{name: value.astype(np.float16) for name, value in weights.items()})
    print(f"{TARGET}: {TARGET.stat().st_size} bytes, {time.process_time() - started:.0f} s")


if __name__ == "__main__":
    main()
