from __future__ import annotations

import json
import os
import struct
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image, ImageCms

from da3studio.base.errors import BadInput, Missing
from da3studio.media.decode import MAX_PIXELS, decode, size_within
from da3studio.media.image import read_header, read_image, read_photo
from tests.media.pictures import (
    BLUE,
    GREEN,
    ORIENTATION,
    RED,
    YELLOW,
    encoded,
    exif_of,
    quarters,
    texture,
    written,
)

# Colours at the top left, top right, bottom left and bottom right of the upright picture, and
# whether it is turned, by EXIF orientation of the stored `quarters()`; EXIF 2.32, section 4.6.4.
UPRIGHT = {
    1: (RED, GREEN, BLUE, YELLOW, False),
    2: (GREEN, RED, YELLOW, BLUE, False),
    3: (YELLOW, BLUE, GREEN, RED, False),
    4: (BLUE, YELLOW, RED, GREEN, False),
    5: (RED, BLUE, GREEN, YELLOW, True),
    6: (BLUE, RED, YELLOW, GREEN, True),
    7: (YELLOW, GREEN, BLUE, RED, True),
    8: (GREEN, YELLOW, RED, BLUE, True),
}


def corners(image):
    return [tuple(image[y, x].tolist()) for y in (8, -9) for x in (8, -9)]


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
@pytest.mark.parametrize("orientation", UPRIGHT)
def test_that_a_photo_comes_upright_once_whatever_its_container(kind, orientation):
    content = encoded(
        quarters(), kind, quality=95, exif=exif_of({ORIENTATION: orientation}, {}, {})
    )
    photo = decode(content, "photo")

    *expected, turned = UPRIGHT[orientation]
    height, width = (64, 48) if turned else (48, 64)
    assert photo.pixels.shape == (height, width, 3)
    assert (photo.header.width, photo.header.height) == (width, height)
    assert np.abs(np.array(corners(photo.pixels)) - expected).max() <= 12  # lossy codecs


def test_that_the_mixed_set_is_read_at_its_expected_sizes(shared_photos: Path):
    folder = shared_photos / "dev" / "mixed_exif"
    for entry in json.loads((folder / "manifest.json").read_text()):
        photo = read_photo(folder / "images" / entry["name"])
        assert [photo.header.width, photo.header.height] == entry["expected_upright"]
        assert photo.pixels.shape == (*entry["expected_upright"][::-1], 3)


def test_that_a_turned_heic_shows_the_same_picture_as_the_jpeg(shared_photos: Path):
    heic = read_image(shared_photos / "dev/mixed_exif/images/DSC_0431.heic", 400)
    jpeg = read_image(shared_photos / "dev/object_banana/images/DSC_0431.jpg", 400)

    assert heic.shape == jpeg.shape == (266, 400, 3)
    assert np.abs(heic.astype(int) - jpeg).mean() < 3


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_that_16_bit_colour_keeps_its_brightness(kind):
    deep = quarters().astype(np.uint16) * 257
    content = cv2.imencode(f".{kind.lower()}", deep[..., ::-1])[1].tobytes()

    assert np.abs(decode(content, "deep").pixels.astype(int) - quarters()).max() <= 1


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_that_16_bit_grey_keeps_its_brightness(kind):
    ramp = np.linspace(0, 65535, 64 * 48).reshape(48, 64).astype(np.uint16)
    pixels = decode(encoded(ramp, kind), "deep").pixels

    assert np.abs(pixels[..., 0] - ramp / 257).max() <= 0.51  # rounded
    assert (pixels[..., 0] == pixels[..., 2]).all()


@pytest.mark.parametrize("white", [1.0, 255.0, 65535.0])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_that_float_tiff_is_read_at_its_own_scale(white, dtype):
    values = (quarters() / 255 * white).astype(dtype)
    values[20:28, 30:34] = white  # so that white is in it
    content = cv2.imencode(".tiff", values[..., ::-1])[1].tobytes()
    pixels = decode(content, "float").pixels

    assert np.abs(np.array(corners(pixels)) - [RED, GREEN, BLUE, YELLOW]).max() <= 1


def test_that_values_beyond_white_and_nan_in_floats_are_clipped():
    values = np.full((8, 8, 3), 0.5, np.float32)
    values[0, 0], values[0, 1], values[0, 2] = 3.0, np.nan, -1.0
    pixels = decode(cv2.imencode(".tiff", values)[1].tobytes(), "float").pixels

    assert pixels[0, :4, 0].tolist() == [255, 0, 0, 128]


def test_that_transparent_parts_stand_on_white():
    image = np.dstack([quarters(), np.full((48, 64), 255, np.uint8)])
    image[:24, :32, 3] = 0
    pixels = decode(encoded(image, "PNG"), "cut-out").pixels

    assert tuple(pixels[8, 8]) == (255, 255, 255)
    assert tuple(pixels[8, -9]) == GREEN


