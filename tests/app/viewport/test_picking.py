import numpy as np

from da3studio.app.viewport.eye import Eye
from da3studio.app.viewport.picking import pick_outline, pick_point, points_around
from tests.app.viewport.scenes import plane

SCREEN = Eye(distance=4).screen(800, 600, 0.1, 100)


def test_that_the_point_under_the_pointer_is_picked():
    xyz = plane(20_000)
    row = 12_345
    x, y, depth = SCREEN.project(xyz[row])

    pick = pick_point(SCREEN, xyz, x, y)

    assert pick is not None
    assert pick.row == row
    assert pick.point == tuple(map(float, xyz[row]))
    assert pick.px < 0.01
    assert abs(pick.depth - depth) < 1e-5


def test_that_the_surface_in_front_is_picked_where_the_one_behind_is_closer_to_the_pixel():
    front, behind = plane(2_000, z=0.0), plane(200_000, half=2.0, z=2.0)
    xyz = np.concatenate([behind, front])
    pick = pick_point(SCREEN, xyz, 400, 300, radius_px=12)

    assert pick is not None
    assert pick.row >= 200_000
    hidden = np.arange(len(xyz)) < 200_000
    pick = pick_point(SCREEN, xyz, 400, 300, radius_px=12, shown=hidden)
    assert pick is not None
    assert pick.row < 200_000


def test_that_nothing_is_picked_beside_the_cloud_or_behind_the_eye():
    assert pick_point(SCREEN, plane(5_000), 790, 10) is None
    assert pick_point(SCREEN, plane(5_000, z=-8.0), 400, 300) is None
    assert pick_point(SCREEN, np.zeros((0, 3), np.float32), 400, 300) is None


def test_that_points_around_a_pixel_are_those_within_the_radius():
    xyz = plane(50_000)
    rows = points_around(SCREEN, xyz, 420, 310, 15.0)

    px = np.linalg.norm(SCREEN.project(xyz)[:, :2] - (420, 310), axis=1)
    assert set(rows.tolist()) == set(np.flatnonzero(px <= 15.0).tolist())


def test_that_picking_works_in_a_parallel_view():
    screen = Eye(distance=4, ortho=True).screen(800, 600, -100, 100)
    xyz = plane(20_000)
    x, y, _ = screen.project(xyz[77])

    pick = pick_point(screen, xyz, x, y)
    assert pick is not None
    assert pick.row == 77


def test_that_a_camera_is_hit_on_its_edges_and_in_its_picture():
    def pyramid(z: float, half: float) -> list[list[float]]:
        square = [[-half, -half, z], [half, -half, z], [half, half, z], [-half, half, z]]
        return [[0, 0, z - 0.5], *square]

    outlines = np.array([pyramid(0.0, 0.4), pyramid(1.0, 0.1)])
    x, y, _ = SCREEN.project(outlines[0, 2])

    assert pick_outline(SCREEN, outlines, x + 3, y) == 0  # just beside a corner
    assert pick_outline(SCREEN, outlines, x + 30, y) is None
    assert pick_outline(SCREEN, outlines, x - 20, y + 20) == 0  # in the large picture
    small = SCREEN.project(outlines[1, 2])
    assert pick_outline(SCREEN, outlines, small[0], small[1]) == 1  # drawn inside the large one
