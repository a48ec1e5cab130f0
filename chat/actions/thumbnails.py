"""Small copies of pictures, made once at upload, with bounded decompression."""

import io
import logging
import threading
import warnings
from dataclasses import dataclass
from typing import IO

from PIL import Image, ImageOps

logger = logging.getLogger(__name__)

MIN_BYTES = 10 * 1024  # smaller pictures are their own thumbnail (rest.md 3.7.3)
MAX_PIXELS = 50_000_000  # a phone's biggest photo; 4 bytes each while it is decoded
FORMATS = ("PNG", "JPEG", "GIF", "WEBP", "BMP")  # never those that run an interpreter (EPS)
_ORIENTATION = 0x0112
_LYING_DOWN = frozenset({5, 6, 7, 8})  # EXIF orientations that swap width and height

# One picture at a time: what a decompression may need bounds what the process needs.
_decoding = threading.Lock()


@dataclass(frozen=True, slots=True)
class Picture:
    """What a file shows. `thumb` is None where the original serves as its own thumbnail.

    Attributes:
        width, height: pixels as shown (EXIF orientation applied); 0 if it is no picture.
        thumb_suffix: `jpg` or `png`.
    """

    width: int = 0
    height: int = 0
    thumb: bytes | None = None
    thumb_suffix: str = ""


def look_at(content: IO[bytes], size: int, box: tuple[int, int]) -> Picture:
    """Measure a picture and scale it down to fit `box`. Anything unreadable is no picture.

    The stream's position is not kept.
    """
    content.seek(0)
    try:
        with warnings.catch_warnings():
            # Pillow warns of big pictures; the limit here is our own, and lower.
            warnings.simplefilter("ignore")
            with Image.open(content, formats=FORMATS) as image:
                return _measured(image, size, box)
    except Exception as exc:  # noqa: BLE001  Pillow's decoders raise nearly every kind of error
        logger.debug("not a readable picture: %s", exc)
        return Picture()


def _measured(image: Image.Image, size: int, box: tuple[int, int]) -> Picture:
    width, height = image.size
    if image.getexif().get(_ORIENTATION) in _LYING_DOWN:
        width, height = height, width
    fits = width <= box[0] and height <= box[1]
    if size <= MIN_BYTES or fits or width * height > MAX_PIXELS:
        return Picture(width, height)
    try:
        with _decoding:
            suffix, scaled = _scaled(image, box)
    except Exception as exc:  # noqa: BLE001  as above: a broken picture keeps its measure
        logger.debug("picture cannot be scaled: %s", exc)
        return Picture(width, height)
    return Picture(width, height, scaled, suffix)


def _scaled(image: Image.Image, box: tuple[int, int]) -> tuple[str, bytes]:
    image.draft("RGB", (box[0] * 2, box[1] * 2))  # JPEG decodes at a fraction of its size
    upright = ImageOps.exif_transpose(image)
    see_through = upright.has_transparency_data
    small = upright.convert("RGBA" if see_through else "RGB")
    small.thumbnail(box)
    made = io.BytesIO()
    if see_through:
        small.save(made, "PNG")
        return "png", made.getvalue()
    small.save(made, "JPEG", quality=82)
    return "jpg", made.getvalue()
