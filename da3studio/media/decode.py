"""A photo file's bytes → header and upright sRGB pixels, or a refusal that says why."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from da3studio.base.errors import BadInput
from da3studio.base.i18n import tr
from da3studio.media.colour import eight_bit, plain, to_srgb
from da3studio.media.exif import ORIENTATION, Tags
from da3studio.media.formats import PILLOW_FORMATS, sniff
from da3studio.media.heif import has_readable_items
from da3studio.media.quiet import silence_opencv, silence_pillow

MAX_PIXELS = 200_000_000  # 600 MB as RGB; phones stop at 200 megapixels, stitchers go beyond
_DCT_SCALES = (8, 4, 2)  # sizes at which libjpeg can decode directly
_DCT_RESERVE = 1.2  # decode at least this much larger than asked, then average
_TURNED = (5, 6, 7, 8)  # EXIF orientations that swap width and height
_IMAGE_WIDTH, _IMAGE_LENGTH, _SAMPLE_FORMAT, _IEEE_FLOAT = 256, 257, 339, 3  # TIFF's tags

# What Pillow, pi-heif and the decoders below them raise on damaged files.
_DECODER_ERRORS = (
    OSError, SyntaxError, ValueError, EOFError, RuntimeError, TypeError, KeyError, IndexError,
    OverflowError, struct.error, zlib.error, cv2.error,
)  # fmt: skip


@dataclass(frozen=True)
class ImageHeader:
    """What a photo file says before its pixels are decoded."""

    width: int  # upright [px]
    height: int  # upright [px]
    format: str  # Pillow's name: JPEG, PNG, HEIF …
    tags: Tags  # EXIF


@dataclass(frozen=True, eq=False)
class Decoded:
    """A photo's header and its pixels, perhaps shrunk."""

    header: ImageHeader
    pixels: NDArray[np.uint8]  # (H, W, 3) upright sRGB


def size_within(width: int, height: int, max_side: int | None) -> tuple[int, int]:
    """Width and height shrunk, never enlarged, so that the longer side is `max_side` [px]."""
    longer = max(width, height)
    if max_side is None or max_side >= longer:
        return width, height
    scale = max_side / longer
    return max(1, round(width * scale)), max(1, round(height * scale))


def decode(
    content: bytes, name: str, max_side: int | None = None, *, exact: bool = True
) -> Decoded:
    """Decode a photo once, fully enough to find out whether it is whole.

    Args:
        content: of the file, not empty.
        name: of the file, for the sentences of errors.
        max_side: shrink so that the longer side is at most this [px].
        exact: `False` lets a JPEG be stretched by up to 7 of its own pixels, to be faster.

    Raises:
        BadInput: not a photo, truncated, damaged or too large.
    """
    with _refusing_damage(content, name):
        if _only_opencv_reads(content):
            return _decode_float_tiff(content, name, max_side)
        with _opened(content) as image:
            header = _header(image, name)
            size = size_within(header.width, header.height, max_side)
            _shrink_while_decoding(image, max(size), exact=exact)
            profile = image.info.get("icc_profile")
            upright = plain(ImageOps.exif_transpose(image))
            return Decoded(header, to_srgb(_shrunk(upright, size), profile))


def decode_header(content: bytes, name: str) -> ImageHeader:
    """Like `decode`, without the pixels (a PNG that has its EXIF at the end is read through).

    Raises:
        BadInput: not a photo, damaged or too large.
    """
    with _refusing_damage(content, name):
        if _only_opencv_reads(content):
            return _float_tiff_header(content, name)
        with _opened(content) as image:
            return _header(image, name)


def _ready_pillow() -> None:
    """Prepare Pillow; every call leaves the same state, whoever changed it in between."""
    import pi_heif

    silence_pillow()
    Image.MAX_IMAGE_PIXELS = None  # it would warn and go on; MAX_PIXELS refuses
    Image.init()  # loads the formats that are not among Pillow's first five
    pi_heif.register_heif_opener(thumbnails=False, depth_images=False, aux_images=False)


def _opened(content: bytes) -> Image.Image:
    _ready_pillow()
    if sniff(content) == "HEIF" and not has_readable_items(content):
        raise ValueError("damaged item names")
    return Image.open(io.BytesIO(content), formats=PILLOW_FORMATS)


