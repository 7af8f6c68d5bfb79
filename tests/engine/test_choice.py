"""Which engine and networks are used: the rule, and what stands above it."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from da3studio.base.errors import BadInput, CheckpointMismatch, Missing
from da3studio.engine.choice import NONE, Choice, Wish, choose
from da3studio.engine.pinning import find_pinned, id_of, pinned
from da3studio.recipes.depth import DepthRecipe
from da3studio.weights import store
from da3studio.weights.adopt import adopt
from da3studio.weights.store import Installed
from tests.shipped import describe, ship_nothing
from tests.weights.files import hollow


@pytest.fixture(autouse=True)
def networks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the networks that ship with the program belong; there are none."""
    monkeypatch.setenv("DA3STUDIO_HOME", str(tmp_path / "data"))
    return ship_nothing(tmp_path, monkeypatch)


def install(*variants: str, model_id: str = "") -> None:
    """Records of networks with a file that nobody opens: choosing reads none."""
    for variant in variants:
        sha256 = variant.encode().hex().ljust(64, "0")
        record = Installed(
            model_id or variant, variant, sha256, 1, "Apache-2.0", True, "", "", store.now()
        )
        store.put(record, lambda place: place.write_bytes(b"1"))


def chosen(wish: Wish | None = None, *, n_views: int = 20, cameras_given: bool = False) -> Choice:
    return choose(DepthRecipe(), wish or Wish(), n_views=n_views, cameras_given=cameras_given)


def named(choice: Choice) -> tuple[str, str]:
    return id_of(choice.recipe.checkpoint), id_of(choice.recipe.metric_checkpoint)


# ---------------------------------------------------------------- the rule


@pytest.mark.parametrize(("n_views", "cameras_given"), [(1, False), (20, True), (1000, False)])
def test_that_without_a_network_it_is_the_classical_engine(n_views, cameras_given):
    choice = chosen(n_views=n_views, cameras_given=cameras_given)

    assert choice.recipe == DepthRecipe(engine="classical")
    assert "no network is installed" in choice.reason
    assert "da3studio models download" in choice.reason


@pytest.mark.parametrize(
    ("n_views", "cameras_given", "engine", "reason"),
    [
        (1, False, "da3", "needs more photos"),
        (3, False, "da3", "needs more photos"),
        (4, False, "colmap+da3", "cameras by photogrammetry"),
        (500, False, "colmap+da3", "cameras by photogrammetry"),
        (501, False, "da3", "too many photos"),
        (4, True, "da3", "the cameras are known"),
        (501, True, "da3", "the cameras are known"),
    ],
)
def test_that_with_a_network_the_number_of_photos_and_known_cameras_decide(
    tmp_path, n_views, cameras_given, engine, reason
):
    tiny = adopt(hollow(tmp_path / "model.safetensors", "da3studio-tiny"))
    choice = chosen(n_views=n_views, cameras_given=cameras_given)

    assert choice.recipe.engine == engine
    assert reason in choice.reason
    assert choice.recipe.checkpoint == f"{tiny.id}:{tiny.sha256[:16]}"
    assert choice.recipe.metric_checkpoint == ""
    assert choice.reason.endswith(f"Network: {tiny.id}.")


def test_that_the_largest_network_is_taken_and_others_settings_stay():
    ranked = ("da3studio-tiny", "da3-small", "da3-base", "da3-large", "da3-giant")
    for variant in ranked:
        install(variant)
        assert named(chosen())[0] == variant
    recipe = DepthRecipe(network_px=700, seed=5)
    choice = choose(recipe, Wish(), n_views=20, cameras_given=False)

    assert (choice.recipe.network_px, choice.recipe.seed) == (700, 5)


def test_that_networks_that_look_at_each_photo_alone_find_no_cameras():
    install("da3metric-large", "da3mono-large")
    assert chosen().recipe.engine == "classical"


# ---------------------------------------------------------------- the network that is built in

BUILT_IN = "Built-in small model; for best results download DA3-BASE."


