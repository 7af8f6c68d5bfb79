"""Our parameters' names and those in the published files."""

from __future__ import annotations

import re
from collections.abc import Iterator

import torch

from da3studio.model.config import DA3Config, NestedConfig
from da3studio.model.network import DA3

Shape = tuple[int, ...]

_ANY_VIEW, _METRIC = "da3.", "da3_metric."  # the two networks of a nested file

# Applied in order, each where it matches; `+1` is added to the level between the brackets.
_RULES: tuple[tuple[str, str], ...] = (
    (r"^backbone\.patch_embed\.", "backbone.pretrained.patch_embed.proj."),
    (r"^backbone\.(?!pretrained)", "backbone.pretrained."),
    (r"^camera_encoder\.", "cam_enc."),
    (r"^camera_decoder\.hidden1\.", "cam_dec.backbone.0."),
    (r"^camera_decoder\.hidden2\.", "cam_dec.backbone.2."),
    (r"^camera_decoder\.position\.", "cam_dec.fc_t."),
    (r"^camera_decoder\.orientation\.", "cam_dec.fc_qvec."),
    (r"^camera_decoder\.field_of_view\.", "cam_dec.fc_fov.0."),
    (r"^gaussian_head\.", "gs_head."),
    (r"^(head|gs_head)\.pyramid\.norm\.", r"\1.norm."),
    (r"^(head|gs_head)\.pyramid\.project\.", r"\1.projects."),
    (r"^(head|gs_head)\.pyramid\.resize\.", r"\1.resize_layers."),
    (r"^(head|gs_head)\.pyramid\.merge\.(\d)\.", r"\1.scratch.layer<\2>_rn."),
    (r"^(head|gs_head)\.(?:depth_)?fusion\.stages\.(\d)\.", r"\1.scratch.refinenet<\2>."),
    (r"^head\.ray_fusion\.stages\.(\d)\.", r"head.scratch.refinenet<\1>_aux."),
    (r"\.unit([12])\.", r".resConfUnit\1."),
    (r"(refinenet<\d>(?:_aux)?)\.out\.", r"\1.out_conv."),
    (r"^(head|gs_head)\.(?:depth_)?neck\.", r"\1.scratch.output_conv1."),
    (r"^(head|gs_head)\.(?:depth_)?tail\.", r"\1.scratch.output_conv2."),
    (r"^head\.sky_tail\.", "head.scratch.sky_output_conv2."),
    (r"^head\.ray_neck\.", "head.scratch.output_conv1_aux.3."),
    (r"^head\.ray_tail_in\.", "head.scratch.output_conv2_aux.3.0."),
    # One norm served all four levels in training; the files hold it once, under the first.
    (r"^head\.ray_tail_norm\.", "head.scratch.output_conv2_aux.0.2."),
    (r"^head\.ray_tail_out\.", "head.scratch.output_conv2_aux.3.5."),
    (r"^gs_head\.photo\.", "gs_head.images_merger."),
)
_COMPILED = tuple((re.compile(pattern), new) for pattern, new in _RULES)
_ALIAS = re.compile(r"\.output_conv2_aux\.[123]\.2\.")  # further names of the shared norm
_UNUSED_LEVEL = re.compile(r"\.output_conv(?:1_aux\.3\.\d|2_aux\.3\.[05])\.")


def published_name(ours: str) -> str:
    """The name of one of our parameters in the files of a single network."""
    for pattern, new in _COMPILED:
        ours = pattern.sub(new, ours)
    return re.sub(r"<(\d)>", lambda level: str(int(level[1]) + 1), ours)


def is_alias(published: str) -> bool:
    """Whether a tensor is the shared norm once more; files may hold it or not."""
    return _ALIAS.search(published) is not None


def networks_of(config: DA3Config | NestedConfig) -> Iterator[tuple[str, DA3Config]]:
    """The networks in a file, with the prefix of their tensors."""
    if isinstance(config, NestedConfig):
        yield _ANY_VIEW, config.any_view
        yield _METRIC, config.metric
    else:
        yield "", config


def on_paper(config: DA3Config) -> DA3:
    """The network without memory for its weights."""
    with torch.device("meta"):
        return DA3(config)


def expected_tensors(config: DA3Config | NestedConfig) -> dict[str, Shape]:
    """Published name → shape of all that a file of this variant holds, aliases left out."""
    expected: dict[str, Shape] = {}
    for prefix, network in networks_of(config):
        for ours, tensor in on_paper(network).state_dict().items():
            name, shape = prefix + published_name(ours), tuple(tensor.shape)
            expected[name] = shape
            if _UNUSED_LEVEL.search(name):  # deeper supervision in training: three more levels
                for level in "012":
                    expected[name.replace("_aux.3.", f"_aux.{level}.")] = shape
    return expected
