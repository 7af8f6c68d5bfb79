"""One pass of the network: order, sizes, worlds, metres, sky and half precision."""

from __future__ import annotations

import copy
from dataclasses import replace

import numpy as np
import pytest
import torch

from da3studio.base.errors import CheckpointMismatch
from da3studio.base.progress import silent
from da3studio.engine.da3.network_pass import Loaded, look_for_metres
from da3studio.geometry.camera import Camera
from da3studio.geometry.camera_alignment import align_cameras
from da3studio.geometry.rigid import Rigid3
from da3studio.geometry.similarity import Sim3
from da3studio.media.undistort import undistort
from da3studio.model.metric import SKY, metres_per_unit, to_metres
from da3studio.model.precision import FULL, widen_dense
from tests.engine.da3.little import (
    CONDITIONED,
    CPU,
    DENSE_HALF,
    FREE,
    PASS,
    Heard,
    at_photo_size,
    finite,
    grown,
    loaded,
    patterns,
    seen,
    tensors,
)
from tests.engine.sets import PhotoSet
from tests.model.tiny import MONOCULAR, network, turned
from tests.synthetic.rigs import lens_of, look_at

WIDE, HIGH, SQUARE = (140, 98), (98, 140), (140, 140)
MIXED = patterns(WIDE, HIGH, WIDE, SQUARE)
ALIKE = patterns(WIDE, WIDE, WIDE, WIDE)
ELSEWHERE = Sim3(3.0, turned(1).numpy(), np.array([5.0, -2.0, 1.0]))


def one_by_one(photos: PhotoSet, *order: int) -> PhotoSet:
    return replace(photos, views=tuple(photos.views[i] for i in order))


# ---------------------------------------------------------------- order and sizes


def test_that_photos_of_mixed_sizes_keep_their_order_and_their_results():
    forth = seen(loaded(), MIXED)
    back = seen(loaded(), one_by_one(MIXED, 3, 2, 1, 0))

    assert forth.view_ids == tuple(view.id for view in MIXED.views)
    assert back.view_ids == forth.view_ids[::-1]
    for one, other in zip(forth.depths, back.depths[::-1], strict=True):
        np.testing.assert_allclose(one.z, other.z, rtol=1e-3)
        assert np.abs(np.log(one.z / forth.depths[0].z.mean())).max() > 0.1  # not all alike


def test_that_depth_maps_and_cameras_have_the_size_that_the_network_saw():
    found = seen(loaded(), patterns((640, 480), (480, 640), (300, 100), (50, 50)))

    sizes = [(depth.width, depth.height) for depth in found.depths]
    assert sizes == [(140, 112), (112, 140), (140, 42), SQUARE]
    for depth, camera in zip(found.depths, found.cameras, strict=True):
        lens = camera.intrinsics
        assert (lens.width, lens.height) == (depth.width, depth.height)
        assert (lens.cx, lens.cy) == (depth.width / 2, depth.height / 2)
        assert depth.confidence.shape == depth.sky.shape == depth.z.shape
        assert depth.z.min() > 0
        assert depth.confidence.min() >= 0
    assert found.descriptors.shape == (4, 2 * FREE.backbone.width)
    assert found.unit == "relative"


# ---------------------------------------------------------------- known cameras


@pytest.mark.parametrize("config", [FREE, CONDITIONED])
def test_that_known_cameras_come_back_exactly(config):
    known = at_photo_size(seen(loaded(), MIXED), MIXED)
    known = {name: ELSEWHERE.apply_to_camera(camera) for name, camera in known.items()}
    found = seen(loaded(config), MIXED, known)

    for view_id, depth, camera in zip(found.view_ids, found.depths, found.cameras, strict=True):
        true = known[view_id].resized(depth.width, depth.height)
        assert camera.intrinsics == true.intrinsics
        np.testing.assert_array_equal(camera.cam_from_world.matrix(), true.cam_from_world.matrix())


def test_that_depth_is_in_the_unit_of_the_known_cameras():
    """The network's own cameras, enlarged and moved, ask for its own depth, enlarged."""
    free = seen(loaded(), MIXED)
    own = at_photo_size(free, MIXED)
    known = {name: ELSEWHERE.apply_to_camera(camera) for name, camera in own.items()}
    found = seen(loaded(), MIXED, known)

    assert found.unit == "relative"
    for before, after in zip(free.depths, found.depths, strict=True):
        np.testing.assert_allclose(after.z, 3.0 * before.z, rtol=1e-5)
        np.testing.assert_array_equal(after.confidence, before.confidence)


