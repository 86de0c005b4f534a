"""Digits by the small network: what it must read in Pillow's own face, and what it must refuse."""

import cv2
import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from extract.ocr.digits import read_digits
from extract.ocr.ink import ink_of, shape_of, strokes_of

FACE = ImageFont.load_default(34)


def patch(text):
    image = Image.new("L", (40 + 26 * len(text), 60), 255)
    ImageDraw.Draw(image).text((14, 44), text, fill=0, font=FACE, anchor="ls")
    return np.asarray(image).copy()


@pytest.mark.parametrize("text", ["0", "7", "28", "345", "1906", "5544"])
def test_digits_that_stand_apart_are_read(text):
    (read,) = read_digits([patch(text)])
    assert read is not None
    assert read.text == text


@pytest.mark.parametrize("text", ["12.5", "1,234", "-", "WM", ""])
def test_points_commas_and_words_are_left_to_the_recogniser(text):
    (read,) = read_digits([patch(text)])
    assert read is None or read.confidence < 0.995


def test_a_point_as_small_as_dirt_is_never_passed_over():
    image = np.hstack([patch("41"), patch("75")[:, 14:]])
    foot = 43
    image[foot - 2:foot + 1, 78:81] = 0
    assert read_digits([image]) == [None]


@pytest.mark.parametrize(("ends", "mark"), [(((10, 30), (40, 30)), "dash"), (((10, 45), (24, 12)), "slash"),
                                            (((20, 45), (20, 12)), "print")])
def test_marks_are_told_by_their_shape(ends, mark):
    image = np.full((60, 60), 255, np.uint8)
    cv2.line(image, *ends, (0,), 3, cv2.LINE_AA)
    assert shape_of(strokes_of(ink_of(image)), 24).mark == mark


def test_dirt_is_nothing():
    image = np.full((60, 60), 255, np.uint8)
    image[20:22, 30:33] = 0
    assert shape_of(strokes_of(ink_of(image)), 24).mark == "nothing"
