from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from da3studio.fusion.texture.adjacency import adjacency, components
from da3studio.fusion.texture.raster import covered_pixels
from da3studio.fusion.unwrap import Charts, Layout, lay_out, make_charts, pack
from da3studio.geometry.camera import Camera, project
from da3studio.scene.mesh import Mesh
from tests.synthetic.rigs import lens_of, look_at
from tests.synthetic.shapes import Plane


def times_covered(layout: Layout, charts: Charts) -> NDArray[np.int64]:
    """How many faces lie over each texel's centre, shared edges left out."""
    count = np.zeros((layout.height, layout.width), np.int64)
    corners = layout.atlas_corners(charts)
    for part in covered_pixels(corners, layout.width, layout.height, inset=0.02):
        np.add.at(count, (part.row, part.column), 1)
    return count


def spiral_ramp(turns: int) -> Mesh:
    """A staircase without steps: every turn lies over the last, all normals point up."""
    angle = np.linspace(0, 2 * np.pi * turns, 60 * turns + 1)
    rim = [np.stack([r * np.cos(angle), r * np.sin(angle), 0.1 * angle], 1) for r in (0.5, 1.5)]
    vertices = np.concatenate(rim)
    inner = np.arange(len(angle) - 1)
    outer = inner + len(angle)
    faces = np.concatenate(
        [np.stack([inner, outer, outer + 1], 1), np.stack([inner, outer + 1, inner + 1], 1)]
    )
    return Mesh(vertices, faces, np.tile([0, 0, 1], (len(vertices), 1)))


@pytest.fixture
def above() -> Camera:
    return look_at((0, 0, 4), (0, 0, 0), lens_of((640, 480)), up=(0, 1, 0))


def test_that_packed_rectangles_stay_inside_and_apart():
    rng = np.random.default_rng(0)
    extents = np.concatenate([rng.integers(1, 12, (500, 2)), rng.integers(20, 60, (10, 2))])

    places = pack(extents, 256, 256)

    assert places is not None
    used = np.zeros((256, 256), int)
    for (x, y), (w, h) in zip(places, extents, strict=True):
        used[y : y + h, x : x + w] += 1
    assert used.max() == 1
    assert used.sum() == extents.prod(axis=1).sum()  # nothing was cut off at the border


def test_that_rectangles_that_do_not_fit_are_refused():
    assert pack(np.array([[10, 10], [10, 10]]), 15, 15) is None
    assert pack(np.array([[20, 1]]), 16, 64) is None


def test_that_a_seen_chart_has_one_texel_per_photo_pixel(above):
    mesh = Plane(half=(1, 1)).mesh(0.1)
    charts = make_charts(mesh, adjacency(mesh.faces), np.zeros(len(mesh.faces), np.int16), [above])

    layout = lay_out(charts, [above], 4096)

    assert charts.view_idx.tolist() == [0]
    assert layout.scale == 1
    shift = layout.atlas_corners(charts) - project(mesh.vertices, above)[mesh.faces]
    # The same whole number of texels everywhere: the photo is copied, not resampled.
    assert np.ptp(shift, axis=(0, 1)).max() < 1e-3
    assert np.abs(shift - np.rint(shift)).max() < 1e-3


def test_that_charts_keep_four_texels_to_the_border_and_to_each_other(above):
    mesh = Plane(half=(1, 1)).mesh(0.1)
    view_idx = (np.arange(len(mesh.faces)) // 40 % 2).astype(np.int16)
    charts = make_charts(mesh, adjacency(mesh.faces), view_idx, [above, above])

    layout = lay_out(charts, [above, above], 4096)

    corners = layout.atlas_corners(charts)
    inside = corners - layout.place[charts.chart][:, None]
    assert inside.min() >= 4
    assert (layout.extent[charts.chart][:, None] - inside).min() >= 4
    assert layout.corner_uv(charts).min() > 0
    assert layout.corner_uv(charts).max() < 1


def test_that_the_atlas_keeps_to_its_largest_size_by_shrinking_the_photos(above):
    mesh = Plane(half=(1, 1)).mesh(0.1)
    charts = make_charts(mesh, adjacency(mesh.faces), np.zeros(len(mesh.faces), np.int16), [above])

    layout = lay_out(charts, [above], 256)

    assert (layout.width, layout.height) == (256, 256)
    assert 0.6 < layout.scale < 0.72  # 352 px of plane into 256 - 8


def test_that_five_thousand_charts_fit_into_the_smallest_atlas(above):
    mesh = Plane(half=(1, 1)).mesh(0.04)
    nobody = adjacency(mesh.faces[:0])  # no face has a neighbour: every one is a chart
    charts = make_charts(mesh, nobody, np.zeros(len(mesh.faces), np.int16), [above])
    assert len(charts.view_idx) == 5000

    layout = lay_out(charts, [above], 256)

    assert layout.padding == 1
    assert layout.width <= 512
    assert times_covered(layout, charts).max() == 1


@pytest.mark.parametrize("turns", [2, 5])
def test_that_a_spiral_ramp_is_cut_until_nothing_overlaps(above, turns):
    mesh = spiral_ramp(turns)
    view_idx = np.full(len(mesh.faces), -1, np.int16)
    view_idx[0] = 0  # sets the scale of the unseen ones

    charts = make_charts(mesh, adjacency(mesh.faces), view_idx, [above])

    layout = lay_out(charts, [above], 4096)
    assert times_covered(layout, charts).max() == 1
    assert turns <= len(charts.view_idx) <= 3 * turns + 2


def test_that_components_number_chains_and_lone_nodes():
    chain = np.stack([np.arange(0, 999), np.arange(1, 1000)], axis=1)
    rng = np.random.default_rng(0)

    found = components(1003, np.concatenate([rng.permutation(chain), [[1001, 1002]]]))

    assert (found[:1000] == 0).all()
    assert found[1000:].tolist() == [1, 2, 2]


def test_that_neighbouring_triangles_share_a_square_without_gap_or_overlap():
    corners = np.array([[[0, 0], [8, 0], [8, 8]], [[0, 0], [8, 8], [0, 8]]], np.float32)
    corners += 0.25  # no pixel centre lies on the diagonal's ends
    corners[1, :, 1] += 1e-4

    count = np.zeros((10, 10), int)
    for part in covered_pixels(corners, 10, 10):
        np.add.at(count, (part.row, part.column), 1)
        np.testing.assert_allclose(part.weights.sum(axis=1), 1, atol=1e-6)
        there = np.einsum("mk,mkc->mc", part.weights, corners[part.triangle])
        np.testing.assert_allclose(there[:, 0], part.column + 0.5, atol=1e-5)

    assert (count[:8, :8] >= 1).all() or (count[:8, :8] == 1).sum() > 55
    assert count[8:].sum() == 0