def test_that_palette_pictures_with_a_transparent_colour_are_read():
    palette = Image.fromarray(quarters()).quantize(4)
    transparent = palette.getpixel((8, 8))
    pixels = decode(encoded(palette, "PNG", transparency=transparent), "palette").pixels

    assert tuple(pixels[8, 8]) == (255, 255, 255)
    assert np.abs(pixels[8, -9].astype(int) - GREEN).max() <= 2


@pytest.mark.parametrize("kind", ["JPEG", "TIFF"])
def test_that_cmyk_is_read_in_colour(kind):
    content = encoded(Image.fromarray(quarters()).convert("CMYK"), kind)

    assert (
        np.abs(np.array(corners(decode(content, "cmyk").pixels)) - [RED, GREEN, BLUE, YELLOW]).max()
        <= 6
    )


def test_that_lab_tiff_is_read_in_colour():
    to_lab = ImageCms.buildTransform(
        ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), "RGB", "LAB"
    )
    content = encoded(to_lab.apply(Image.fromarray(quarters())), "TIFF")

    assert (
        np.abs(np.array(corners(decode(content, "lab").pixels)) - [RED, GREEN, BLUE, YELLOW]).max()
        <= 6
    )


def linear_profile() -> bytes:
    """A copy of the sRGB profile with its three curves made linear, and another name."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    count = struct.unpack_from(">I", profile, 128)[0]
    for i in range(count):
        tag, offset, _ = struct.unpack_from(">4sII", profile, 132 + 12 * i)
        if tag in (b"rTRC", b"gTRC", b"bTRC"):
            struct.pack_into(">4sII", profile, offset, b"curv", 0, 0)  # a curve without points
        if tag == b"desc":
            at = profile.index("sRGB".encode("utf-16-be"), offset)
            profile[at : at + 8] = "wide".encode("utf-16-be")
    return bytes(profile)


def test_that_an_embedded_profile_is_converted_to_srgb():
    grey = np.full((16, 16, 3), 55, np.uint8)  # linear 55 / 255 = 0.216 is 0.503 in sRGB
    content = encoded(grey, "PNG", icc_profile=linear_profile())

    assert np.abs(decode(content, "linear").pixels.astype(int) - 128).max() <= 1


@pytest.mark.parametrize("profile", [b"not a profile", linear_profile()[:200]])
def test_that_a_broken_profile_is_ignored(profile):
    content = encoded(quarters(), "PNG", icc_profile=profile)

    assert (decode(content, "photo").pixels == quarters()).all()


def test_that_a_colour_profile_on_a_grey_picture_is_ignored():
    grey = np.full((16, 16), 55, np.uint8)
    content = encoded(grey, "PNG", icc_profile=linear_profile())

    assert (decode(content, "grey").pixels == 55).all()


@pytest.mark.parametrize(
    ("max_side", "size"),
    [(None, (641, 480)), (1000, (641, 480)), (320, (320, 240)), (100, (100, 75)), (1, (1, 1))],
)
def test_that_photos_shrink_to_the_rounded_size_and_never_grow(max_side, size):
    assert size_within(641, 480, max_side) == size


def test_that_a_jpeg_decoded_small_matches_one_shrunk_afterwards(tmp_path: Path):
    image = cv2.GaussianBlur(texture(1, 1600, 1200), (0, 0), 4)
    path = written(tmp_path / "photo.jpg", encoded(image, "JPEG", quality=95))
    small = read_image(path, 320)

    assert small.shape == (240, 320, 3)
    reference = cv2.resize(read_image(path), (320, 240), interpolation=cv2.INTER_AREA)
    assert np.abs(small.astype(int) - reference).mean() < 1
    shift, _ = cv2.phaseCorrelate(small[..., 1].astype(float), reference[..., 1].astype(float))
    assert np.hypot(*shift) < 0.02  # [px] nothing moves


def png_bomb(width: int, height: int) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = chunk(b"IDAT", zlib.compress(bytes(1000)))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + rows + chunk(b"IEND", b"")


def test_that_a_header_bomb_is_refused_before_decoding():
    assert MAX_PIXELS < 30000 * 20000
    with pytest.raises(BadInput, match="30000 x 20000 pixels; at most 200 megapixels"):
        decode(png_bomb(30000, 20000), "bomb.png")


def test_that_bombs_of_other_formats_are_refused():
    bmp = bytearray(encoded(quarters(), "BMP"))
    struct.pack_into("<ii", bmp, 18, 60000, 60000)
    tiff = bytearray(cv2.imencode(".tiff", quarters().astype(np.float32))[1].tobytes())
    first = struct.unpack_from("<I", tiff, 4)[0]
    for entry in range(first + 2, first + 2 + 12 * struct.unpack_from("<H", tiff, first)[0], 12):
        if struct.unpack_from("<H", tiff, entry)[0] in (256, 257):
            struct.pack_into("<HII", tiff, entry + 2, 4, 1, 60000)
    for content in (bmp, tiff):
        with pytest.raises(BadInput, match="60000 x 60000 pixels"):
            decode(bytes(content), "bomb")


def test_that_large_photos_below_the_limit_raise_no_warning(tmp_path: Path):
    path = tmp_path / "panorama.png"  # 100 megapixels: Pillow would warn from 89 on
    Image.new("1", (20000, 5000)).save(path)

    assert read_header(path).width == 20000


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF", "BMP"])
@pytest.mark.parametrize("part", [0.3, 0.7, 0.98])
def test_that_a_truncated_file_is_refused_with_that_word(kind, part):
    content = encoded(texture(2, 160, 120), kind)
    with pytest.raises(BadInput, match="truncated"):
        decode(content[: int(len(content) * part)], "cut")


def test_that_a_truncated_jpeg_is_found_at_small_sizes_too():
    content = encoded(texture(2, 640, 480), "JPEG")
    with pytest.raises(BadInput, match="It is truncated: the JPEG data ends too early"):
        decode(content[: len(content) // 2], "cut.jpg", 80)


@pytest.mark.parametrize("part", [0.02, 0.5, 0.95])
def test_that_a_truncated_heic_is_refused_with_that_word(shared_photos: Path, part):
    content = (shared_photos / "dev/mixed_exif/images/DSC_0431.heic").read_bytes()
    with pytest.raises(BadInput, match="truncated"):
        decode(content[: int(len(content) * part)], "cut.heic")


def test_that_a_heic_with_damaged_item_names_is_refused_and_the_process_lives(shared_photos: Path):
    content = (shared_photos / "dev/mixed_exif/images/DSC_0431.heic").read_bytes()
    damaged = content.replace(b"Exif\x00", b"Exi\x8e\x00", 1)
    with pytest.raises(BadInput, match="truncated or damaged"):
        decode(damaged, "damaged.heic")


def test_that_damaged_exif_does_not_cost_the_photo():
    content = encoded(quarters(), "JPEG", quality=95, exif=exif_of({ORIENTATION: 6}, {}, {}))
    at = content.index(b"Exif") + 6
    for damage in (b"XXXXXXXX", b"II*\0\xff\xff\xff\x7f"):
        photo = decode(content[:at] + damage + content[at + 8 :], "photo")
        assert photo.pixels.shape == (48, 64, 3)
        assert photo.header.tags.main == {}


def test_that_bit_rot_ends_in_a_photo_or_a_refusal_and_nothing_else():
    rng = np.random.default_rng(7)
    refusals = []
    for kind in ("JPEG", "PNG", "TIFF", "WEBP", "BMP"):
        content = encoded(quarters(), kind)
        for _ in range(40):
            damaged = bytearray(content)
            for at in rng.integers(0, min(len(content), 400), 4):
                damaged[at] = rng.integers(256)
            try:
                decode(bytes(damaged), "rot")
            except BadInput as error:
                refusals.append(error.why)

    assert 50 < len(refusals) < 200
    assert all(refusals)


def test_that_text_named_jpg_is_refused(tmp_path: Path):
    with pytest.raises(BadInput, match="is not JPEG, PNG"):
        read_image(written(tmp_path / "notes.jpg", b"Buy bananas."))


def test_that_an_empty_file_is_refused(tmp_path: Path):
    with pytest.raises(BadInput, match="0 bytes"):
        read_image(written(tmp_path / "empty.jpg", b""))


def test_that_an_absent_file_is_missing_and_a_folder_is_no_photo(tmp_path: Path):
    with pytest.raises(Missing, match="is not there"):
        read_image(tmp_path / "gone.jpg")
    with pytest.raises(BadInput, match="cannot be opened"):
        read_image(tmp_path)


def test_that_unicode_and_long_paths_work(tmp_path: Path):
    folder = tmp_path
    while len(os.fsencode(folder)) < 700:  # beyond the 260 of old Windows programs
        folder = folder / "Früchte und Gemüse 果物 🍌"
    path = written(folder / "Übersicht №1.jpg", encoded(quarters(), "JPEG"))

    assert read_image(path).shape == (48, 64, 3)
    float_path = folder / "плод.tiff"
    written(float_path, cv2.imencode(".tiff", quarters() / np.float32(255))[1].tobytes())
    assert read_image(float_path).shape == (48, 64, 3)
