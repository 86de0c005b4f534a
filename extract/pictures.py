"""Picture files → pixels, checked before they are unpacked.

Promises pixels the right way round as the file's own orientation mark says, one array a frame, and the resolution
where the file states a plausible one. Raises UnreadableDocumentError for damaged pictures, LimitExceededError for
pictures larger than the limits, by their header alone. Leaves alone: what they show (extract.scans).
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from PIL import Image as Pictures
from PIL import ImageOps

from extract.exceptions import LimitExceededError, UnreadableDocumentError
from extract.limits import current_limits
from extract.ocr.recognition import Pixels

FORMATS = ("PNG", "JPEG", "TIFF", "BMP", "WEBP", "GIF")
_SHEET_INCHES = (6.5, 18.0)
"""Lengths of the longer side of a sheet of paper from A5 to A3, within which a stated resolution is believed."""


@dataclass(frozen=True, slots=True)
class Picture:
    """One frame. `pixels` in grey (rows, columns) or BGR (rows, columns, 3)."""

    pixels: Pixels
    dpi: float
    """0 where the file states none that fits a sheet of paper."""
    unit: float = 1.0
    """Units of the places to be told a pixel: 1 for pictures, points for pages of a PDF."""
    of: int = 1
    """How many frames the file holds that count as pages."""


def frames(data: bytes, named: str) -> Iterator[Picture]:
    """The frames of a picture file, unpacked one after the other."""
    limits = current_limits()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow warns of large pictures; the check below refuses them
            picture = Pictures.open(io.BytesIO(data), formats=FORMATS)
        count = int(getattr(picture, "n_frames", 1))
    except Pictures.DecompressionBombError:
        most = f"{limits.pixels / 10**6:.2g} million pixels"
        raise LimitExceededError(f"{named}: a picture of more than {most}") from None
    except MemoryError:
        raise
    except Exception as fault:  # Pillow's formats each have ways of their own to say that a file is broken
        raise UnreadableDocumentError(f"{named}: damaged picture ({type(fault).__name__}); fetch it again") from None
    if count > limits.pages:
        raise LimitExceededError(f"{named}: {count} pictures in one file, more than {limits.pages}")
    if picture.format in ("GIF", "WEBP", "MPO", "PNG"):
        count = 1  # frames of an animation, or a phone's second lens: no pages
    for number in range(count):
        try:
            picture.seek(number)
            width, height = picture.size
            if width * height > limits.pixels:
                raise LimitExceededError(f"{named}: a picture of {width} × {height} pixels, more than "
                                         f"{limits.pixels / 10**6:.2g} million")
            yield Picture(_pixels(picture), _dpi(picture), of=count)
        except (MemoryError, UnreadableDocumentError):
            raise
        except Exception as fault:
            raise UnreadableDocumentError(f"{named}: damaged picture ({fault}); fetch it again") from None


def _pixels(picture: Pictures.Image) -> Pixels:
    upright = ImageOps.exif_transpose(picture)
    if upright.mode in ("RGBA", "LA", "PA") or (upright.mode == "P" and "transparency" in upright.info):
        upright = upright.convert("RGBA")
        paper = Pictures.new("RGBA", upright.size, "white")
        upright = Pictures.alpha_composite(paper, upright)
    if upright.mode in ("1", "L"):
        return np.asarray(upright.convert("L"))
    if upright.mode.startswith(("I", "F")):  # sixteen bits a pixel
        values = np.asarray(upright).astype(np.float64)
        return (values * (255 / max(1.0, float(values.max())))).astype(np.uint8)
    return np.ascontiguousarray(np.asarray(upright.convert("RGB"))[:, :, ::-1])


def _dpi(picture: Pictures.Image) -> float:
    stated = picture.info.get("dpi") or (0, 0)
    try:
        dpi = float(stated[0])
    except (TypeError, ValueError, ZeroDivisionError, IndexError):
        return 0.0
    if not 50 <= dpi <= 1200:
        return 0.0
    return dpi if _SHEET_INCHES[0] <= max(picture.size) / dpi <= _SHEET_INCHES[1] else 0.0