def build_in(networks: Path) -> Path:
    """A file with nothing in it, which nobody opens but to take its sum."""
    networks.mkdir()
    file = networks / "da3-mini.safetensors"
    file.write_bytes(b"mini")
    describe(file, hashlib.sha256(b"mini").hexdigest())
    return file


@pytest.mark.parametrize(
    ("n_views", "cameras_given", "engine", "reason"),
    [
        (1, False, "da3", "needs more photos"),
        (2, False, "da3", "needs more photos"),
        (3, False, "classical/da3", "if it places too few photos"),
        (500, False, "classical/da3", "if it places too few photos"),
        (501, False, "classical/da3", "if it places too few photos"),
        (3, True, "da3", "the cameras are known"),  # photogrammetry takes none
    ],
)
def test_that_the_built_in_network_is_used_only_where_photogrammetry_fails(
    networks, n_views, cameras_given, engine, reason
):
    build_in(networks)
    choice = chosen(n_views=n_views, cameras_given=cameras_given)

    assert choice.recipe.engine == engine
    assert reason in choice.reason
    assert choice.reason.endswith(f"Network: da3-mini. {BUILT_IN}")
    assert choice.recipe.checkpoint == f"da3-mini:{hashlib.sha256(b'mini').hexdigest()[:16]}"
    assert choice.recipe.network_px == 0  # left open: each network has its own


@pytest.mark.parametrize("better", ["da3-small", "da3-giant"])
def test_that_any_published_network_comes_before_the_built_in_one(networks, better):
    build_in(networks)
    install(better)
    for n_views, engine in ((1, "da3"), (20, "colmap+da3"), (501, "da3")):
        choice = chosen(n_views=n_views)
        assert (named(choice)[0], choice.recipe.engine) == (better, engine)
        assert "Built-in" not in choice.reason


def test_that_the_built_in_network_comes_before_the_experiment(networks):
    build_in(networks)
    install("da3studio-tiny")
    assert named(chosen())[0] == "da3-mini"


def test_that_the_built_in_network_asked_for_by_name_works_together_with_photogrammetry(networks):
    build_in(networks)
    choice = chosen(Wish(checkpoint="da3-mini"))

    assert choice.recipe.engine == "colmap+da3"
    assert BUILT_IN in choice.reason


def test_that_a_built_in_network_that_changed_is_refused(networks):
    build_in(networks).write_bytes(b"minx")
    for _ in range(2):
        with pytest.raises(CheckpointMismatch, match="is damaged") as caught:
            chosen()
        assert "install the program again" in caught.value.fix


# ---------------------------------------------------------------- metres


def test_that_the_network_for_metres_stands_beside_the_other():
    install("da3-base", "da3metric-large")
    assert named(chosen()) == ("da3-base", "da3metric-large")
    assert named(chosen(Wish(metric_checkpoint=NONE))) == ("da3-base", "")


def test_that_a_nested_network_knows_metres_by_itself():
    install("da3nested-giant-large", "da3metric-large", "da3-base")
    choice = chosen()

    assert named(choice) == ("da3nested-giant-large", "da3nested-giant-large")
    assert choice.recipe.checkpoint == choice.recipe.metric_checkpoint


def test_that_a_network_asked_for_gets_the_small_free_one_for_metres_before_the_nested_one():
    """Nested weights are five times as large and not for commercial work."""
    install("da3nested-giant-large", "da3metric-large", "da3-base")
    assert named(chosen(Wish(checkpoint="da3-base"))) == ("da3-base", "da3metric-large")

    store.remove("da3metric-large")
    assert named(chosen(Wish(checkpoint="da3-base"))) == ("da3-base", "da3nested-giant-large")


# ---------------------------------------------------------------- what was asked for


@pytest.mark.parametrize("engine", ["da3", "colmap+da3"])
def test_that_an_engine_asked_for_is_taken_whatever_the_rule_says(engine):
    install("da3studio-tiny")
    choice = chosen(Wish(engine=engine), n_views=1, cameras_given=True)

    assert choice.recipe.engine == engine
    assert "as asked for" in choice.reason
    assert named(choice)[0] == "da3studio-tiny"


