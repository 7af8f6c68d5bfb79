"""Cases `fn_*.npz`: single functions of the reference, each subject with arrays of its own."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from da3studio.bench.parity import network_functions, scene_functions, streaming_functions
from da3studio.bench.parity.case_files import CaseFile, Meta, Stored
from da3studio.bench.parity.comparison import Compared

Compare = Callable[[Stored, Meta], Iterator[Compared]]


@dataclass(frozen=True)
class Subject:
    """What a file is about.

    `compare` yields an array of the file under its own name, or something that only `meta` holds.
    """

    compare: Compare
    inputs: str  # pattern of the arrays that are given, not compared


SUBJECTS: Mapping[str, Subject] = {
    "pieces": Subject(network_functions.pieces, r"rope_in|pos_embed"),
    "pose_encoding": Subject(network_functions.pose_encoding, r"w2c|K|raw"),
    "ref_view": Subject(network_functions.reference_view, r"c\d+_x"),
    "ray_pose": Subject(
        network_functions.ray_pose, r"c\d+_(ray|conf|idx|true_R|true_T|true_focal|true_pp)"
    ),
    "nested": Subject(network_functions.nested, r"c\d+_in_\w+"),
    "gaussian_adapter": Subject(
        network_functions.gaussian_adapter, r"raw|depth|opacity|w2c|K|gt_w2c|sh_R|sh_in"
    ),
    "preprocess": Subject(scene_functions.preprocess, r"(?!)"),
    "umeyama": Subject(scene_functions.umeyama, r"c\d+_(ext_ref|ext_est|api_depth_in)"),
    "export": Subject(scene_functions.export, r"depth|conf|image|w2c|K|sky"),
    "metrics": Subject(scene_functions.metrics, r"recon_[ab]|pose\d+_(pred|gt)"),
    "streaming": Subject(streaming_functions.streaming, r"src|tgt|w|seq_[sRt]"),
}


def compare_function_case(file: CaseFile) -> Iterator[Compared]:
    """Compare every array of the file.

    Raises:
        KeyError: no such subject, or an array that this code does not know.
    """
    subject = SUBJECTS[_subject(file.name)]
    compared = set()
    for one in subject.compare(file.stored, file.meta):
        compared.add(one.array)
        yield one
    for name in file.stored:
        if name not in compared and not re.fullmatch(subject.inputs, name):
            raise KeyError(name)


def _subject(name: str) -> str:
    """`fn_ray_pose_2` → `ray_pose`: the longest subject that the name begins with."""
    rest = name.removeprefix("fn_")
    found = [subject for subject in SUBJECTS if rest.startswith(subject)]
    if not found:
        raise KeyError(f"subject {rest!r}")
    return max(found, key=len)