def _header(image: Image.Image, name: str) -> ImageHeader:
    width, height = image.size
    _refuse_bomb(width, height, name)  # before getexif(), which decodes some PNG files
    exif = image.getexif()
    # Pillow turns TIFF by itself, pi-heif HEIF: their size is upright already
    if image.format not in ("TIFF", "HEIF") and exif.get(ORIENTATION) in _TURNED:
        width, height = height, width
    return ImageHeader(width, height, str(image.format), Tags.of(exif))


def _refuse_bomb(width: int, height: int, name: str) -> None:
    if width * height > MAX_PIXELS:
        raise BadInput(
            tr("{file} is too large.").format(file=name),
            why=tr("It says it has {width} x {height} pixels; at most {limit} megapixels are read.")
            .format(width=width, height=height, limit=MAX_PIXELS // 1_000_000),
            fix=tr("Shrink it in a photo program first, or leave it out."),
        )  # fmt: skip


def _shrink_while_decoding(image: Image.Image, longer_side: int, *, exact: bool) -> None:
    """Let libjpeg decode at 1/2, 1/4 or 1/8, if `exact` where that divides the size exactly.

    Otherwise the last block reaches over the edge and the picture is stretched a little.
    """
    if image.format not in ("JPEG", "MPO"):
        return
    width, height = image.size
    for scale in _DCT_SCALES:
        fits = not exact or (width % scale == 0 and height % scale == 0)
        if fits and max(width, height) / scale >= _DCT_RESERVE * longer_side:
            image.draft(None, (width // scale, height // scale))
            return


def _shrunk(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    if image.size == size:
        return image
    return Image.fromarray(
        cv2.resize(np.asarray(image), size, interpolation=cv2.INTER_AREA), image.mode
    )


def _tiff_tags(content: bytes) -> Image.Exif:
    exif = Image.Exif()
    exif.load(content)
    return exif


def _only_opencv_reads(content: bytes) -> bool:
    """Whether it is a TIFF of floats, for most of which (RGB, doubles) Pillow has no mode."""
    if sniff(content) != "TIFF":
        return False
    return bool(np.any(np.asarray(_tiff_tags(content).get(_SAMPLE_FORMAT)) == _IEEE_FLOAT))


def _float_tiff_header(content: bytes, name: str) -> ImageHeader:
    exif = _tiff_tags(content)
    width, height = int(exif[_IMAGE_WIDTH]), int(exif[_IMAGE_LENGTH])
    _refuse_bomb(width, height, name)
    if exif.get(ORIENTATION) in _TURNED:
        width, height = height, width
    return ImageHeader(width, height, "TIFF", Tags.of(exif))


def _decode_float_tiff(content: bytes, name: str, max_side: int | None) -> Decoded:
    header = _float_tiff_header(content, name)
    silence_opencv()
    values = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_UNCHANGED)
    if values is None:
        raise OSError("truncated")
    samples = eight_bit(values)
    image = Image.fromarray(samples if samples.ndim == 2 else samples[..., 2::-1].copy())
    image.getexif()[ORIENTATION] = _tiff_tags(content).get(ORIENTATION, 1)
    upright = ImageOps.exif_transpose(image)
    size = size_within(header.width, header.height, max_side)
    return Decoded(header, to_srgb(_shrunk(upright, size), None))


@contextmanager
def _refusing_damage(content: bytes, name: str) -> Iterator[None]:
    try:
        yield
    except MemoryError as error:
        raise BadInput(
            tr("{file} is too large.").format(file=name),
            why=tr("Its pixels do not fit into memory."),
            fix=tr("Shrink it in a photo program first, or leave it out."),
        ) from error
    except _DECODER_ERRORS as error:
        raise BadInput(
            tr("{file} cannot be read as a photo.").format(file=name),
            why=_why_unreadable(content, error),
            fix=tr("Copy it from the camera again, save it as JPEG or PNG, or leave it out."),
        ) from error


def _why_unreadable(content: bytes, error: Exception) -> str:
    kind = sniff(content)
    if not kind:
        return tr("What it holds is not JPEG, PNG, WebP, TIFF, HEIC, AVIF or BMP.")
    if "truncat" in str(error).lower():
        return tr("It is truncated: the {kind} data ends too early.").format(kind=kind)
    return tr("It is truncated or damaged: it begins as {kind}, but cannot be decoded.").format(
        kind=kind
    )