def test_that_the_classical_engine_names_no_network():
    install("da3studio-tiny", "da3metric-large")
    choice = chosen(Wish(engine="classical"))

    assert choice.recipe == DepthRecipe(engine="classical")
    assert "Network" not in choice.reason


def test_that_a_network_asked_for_is_taken_before_a_larger_one():
    install("da3-large", "da3studio-tiny")
    install("da3-small", model_id="da3-small-adopted")
    for wanted in ("da3studio-tiny", "da3-small-adopted"):
        choice = chosen(Wish(checkpoint=wanted))
        assert named(choice) == (wanted, "")
        assert choice.reason.endswith(f"Network: {wanted}.")


@pytest.mark.parametrize("engine", ["da3", "colmap+da3"])
def test_that_an_engine_without_its_network_says_how_to_get_it(engine):
    with pytest.raises(Missing, match="da3-base is not installed") as caught:
        chosen(Wish(engine=engine))
    assert "da3studio models download" in caught.value.fix


@pytest.mark.parametrize("name", ["da3-giant", "../da3-base", "none", ""])
def test_that_a_network_that_is_not_installed_is_missing_by_name(name):
    install("da3studio-tiny")
    for wish in (Wish(checkpoint=name), Wish(metric_checkpoint=name or "nothing")):
        if wish.metric_checkpoint != NONE:
            with pytest.raises(Missing, match="is not installed"):
                chosen(wish)


@pytest.mark.parametrize(
    "wish",
    [Wish(checkpoint="da3metric-large"), Wish(metric_checkpoint="da3studio-tiny")],
)
def test_that_a_network_of_the_wrong_kind_is_refused_with_those_that_can(wish):
    install("da3studio-tiny", "da3metric-large")
    with pytest.raises(BadInput, match="cannot be used for this") as caught:
        chosen(wish)
    able = "da3-base" if wish.checkpoint != "auto" else "da3nested-giant-large"
    assert able in caught.value.why


# ---------------------------------------------------------------- the sum of the file


def test_that_a_recipe_finds_its_network_again(tmp_path):
    tiny = adopt(hollow(tmp_path / "model.safetensors", "da3studio-tiny"))
    assert find_pinned(pinned(tiny)) == tiny


def test_that_another_network_under_the_same_name_is_noticed(tmp_path):
    pin = pinned(adopt(hollow(tmp_path / "a.safetensors", "da3studio-tiny")))
    other = hollow(tmp_path / "b.safetensors", "da3studio-tiny")
    with other.open("r+b") as file:
        file.seek(-1, 2)
        file.write(b"\x01")
    adopt(other)

    with pytest.raises(Missing, match="another one than the project was made with") as caught:
        find_pinned(pin)
    assert pin.partition(":")[2] in caught.value.why


@pytest.mark.parametrize("how", ["written to", "replaced"])
def test_that_a_file_changed_behind_the_programs_back_is_noticed(tmp_path, how):
    """Of the same size: only its sum can tell."""
    tiny = adopt(hollow(tmp_path / "a.safetensors", "da3studio-tiny"))
    other = hollow(tmp_path / "b.safetensors", "da3studio-tiny")
    for file in [other] + [tiny.path] * (how == "written to"):
        with file.open("r+b") as stream:
            stream.seek(-1, 2)
            stream.write(b"\x01")
    if how == "replaced":
        other.replace(tiny.path)
    assert tiny.path.stat().st_size == tiny.size_bytes

    for _ in range(2):
        with pytest.raises(CheckpointMismatch, match="is damaged"):
            find_pinned(pinned(tiny))


def test_that_a_file_that_was_only_touched_is_the_same(tmp_path):
    tiny = adopt(hollow(tmp_path / "a.safetensors", "da3studio-tiny"))
    (tmp_path / "a.safetensors").unlink()  # the other name of the same file
    tiny.path.touch()

    assert find_pinned(pinned(tiny)) == tiny
    assert store.is_untouched(tiny)
