"""Photogrammetry first, the network where it places too few."""

from __future__ import annotations

from dataclasses import replace

import pytest

from da3studio.engine.da3.engine import no_points
from da3studio.engine.da3.network_pass import Loaded
from da3studio.engine.fallback import FallbackEngine, too_few
from da3studio.model.precision import FULL
from da3studio.recipes.depth import DepthRecipe
from da3studio.scene.registration import Registration
from tests.engine.da3.little import CPU, FREE, Ready, loaded
from tests.engine.da3.test_hybrid import made
from tests.engine.sets import orbit_set, together, unrelated_set, view_of
from tests.model.tiny import network

RECIPE = DepthRecipe(engine="classical/da3", feature_px=480, features=1500, resolution=160)


def test_that_what_photogrammetry_does_well_is_left_to_it(tmp_path):
    def ready(recipe, report):
        raise AssertionError("the network was asked for")

    photos = orbit_set(3, degrees=30)
    registration, depths = made(FallbackEngine(ready), photos, tmp_path, recipe=RECIPE)

    assert len(registration.points.xyz) > 100
    assert set(depths) == {view.id for view in photos.views}
    assert not any("network" in notice for notice in registration.notices)
    again, rest = made(
        FallbackEngine(ready), photos, tmp_path, recipe=RECIPE, registration=registration
    )
    assert again is registration
    assert set(rest) == set(depths)


def test_that_a_set_that_cannot_register_falls_to_the_network_and_says_so(tmp_path):
    photos = unrelated_set(4)
    engine = FallbackEngine(Ready(Loaded(network(FREE), None, CPU, FULL, photo_px=140)))
    registration, depths = made(engine, photos, tmp_path, recipe=RECIPE)

    notice = registration.notices[0]
    assert notice.startswith("Photogrammetry does not get far with these photos.")
    assert "same details" in notice
    assert "depth network made the scene instead" in notice
    assert set(depths) == {view.id for view in photos.views}
    assert {max(depth.z.shape) for depth in depths.values()} == {140}  # its own resolution

    again, rest = made(engine, photos, tmp_path, recipe=RECIPE, registration=registration)
    assert again is registration
    assert all((rest[name].z == depths[name].z).all() for name in depths)


def test_that_a_resolution_asked_for_stands_above_the_networks_own(tmp_path):
    photos = replace(orbit_set(6), views=orbit_set(6).views[:1])
    engine = FallbackEngine(Ready(Loaded(network(FREE), None, CPU, FULL, photo_px=140)))
    recipe = replace(RECIPE, network_px=168)
    _, depths = made(engine, photos, tmp_path, recipe=recipe)

    assert [max(depth.z.shape) for depth in depths.values()] == [168]


def test_that_few_placed_photos_are_told_by_their_number(tmp_path):
    photos = together(orbit_set(2, degrees=12), unrelated_set(1))
    registration, _ = made(FallbackEngine(Ready(loaded(FREE))), photos, tmp_path, recipe=RECIPE)

    assert "It could place only 2 of 3 photos." in registration.notices[0]
    assert len(registration.view_ids) == 3


@pytest.mark.parametrize(
    ("placed", "total", "few"), [(2, 2, True), (3, 3, False), (3, 6, False), (3, 7, True)]
)
def test_what_counts_as_few(placed, total, few):
    views = [view_of(f"{i}", 160, 120) for i in range(total)]
    ids = tuple(view.id for view in views[:placed])
    assert too_few(Registration(ids, {}, no_points(), {}, (), "relative"), views) == few
