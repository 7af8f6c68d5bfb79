"""Files of weights: loaded strictly, recognised by their tensors, refused with words."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from da3studio.base.errors import CheckpointMismatch, Missing
from da3studio.bench.parity.formula import FormulaWeights
from da3studio.model.checkpoint import filled, identify, load
from da3studio.model.config import METRIC, MONO, NESTED, SMALL, TINY, DA3Config
from da3studio.model.names import is_alias
from da3studio.model.precision import FULL, MIXED
from da3studio.train.eight_bit import in_eight_bits
from tests.model.tiny import photos
from tests.weights.files import hollow

A_WEIGHT = "model.backbone.pretrained.blocks.3.attn.qkv.weight"
SHARED_NORM = "model.head.scratch.output_conv2_aux.0.2.weight"


def tensors_of(config: DA3Config) -> dict[str, Tensor]:
    """As in a published file."""
    return {f"model.{name}": tensor for name, tensor in FormulaWeights(config).items()}


@pytest.fixture(scope="module")
def tiny() -> dict[str, Tensor]:
    return tensors_of(TINY)


@pytest.fixture
def file(tmp_path: Path, tiny: dict[str, Tensor]) -> Path:
    return saved(tmp_path, tiny)


def saved(folder: Path, tensors: dict[str, Tensor], name: str = "model.safetensors") -> Path:
    save_file(tensors, folder / name)
    return folder / name


def refusal(path: Path, variant: str | None = None) -> CheckpointMismatch:
    with pytest.raises(CheckpointMismatch) as caught:
        load(path, variant=variant)
    assert path.name in caught.value.what
    assert caught.value.fix
    return caught.value


@torch.inference_mode()
def test_that_a_file_gives_the_same_depth_as_its_tensors(file: Path):
    networks = load(file)
    straight = filled(TINY, FormulaWeights(TINY), device="cpu", precision=FULL)

    assert networks.metric is None
    assert networks.any_view is not None
    ours, theirs = (net(photos((28, 42))).depth[0] for net in (networks.any_view, straight))
    assert torch.equal(ours, theirs)
    assert identify(file).variant == "da3studio-tiny"


def test_that_a_small_file_with_and_without_the_shared_norms_other_names_is_the_same(
    tmp_path: Path,
):
    tensors = tensors_of(SMALL)
    aliases = {
        SHARED_NORM.replace(".0.2.weight", f".{level}.2.{part}"): tensors[
            SHARED_NORM.replace("weight", part)
        ].clone()
        for level in (1, 2, 3)
        for part in ("weight", "bias")
    }
    assert len(tensors) == 437
    assert all(is_alias(name) for name in aliases)

    for name, content in (("a", tensors), ("b", tensors | aliases)):
        path = saved(tmp_path, content, f"{name}.safetensors")
        assert identify(path).variant == "da3-small"
        network = load(path, variant="da3-small").any_view
        assert network is not None
        assert torch.equal(network.head.ray_tail_norm.weight, tensors[SHARED_NORM])


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_that_short_weights_are_widened(tmp_path: Path, tiny: dict[str, Tensor], dtype):
    path = saved(tmp_path, {name: tensor.to(dtype) for name, tensor in tiny.items()})

    network = load(path).any_view

    assert network is not None
    assert {each.dtype for each in network.parameters()} == {torch.float32}
    weight = network.backbone.blocks[3].attn.qkv.weight
    assert torch.equal(weight, tiny[A_WEIGHT].to(dtype).float())


@torch.inference_mode()
def test_that_fewer_bits_move_depth_by_less_than_one_percent(file: Path):
    exact, mixed = (load(file, precision=one).any_view for one in (FULL, MIXED))
    assert exact is not None
    assert mixed is not None
    assert mixed.backbone.blocks[0].mlp.fc1.weight.dtype == torch.bfloat16

    a, b = (torch.stack(net(photos((56, 84), (56, 84))).depth) for net in (mixed, exact))

    assert a.dtype == torch.float32
    assert (a - b).norm() / b.norm() < 0.01


@torch.inference_mode()
def test_that_eight_bits_take_half_the_space_and_move_depth_by_less_than_two_percent(
    file: Path, tmp_path: Path, tiny: dict[str, Tensor]
):
    halves = {name: tensor.half() for name, tensor in tiny.items()}
    small = saved(tmp_path, in_eight_bits(halves), "small.safetensors")
    networks = [load(path).any_view for path in (file, small)]
    exact, rounded = (torch.stack(net(photos((56, 84), (56, 84))).depth) for net in networks)

    assert small.stat().st_size < 0.27 * file.stat().st_size  # of 32 bits
    assert identify(small).variant == "da3studio-tiny"
    assert 0 < (rounded - exact).norm() / exact.norm() < 0.02
    weight = networks[1].backbone.blocks[3].attn.qkv.weight
    most = tiny[A_WEIGHT].abs().amax(dim=1, keepdim=True)
    assert ((weight - tiny[A_WEIGHT]).abs() <= most / 254 * 1.3).all()  # half a step


@pytest.mark.parametrize("wrong", ["none", "short", "whole"])
def test_that_eight_bits_without_their_scale_are_no_weights(tmp_path, tiny, wrong):
    whole, scale = torch.zeros(576, 192, dtype=torch.int8), torch.ones(576)
    beside = {"short": scale[1:], "whole": scale.to(torch.int8)}.get(wrong)
    tensors = tiny | {A_WEIGHT: whole}
    if beside is not None:
        tensors[A_WEIGHT + ".scale"] = beside
    why = refusal(saved(tmp_path, tensors)).why

    assert "I8" in why or ".scale" in why


def test_that_a_scale_that_is_no_number_is_named(tmp_path: Path, tiny: dict[str, Tensor]):
    small = in_eight_bits(tiny)
    small[A_WEIGHT + ".scale"][3] = float("nan")

    assert A_WEIGHT in refusal(saved(tmp_path, small)).why


def test_that_a_checkpoint_of_another_variant_is_refused(file: Path):
    error = refusal(file, "da3-small")

    assert "does not hold the network da3-small" in error.what
    assert "cam_enc." in error.why or "missing" in error.why


def test_that_a_missing_tensor_is_named(tmp_path: Path, tiny: dict[str, Tensor]):
    path = saved(tmp_path, {name: tensor for name, tensor in tiny.items() if name != A_WEIGHT})

    assert A_WEIGHT.removeprefix("model.") in refusal(path).why


def test_that_an_odd_tensor_is_named(tmp_path: Path, tiny: dict[str, Tensor]):
    path = saved(tmp_path, tiny | {"model.backbone.pretrained.mask_token": torch.zeros(1, 192)})

    assert "backbone.pretrained.mask_token" in refusal(path).why


def test_that_a_tensor_of_another_shape_is_named(tmp_path: Path, tiny: dict[str, Tensor]):
    path = saved(tmp_path, tiny | {A_WEIGHT: torch.zeros(576, 191)})

    why = refusal(path).why
    assert A_WEIGHT.removeprefix("model.") in why
    assert "(576, 192)" in why


def test_that_whole_numbers_are_no_weights(tmp_path: Path, tiny: dict[str, Tensor]):
    path = saved(tmp_path, tiny | {A_WEIGHT: torch.zeros(576, 192, dtype=torch.int32)})

    assert "I32" in refusal(path).why


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_that_weights_that_are_no_numbers_are_named(tmp_path, tiny, value):
    bad = tiny[A_WEIGHT].clone()
    bad[5, 7] = value
    path = saved(tmp_path, tiny | {A_WEIGHT: bad})

    assert identify(path).variant == "da3studio-tiny"  # which looks at no values
    assert A_WEIGHT in refusal(path).why


@pytest.mark.parametrize("share", [0.0, 0.0000001, 0.001, 0.37, 0.999999])
def test_that_a_file_that_was_cut_off_is_refused(file: Path, share: float):
    content = file.read_bytes()
    file.write_bytes(content[: int(share * len(content))])

    assert "not a whole safetensors file" in refusal(file).what


@pytest.mark.parametrize("zipped", [True, False], ids=["zip", "old"])
def test_that_a_pickle_by_any_name_is_refused_unread(tmp_path: Path, zipped: bool):
    path = tmp_path / "model.safetensors"
    torch.save({"a": torch.zeros(3)}, path, _use_new_zipfile_serialization=zipped)

    assert "pickle" in refusal(path).why


@pytest.mark.parametrize("length", [2**62, 2**40, 100 * 2**20])
def test_that_a_header_that_claims_too_much_is_refused(tmp_path: Path, length: int):
    path = tmp_path / "model.safetensors"
    path.write_bytes(struct.pack("<Q", length) + b"{}" + bytes(1000))

    assert "impossible length" in refusal(path).why


def test_that_another_networks_file_is_refused(tmp_path: Path):
    path = saved(tmp_path, {"encoder.weight": torch.zeros(3, 3)})

    assert "not a network that this program knows" in refusal(path).what


def test_that_a_file_that_is_not_there_is_said(tmp_path: Path):
    with pytest.raises(Missing, match=r"nothing\.safetensors"):
        load(tmp_path / "nothing.safetensors")


def test_that_a_metric_file_is_told_from_a_mono_one_by_its_names_only(tmp_path: Path):
    path = hollow(tmp_path / "model.safetensors", METRIC.name)
    with pytest.raises(CheckpointMismatch, match="have the same tensors"):
        identify(path)

    (tmp_path / "config.json").write_text(json.dumps({"model_name": METRIC.name}))
    assert identify(path).variant == METRIC.name
    (tmp_path / "config.json").unlink()
    assert identify(hollow(tmp_path / f"{MONO.name}.safetensors", MONO.name)).variant == MONO.name


def test_that_a_config_of_nonsense_does_not_decide(tmp_path: Path):
    path = hollow(tmp_path / "model.safetensors", METRIC.name)
    for text in ("[", "[]", '{"model_name": 7}', '{"model_name": "da3-large"}'):
        (tmp_path / "config.json").write_text(text)
        with pytest.raises(CheckpointMismatch, match="have the same tensors"):
            identify(path)


def test_that_a_nested_file_is_recognised_by_both_its_networks(tmp_path: Path):
    assert identify(hollow(tmp_path / "a.safetensors", NESTED.name)).variant == NESTED.name
