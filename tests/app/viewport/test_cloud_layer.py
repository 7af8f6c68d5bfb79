import numpy as np
import pytest

from da3studio.app.viewport.budget import GRAPHICS_CARD, SOFTWARE, Pace, rhythm_of
from da3studio.app.viewport.cloud_layer import CloudLayer, packed_colours, typical_spacing
from da3studio.app.viewport.eye import Eye
from tests.app.viewport.scenes import painted, plane
from tests.app.viewport.windows import HEIGHT, WIDTH, pixels_of, shown_canvas

EYE = Eye(distance=3, elevation=0.3)
N = 60_000


@pytest.fixture
def canvas(qtbot):
    with shown_canvas(qtbot) as canvas:
        canvas.set_eye(EYE)
        yield canvas


@pytest.fixture
def layer(canvas):
    layer = CloudLayer(canvas.pace)
    layer.set_points(plane(N), painted(N, (0, 200, 0)))
    canvas.add(layer, 0)
    return layer


def n_of(canvas, colour) -> int:
    """Pixels about this colour; shading makes them darker, never another hue."""
    picture = pixels_of(canvas.grab()).astype(int)
    return int((np.abs(picture - colour).max(axis=-1) < 12).sum())


class TestMasks:
    def test_that_hidden_points_are_not_drawn_and_come_back(self, canvas, layer):
        layer.set_style(2, by_distance=False, eye_dome=False)
        everything = n_of(canvas, (0, 200, 0))
        keep = plane(N)[:, 0] < 0
        layer.set_keep(keep)
        half = n_of(canvas, (0, 200, 0))
        layer.set_keep(None)

        assert half == pytest.approx(everything / 2, rel=0.02)
        assert n_of(canvas, (0, 200, 0)) == everything

    def test_that_marked_points_have_the_accent_and_a_trace_of_their_own(self, canvas, layer):
        layer.set_style(2, by_distance=False, eye_dome=False)
        everything = n_of(canvas, (0, 200, 0))
        layer.set_marked(plane(N)[:, 0] < 0, (255, 0, 100))
        marked = n_of(canvas, (178, 60, 70))

        assert marked + n_of(canvas, (0, 200, 0)) == everything
        assert marked == pytest.approx(everything / 2, rel=0.02)

    def test_that_a_floor_hides_what_is_below(self, canvas, layer):
        layer.set_style(2, by_distance=False, eye_dome=False)
        everything = n_of(canvas, (0, 200, 0))
        layer.set_measure(plane(N)[:, 0])
        layer.set_floor(0.0)
        assert n_of(canvas, (0, 200, 0)) == pytest.approx(everything / 2, rel=0.02)
        layer.set_floor(-9.0)
        assert n_of(canvas, (0, 200, 0)) == everything

    def test_that_other_colours_are_other_colours(self, canvas, layer):
        layer.set_style(2, by_distance=False, eye_dome=False)
        layer.set_colours(painted(N, (201, 102, 53)))
        assert n_of(canvas, (201, 102, 53)) > 1000
        assert n_of(canvas, (0, 200, 0)) == 0

    def test_that_another_cloud_forgets_the_masks_of_the_last_one(self, canvas, layer):
        layer.set_keep(np.zeros(N, np.bool_))
        assert n_of(canvas, (0, 200, 0)) == 0
        layer.set_points(plane(10), painted(10, (0, 200, 0)))
        layer.set_style(9, False, False)
        assert n_of(canvas, (0, 200, 0)) > 100
        layer.set_points(np.zeros((0, 3), np.float32), np.zeros((0, 3), np.uint8))
        assert n_of(canvas, (0, 200, 0)) == 0
        assert layer.bounds() is None


