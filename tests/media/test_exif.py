from __future__ import annotations

import math
from pathlib import Path

import pytest
from PIL.TiffImagePlugin import IFDRational

from da3studio.base.paths import resources
from da3studio.media.decode import decode_header
from da3studio.media.exif import Tags, camera_name, focal_px, gps, sensor_widths, taken_at
from da3studio.media.image import read_header
from tests.media.pictures import MAKE, MODEL, ORIENTATION, encoded, exif_of, quarters

TAKEN, SUBSECONDS, FOCAL, ZOOM = 0x9003, 0x9291, 0x920A, 0xA404
FOCAL_35, WIDTH, HEIGHT, PLANE_X, PLANE_UNIT = 0xA405, 0xA002, 0xA003, 0xA20E, 0xA210
D3200 = {MAKE: "NIKON CORPORATION", MODEL: "NIKON D3200"}


def tags(photo, main=None, gps_tags=None):
    return Tags(main or {}, photo, gps_tags or {})


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
def test_that_exif_is_read_from_every_container(kind):
    exif = exif_of(
        {MAKE: "Canon", MODEL: "Canon EOS 6D", ORIENTATION: 6},
        {FOCAL_35: 50, TAKEN: "2024:05:01 10:20:30", SUBSECONDS: "25"},
        {1: "S", 2: (33.0, 51.0, 36.0), 3: "E", 4: (151.0, 12.0, 36.0), 5: b"\x01", 6: 4.5},
    )
    header = decode_header(encoded(quarters(700, 350), kind, exif=exif), "photo")

    assert (header.width, header.height) == (350, 700)
    assert camera_name(header.tags) == "Canon EOS 6D"
    assert focal_px(header.tags, header.width, header.height) == pytest.approx(50 / 35 * 700)
    assert taken_at(header.tags) == "2024-05-01T10:20:30.25"
    place = gps(header.tags)
    assert place is not None
    assert (place.latitude_deg, place.longitude_deg) == pytest.approx((-33.86, 151.21))
    assert place.altitude_m == -4.5


def test_that_a_heic_says_what_its_jpeg_says(shared_photos: Path):
    heic = read_header(shared_photos / "dev/mixed_exif/images/DSC_0431.heic").tags
    jpeg = read_header(shared_photos / "dev/object_banana/images/DSC_0431.jpg").tags

    assert camera_name(heic) == camera_name(jpeg) == "NIKON D3200"
    assert taken_at(heic) == taken_at(jpeg) == "2019-07-11T15:08:14.00"


def test_that_the_focal_length_of_real_photos_is_near_the_calibrated_one(shared_photos: Path):
    banana = read_header(shared_photos / "dev/object_banana/images/DSC_0423.jpg")
    assert focal_px(banana.tags, 1600, 1064) == pytest.approx(1600 * 60 / 35)  # 60 mm equivalent
    assert focal_px(banana.tags, 1600, 1064) == pytest.approx(2775, rel=0.02)  # bundle adjustment


def test_that_the_drones_position_is_read(shared_photos: Path):
    place = gps(read_header(shared_photos / "dev/aerial_brighton/images/DJI_0018.jpg").tags)

    assert place is not None
    assert place.latitude_deg == pytest.approx(46.842607, abs=1e-6)
    assert place.longitude_deg == pytest.approx(-91.994560, abs=1e-6)
    assert place.altitude_m == pytest.approx(198.309)


def test_that_the_focal_length_follows_the_size_and_not_the_orientation():
    photo = tags({FOCAL_35: 28})
    assert focal_px(photo, 4000, 3000) == focal_px(photo, 3000, 4000) == pytest.approx(3200)
    assert focal_px(photo, 400, 300) == pytest.approx(320)


@pytest.mark.parametrize(("unit", "resolution"), [(2, 4232.0), (3, 1666.14), (4, 166.614)])
def test_that_the_focal_plane_gives_the_focal_length(unit, resolution):
    photo = tags({FOCAL: 50.0, PLANE_X: resolution, PLANE_UNIT: unit, WIDTH: 6000, HEIGHT: 4000})

    assert focal_px(photo, 1500, 1000) == pytest.approx(50 * 166.614 / 4, rel=1e-4)