def test_that_the_scale_is_the_alignments_where_the_network_contradicts_the_cameras():
    free = seen(loaded(), ALIKE)
    rng = np.random.default_rng(4)
    known = {
        name: Camera(camera.intrinsics, Rigid3(turned(k).numpy(), rng.normal(0, 2, 3)))
        for k, (name, camera) in enumerate(at_photo_size(free, ALIKE).items())
    }
    found = seen(loaded(), ALIKE, known)
    scale = align_cameras([known[view.id] for view in ALIKE.views], free.cameras).scale

    for before, after in zip(free.depths, found.depths, strict=True):
        np.testing.assert_allclose(after.z * scale, before.z, rtol=1e-5)


def test_that_conditioning_changes_what_the_network_says():
    """Else the test of the scale would hold for a network that ignores the cameras."""
    known = at_photo_size(seen(loaded(), ALIKE), ALIKE)
    free, given = seen(loaded(CONDITIONED), ALIKE), seen(loaded(CONDITIONED), ALIKE, known)
    ratio = given.depths[1].z / free.depths[1].z

    assert ratio.std() / ratio.mean() > 0.01


@pytest.mark.parametrize("config", [FREE, CONDITIONED])
@pytest.mark.parametrize(
    "eyes",
    [
        [(4, 0, 2)],
        [(4, 0, 2), (0, 4, 2)],
        [(4, 0, 2)] * 3,
        [(4, y, 2) for y in (-1, 0, 1, 2)],
    ],
    ids=["one", "two", "in one place", "on a line"],
)
def test_that_cameras_that_leave_much_open_are_used_all_the_same(config, eyes):
    photos = patterns(*[WIDE] * len(eyes))
    lens = lens_of(WIDE)
    known = {
        view.id: look_at(eye, (0, 0, 0), lens) for view, eye in zip(photos.views, eyes, strict=True)
    }
    found = seen(loaded(config), photos, known)

    for depth, camera in zip(found.depths, found.cameras, strict=True):
        assert np.isfinite(depth.z).all()
        assert depth.z.min() > 0
        assert np.isfinite(camera.cam_from_world.matrix()).all()


def test_that_lens_distortion_of_known_cameras_is_taken_out_first():
    straight = at_photo_size(seen(loaded(), ALIKE), ALIKE)
    bent = {
        name: replace(camera, intrinsics=replace(camera.intrinsics, k1=-0.15, k2=0.02))
        for name, camera in straight.items()
    }
    mended = replace(
        ALIKE,
        pictures={
            name: undistort(picture, bent[name].intrinsics)
            for name, picture in ALIKE.pictures.items()
        },
    )
    found, expected = seen(loaded(), ALIKE, bent), seen(loaded(), mended, straight)
    untouched = seen(loaded(), ALIKE, straight)

    assert all(camera.intrinsics.k1 == 0 for camera in found.cameras)
    for one, other, plain in zip(found.depths, expected.depths, untouched.depths, strict=True):
        np.testing.assert_array_equal(one.z, other.z)
        assert np.abs(np.log(one.z / plain.z)).max() > 0.01


# ---------------------------------------------------------------- metres and sky


def in_metres_by_hand(photos: PhotoSet, focal_px: float | None) -> float:
    """What `network_pass` should multiply with; the photos have the network's size already."""
    with torch.inference_mode():
        output = network(FREE)(tensors(photos))
        alone = network(MONOCULAR)(tensors(photos))
    lenses = output.cameras.intrinsics.double()
    if focal_px is not None:
        lenses = torch.diag(torch.tensor([focal_px, focal_px, 1.0])).expand(len(lenses), 3, 3)
    metres = [to_metres(depth, lens) for depth, lens in zip(alone.depth, lenses, strict=True)]
    return metres_per_unit(output.depth, output.confidence, metres, alone.sky)


@pytest.mark.parametrize("focal_px", [None, 90.0])
def test_that_metres_come_from_the_metric_network_and_the_lens_that_the_photo_states(focal_px):
    photos = patterns(WIDE, HIGH, WIDE, focal_px=focal_px)
    relative, found = seen(loaded(), photos), seen(loaded(FREE, metric=MONOCULAR), photos)
    factor = in_metres_by_hand(photos, focal_px)

    assert found.unit == "metre"
    assert factor != pytest.approx(in_metres_by_hand(photos, None if focal_px else 90.0), rel=0.1)
    for before, after in zip(relative.depths, found.depths, strict=True):
        ground = ~after.sky
        np.testing.assert_allclose(after.z[ground], factor * before.z[ground], rtol=1e-5)
    for before, after in zip(relative.cameras, found.cameras, strict=True):
        np.testing.assert_allclose(after.centre, factor * before.centre, rtol=1e-9)
        assert after.intrinsics == before.intrinsics