class TestDetail:
    def test_that_moving_shows_a_part_and_standing_still_the_rest(self, canvas, layer, qtbot):
        canvas.pace.set_rhythm(SOFTWARE)
        many = 1_500_000
        layer.set_points(plane(many), painted(many, (0, 200, 0)))
        canvas.stir()
        canvas.set_eye(EYE.orbit(0.1, 0))
        with qtbot.waitSignal(canvas.drawn):
            canvas.redraw()
        assert layer.unfinished
        qtbot.waitUntil(lambda: not canvas.moving and not layer.unfinished, timeout=20_000)

    def test_that_the_parts_make_the_same_picture_as_one_pass(self, canvas, layer, qtbot):
        many = 400_000
        rng = np.random.default_rng(1)
        colours = rng.integers(0, 255, (many, 3), dtype=np.uint8)
        layer.set_points(rng.normal(size=(many, 3)).astype(np.float32) * 0.4, colours)
        layer.set_style(3, by_distance=True, eye_dome=True)
        canvas.stir()
        canvas.redraw()
        qtbot.waitUntil(lambda: not canvas.moving and not layer.unfinished, timeout=20_000)
        in_parts = pixels_of(canvas.grab())

        in_one = canvas.render(canvas.eye, WIDTH, HEIGHT)[..., :3]
        assert (np.abs(in_parts.astype(int) - in_one).max(axis=-1) > 2).mean() < 1e-3

    def test_that_a_change_is_all_there_when_the_picture_is_finished(self, canvas, layer, qtbot):
        layer.set_style(2, by_distance=False, eye_dome=False)
        qtbot.waitUntil(lambda: not layer.unfinished)
        layer.set_keep(np.zeros(N, np.bool_))
        with qtbot.waitSignal(canvas.drawn):
            canvas.redraw()
        qtbot.waitUntil(lambda: not layer.unfinished)
        assert n_of(canvas, (0, 200, 0)) == 0

    def test_that_the_eye_dome_darkens_behind_an_edge_and_nothing_else(self, canvas, layer):
        n = 300_000
        near, far = plane(n, 0.4, z=0.0), plane(n, 1.0, z=0.6)
        layer.set_points(np.concatenate([near, far]), painted(2 * n, (200, 200, 200)))
        layer.set_style(4, by_distance=False, eye_dome=True)
        canvas.set_eye(Eye(distance=3))
        row = pixels_of(canvas.grab())[HEIGHT // 2, :, 0].astype(int)

        edge = round(canvas.screen.project([0.4, 0, 0])[0])
        assert row[edge : edge + 6].min() < 60  # on the far plane, just beside the near one
        assert row[edge - 20 : edge - 6].min() > 180
        assert row[edge + 12 : edge + 20].min() > 180

    def test_that_points_grow_with_nearness_but_not_beyond_measure(self, canvas, layer):
        layer.set_points(np.zeros((1, 3), np.float32), painted(1, (0, 200, 0)))
        layer.set_style(6, by_distance=True, eye_dome=False)
        at_pivot = n_of(canvas, (0, 200, 0))
        canvas.set_eye(EYE.fly(0, 0, 1.5))  # half as far away
        nearer = n_of(canvas, (0, 200, 0))
        canvas.set_eye(EYE.fly(0, 0, 2.97))
        largest = n_of(canvas, (0, 200, 0))

        assert nearer == pytest.approx(4 * at_pivot, rel=0.2)
        assert largest == pytest.approx(np.pi / 4 * 24**2, rel=0.1)


def test_that_the_spacing_of_a_surface_is_known_from_a_sample():
    x, y = np.meshgrid(np.arange(300), np.arange(300))
    grid = np.stack([x, y, 0 * x], axis=-1).reshape(-1, 3).astype(np.float32) * 0.01
    shuffled = np.random.default_rng(0).permutation(grid)

    assert typical_spacing(grid[:900]) == pytest.approx(0.01)
    # A sample is irregular: half a spacing is what its nearest neighbours tell of the grid's.
    assert 0.004 < typical_spacing(shuffled) < 0.011
    assert typical_spacing(grid[:1]) == 0


def test_that_a_surface_stays_closed_when_one_goes_near(canvas, layer):
    layer.set_style(1, by_distance=True, eye_dome=False)
    canvas.set_eye(Eye(distance=0.3))
    shown = n_of(canvas, (0, 200, 0)) / (WIDTH * HEIGHT)
    layer.set_style(1, by_distance=False, eye_dome=False)

    assert shown > 0.6
    assert n_of(canvas, (0, 200, 0)) / (WIDTH * HEIGHT) < 0.02


def test_that_a_frame_uses_16_bytes_a_point(canvas, layer):
    canvas.grab()
    assert layer.bytes_on_card() == 16 * N


def test_that_24_bits_of_colour_fit_a_float_exactly():
    rgb = np.random.default_rng(0).integers(0, 256, (1000, 3), dtype=np.uint8)
    packed = packed_colours(rgb).astype(np.int64)
    unpacked = np.stack([packed >> 16, packed >> 8 & 255, packed & 255], axis=1)
    assert (unpacked == rgb).all()


class TestPace:
    def test_that_the_budget_follows_what_frames_take(self):
        pace = Pace()
        pace.set_rhythm(SOFTWARE)
        for _ in range(40):
            pace.drew(pace.n_moving, pace.n_moving * 1e-6)
        assert pace.n_moving == pytest.approx(SOFTWARE.frame_s / 1e-6, rel=0.02)
        for _ in range(40):
            pace.others(0.04)
        assert pace.n_moving == pytest.approx((SOFTWARE.frame_s - 0.04) / 1e-6, rel=0.02)

    def test_that_a_budget_is_never_nothing(self):
        pace = Pace()
        for _ in range(20):
            pace.drew(20_000, 10.0)
            pace.others(10.0)
        assert pace.n_moving == pace.n_part == 20_000

    def test_that_software_renderers_are_known_by_name(self):
        assert rhythm_of("llvmpipe (LLVM 15.0.6, 256 bits)") is SOFTWARE
        assert rhythm_of("NVIDIA GeForce RTX 3060/PCIe/SSE2") is GRAPHICS_CARD