def test_that_the_sensor_table_gives_the_focal_length():
    photo = tags({FOCAL: IFDRational(400, 10)}, D3200)

    assert focal_px(photo, 1600, 1064) == pytest.approx(40 / 23.2 * 1600)


def test_that_digital_zoom_narrows_the_view_once():
    lens_only = {FOCAL: 40.0, ZOOM: 2.0}
    assert focal_px(tags(lens_only, D3200), 1000, 667) == pytest.approx(2 * 40 / 23.2 * 1000)
    left_out = {**lens_only, FOCAL_35: 60}  # the lens's own equivalent
    assert focal_px(tags(left_out, D3200), 1000, 667) == pytest.approx(2 * 60 / 35 * 1000)
    included = {**lens_only, FOCAL_35: 120}
    assert focal_px(tags(included, D3200), 1000, 667) == pytest.approx(120 / 35 * 1000)
    not_used = {FOCAL: 40.0, ZOOM: IFDRational(0, 0)}
    assert focal_px(tags(not_used, D3200), 1000, 667) == pytest.approx(40 / 23.2 * 1000)


@pytest.mark.parametrize(
    "photo",
    [
        {},
        {FOCAL_35: 0},
        {FOCAL_35: 65535},
        {FOCAL_35: 2},
        {FOCAL_35: math.nan},
        {FOCAL: IFDRational(1, 0)},
        {FOCAL: "wide"},
        {FOCAL: 50.0, PLANE_X: 0.001, WIDTH: 6000, HEIGHT: 4000},
        {FOCAL: -5.0, PLANE_X: 4000.0, WIDTH: 6000, HEIGHT: 4000},
    ],
)
def test_that_absurd_focal_lengths_are_not_believed(photo):
    assert focal_px(tags(photo), 6000, 4000) is None


def test_that_an_absurd_equivalent_falls_back_to_the_sensor():
    assert focal_px(tags({FOCAL_35: 9000, FOCAL: 40.0}, D3200), 2320, 1540) == pytest.approx(4000)


def test_that_nothing_is_believed_of_a_cropped_photo():
    photo = tags({FOCAL_35: 50, WIDTH: 6000, HEIGHT: 4000})

    assert focal_px(photo, 2000, 2000) is None
    assert focal_px(photo, 1600, 1064) is not None  # rounded by a program that shrank it


@pytest.mark.parametrize(
    ("make", "model", "name"),
    [
        ("NIKON CORPORATION", "NIKON D3200", "NIKON D3200"),
        ("Apple", "iPhone 8", "Apple iPhone 8"),
        ("DJI\0\0\0", "FC300S\0\0", "DJI FC300S"),
        ("  ", "", ""),
        ("", "X100", "X100"),
        ("SONY", "", "SONY"),
    ],
)
def test_that_cameras_are_named_shortly(make, model, name):
    assert camera_name(tags({}, {MAKE: make, MODEL: model})) == name


@pytest.mark.parametrize(
    "value", ["0000:00:00 00:00:00", "2024:13:45 10:00:00", "    :  :     :  :  ", "", None, 7]
)
def test_that_impossible_times_are_unknown(value):
    assert taken_at(tags({TAKEN: value})) == ""


def test_that_a_later_time_tag_stands_in():
    assert taken_at(tags({}, {0x0132: "2020:01:02 03:04:05"})) == "2020-01-02T03:04:05"


@pytest.mark.parametrize(
    "place",
    [
        {},
        {1: "N", 2: (0.0, 0.0, 0.0), 3: "E", 4: (0.0, 0.0, 0.0)},
        {1: "N", 2: (95.0, 0.0, 0.0), 3: "E", 4: (1.0, 0.0, 0.0)},
        {1: "N", 2: 5.0, 3: "E", 4: (1.0, 0.0, 0.0)},
        {1: "N", 2: (IFDRational(0, 0), 1.0, 1.0), 3: "E", 4: (1.0, 0.0, 0.0)},
    ],
)
def test_that_impossible_places_are_unknown(place):
    assert gps(tags({}, {}, place)) is None


def test_that_the_sensor_table_is_large_and_plausible():
    widths = sensor_widths()

    assert (resources() / "sensor_widths.csv").is_file()
    assert len(widths) > 400
    assert all(3.0 < width < 60 for width in widths.values())
    assert widths["canoneos5dmarkiii"] == 36.0
    assert widths["djifc6310"] == 13.2
