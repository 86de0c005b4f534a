"""Lines of print on a page: what stands alone is kept, what is only a rule is none, and no stroke bends a page."""

import cv2
import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from extract.ocr.ink import ink_of, only, strokes_of
from extract.ocr.lines import pieces
from extract.ocr.sheet import read_sheet
from extract.ocr.upright import straightening

FACE = ImageFont.load_default(26)


def page(*printed, size=(700, 900)):
    """Even grey values of a page on which (text, left, base line) is printed."""
    image = Image.new("L", (size[1], size[0]), 255)
    draw = ImageDraw.Draw(image)
    for text, left, base in printed:
        draw.text((left, base), text, fill=0, font=FACE, anchor="ls")
    return np.asarray(image).copy()


@pytest.mark.parametrize("digit", list("0123456789"))
def test_a_lone_digit_is_a_piece_of_its_own_height(digit):
    shown = page(("Words of one line", 40, 100), (digit, 500, 100), (digit, 500, 300))
    lone = [piece for piece in pieces(shown) if piece.left > 450]
    ink = np.flatnonzero((shown[250:320] < 165).any(1))
    assert len(lone) == 2
    assert all(abs(piece.height - (ink[-1] - ink[0] + 1)) <= 2 for piece in lone)


def test_a_stroke_as_thin_as_a_hair_line_belongs_to_the_line_beside_it():
    shown = page(("Words of one line", 140, 100), ("and another", 140, 200))
    cv2.line(shown, (108, 90), (130, 90), (0,), 2)
    first = min(pieces(shown), key=lambda piece: piece.top)
    assert first.left <= 109


def test_a_lone_rule_takes_no_print_along():
    shown = page(("Words of one line", 140, 300), ("12", 140, 400), ("34", 400, 400), ("56", 700, 400))
    cv2.line(shown, (30, 296), (880, 296), (0,), 2)
    words = [word.text for line in read_sheet(shown, 200, 1, [0]).lines for word in line.words]
    assert {"12", "34", "56"} <= set(words)
    assert any("Words" in word for word in words)


def edge(width=0.0, height=0.0, slope=0.0, place=300.0):
    return {"width": width, "height": height, "slope": slope, "top": place, "x0": place}


def test_short_strokes_of_prose_bend_no_page():
    strokes = [edge(width=260, slope=-0.04, place=400), edge(width=210, slope=0.03, place=900)]
    assert straightening(strokes, [], 1650, 2340) is None
    posts = [edge(height=300, slope=0.01, place=place) for place in (200, 700, 1400)]
    assert straightening(strokes, posts, 1650, 2340) is not None
    assert straightening([edge(width=1200, slope=0.01, place=place) for place in (300, 900, 1500)], [],
                         1650, 2340) is not None


def test_strokes_are_told_alike_whatever_their_number():
    chance = np.random.default_rng(3)
    noise = np.where(chance.random((700, 700)) < 0.3, 0, 255).astype(np.uint8)
    ink = ink_of(noise)
    count, labels, boxes, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    found = strokes_of(ink)
    assert found.boxes.tolist() == boxes[:count].tolist()
    assert (found.labels == labels).all()
    large = boxes[:, 4] > 20
    large[0] = False
    assert (only(found, large) == large[labels]).all()