def test_that_a_stated_lens_counts_at_the_resolution_of_the_network():
    """A photo four times as large with a focal length four times as long is the same photo."""
    small = patterns(WIDE, WIDE, focal_px=90.0)
    pictures = {
        name: np.repeat(np.repeat(picture, 4, axis=0), 4, axis=1)
        for name, picture in small.pictures.items()
    }
    views = tuple(replace(v, width=560, height=392, focal_px=360.0) for v in small.views)
    large = PhotoSet(views, pictures, {})
    networks = loaded(FREE, metric=MONOCULAR)

    for one, other in zip(seen(networks, small).depths, seen(networks, large).depths, strict=True):
        np.testing.assert_allclose(one.z, other.z, rtol=1e-4)


@pytest.mark.parametrize("given", [False, True])
def test_that_sky_has_neither_depth_nor_confidence(given):
    with torch.inference_mode():
        sky = network(MONOCULAR)(tensors(MIXED)).sky
    known = at_photo_size(seen(loaded(), MIXED), MIXED) if given else None
    found = seen(loaded(FREE, metric=MONOCULAR), MIXED, known)

    for depth, map_ in zip(found.depths, sky, strict=True):
        expected = map_.numpy() >= SKY
        assert 0.1 < expected.mean() < 0.9
        np.testing.assert_array_equal(depth.sky, expected)
        np.testing.assert_array_equal(depth.z == 0, expected)
        assert not depth.confidence[expected].any()


def test_that_photos_of_nothing_but_sky_stay_without_a_unit():
    all_sky = grown(MONOCULAR, (r"sky_output_conv2\.2\.bias", 1e3))
    found = seen(Loaded(network(FREE), all_sky, CPU, FULL), ALIKE)

    assert found.unit == "relative"
    assert all(depth.sky.all() and not depth.z.any() for depth in found.depths)


def test_that_the_metric_network_alone_says_metres_for_the_known_lens():
    networks = loaded(FREE, metric=MONOCULAR)
    lens = lens_of(WIDE, 0.7)
    known = {view.id: look_at((4, 0, 2), (0, 0, 0), lens) for view in ALIKE.views}
    found = look_for_metres(networks, PASS, ALIKE.views, ALIKE, known, silent)
    with torch.inference_mode():
        alone = network(MONOCULAR)(tensors(ALIKE))

    for depth, expected in zip(found, alone.depth, strict=True):
        ground = ~depth.sky
        metres = expected.numpy() * lens.fx / 300
        np.testing.assert_allclose(depth.z[ground], metres[ground], rtol=1e-6)
        assert (depth.confidence[ground] == 1).all()


# ---------------------------------------------------------------- values beyond half precision

# The taps' projections grow beyond float16, and the layer behind the pyramid shrinks them again.
BEYOND = ((r"head\.projects\.\d\.(weight|bias)", 2.0**14), (r"output_conv1\.weight", 2.0**-14))


def test_that_values_beyond_half_precision_are_computed_in_full_and_said_once():
    half = grown(FREE, *BEYOND, precision=DENSE_HALF)
    wide = copy.deepcopy(half)
    widen_dense(wide)
    with torch.inference_mode():
        assert not finite(half(tensors(ALIKE)).depth)
        expected = wide(tensors(ALIKE)).depth
    networks, heard = Loaded(half, None, CPU, DENSE_HALF), Heard()
    first = seen(networks, ALIKE, report=heard)
    second = seen(networks, ALIKE, report=heard)

    assert len(heard.notices) == 1
    assert "half precision" in heard.notices[0]
    for depth, true, again in zip(first.depths, expected, second.depths, strict=True):
        np.testing.assert_array_equal(depth.z, true.numpy())
        np.testing.assert_array_equal(depth.z, again.z)


def test_that_the_metric_network_may_outgrow_half_precision_as_well():
    half = grown(MONOCULAR, *BEYOND, precision=DENSE_HALF)
    wide = copy.deepcopy(half)
    widen_dense(wide)
    with torch.inference_mode():
        assert not finite(half(tensors(ALIKE)).depth)
    heard = Heard()
    found = seen(Loaded(network(FREE), half, CPU, DENSE_HALF), ALIKE, report=heard)
    expected = seen(Loaded(network(FREE), wide, CPU, FULL), ALIKE)

    assert len(heard.notices) == 1
    assert found.unit == expected.unit == "metre"
    for one, other in zip(found.depths, expected.depths, strict=True):
        np.testing.assert_array_equal(one.z, other.z)


@pytest.mark.parametrize("precision", [FULL, DENSE_HALF])
def test_that_a_network_without_finite_depth_is_an_error_in_words(precision):
    mad = grown(FREE, (r"scratch\.output_conv2\.2\.bias", 1e5), precision=precision)
    with pytest.raises(CheckpointMismatch) as caught:
        seen(Loaded(mad, None, CPU, precision), ALIKE)

    assert "tiny-free" in str(caught.value)
    assert "--checkpoint" in caught.value.fix
