"""What happens inside a network: outputs of its parts, caught as it runs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, Self

import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from da3studio.model.network import DA3, DA3Output
from da3studio.model.packing import Packing

Arrays = dict[str, NDArray[Any]]


class Inside:
    """Watches a network while it is entered; several passes may follow each other.

    Args:
        network: all views of a pass have one size.
    """

    def __init__(self, network: DA3) -> None:
        self._network = network
        self._seen: dict[str, list[Tensor]] = defaultdict(list)
        self._hooks: list[Any] = []

    def __enter__(self) -> Self:
        network = self._network
        parts: dict[str, nn.Module] = {"patch_embed": network.backbone.patch_embed}
        parts |= {f"block{i}": block for i, block in enumerate(network.backbone.blocks)}
        parts |= {f"resized{j}": part for j, part in enumerate(network.head.pyramid.resize)}
        parts["neck"] = network.head.depth_neck
        if network.config.pose_conditioning:
            parts["cam_enc"] = network.camera_encoder
        for name, part in parts.items():
            self._hooks.append(part.register_forward_hook(self._keep(name)))
        return self

    def __exit__(self, *_: object) -> None:
        for hook in self._hooks:
            hook.remove()

    def arrays(self, outputs: Sequence[DA3Output], features: Iterable[int]) -> Arrays:
        """Thinned out as the stored cases are, by their names.

        Args:
            outputs: of the passes that were watched, one per batch element.
            features: blocks whose normalised patches are wanted as `aux0`, `aux1` ...
        """
        n_views, size = len(outputs[0].depth), tuple(outputs[0].depth[0].shape)
        self._packing = Packing([size] * n_views)
        grid = self._joined("patch_embed")
        arrays = {"patch_embed": grid.flatten(2).transpose(1, 2)[:, ::7, ::13]}
        arrays |= {
            f"head_resized{j}": self._joined(f"resized{j}")[:, ::11, ::5, ::5] for j in range(4)
        }
        arrays["head_neck"] = self._joined("neck")[:, ::7, ::9, ::9]
        arrays["trace"] = self._trace(outputs[0].reference)
        arrays |= self._taps()
        arrays |= self._exported(features, [output.reference for output in outputs])
        first = self._network.config.backbone.cross_view_from
        if first is not None:
            class_tokens = [tokens[:, 0] for tokens in self._views(f"block{first - 2}")]
            arrays["ref_cls"] = torch.stack(class_tokens)
            arrays["ref_idx"] = torch.tensor([output.reference for output in outputs])
        if "cam_enc" in self._seen:
            arrays["cam_enc_tokens"] = torch.stack(self._seen["cam_enc"])
        return {name: value.float().cpu().numpy() for name, value in arrays.items()}

    def _keep(self, name: str) -> Any:
        def keep(_module: nn.Module, _inputs: Any, output: Tensor) -> None:
            self._seen[name].append(output.clone())

        return keep

    def _joined(self, name: str) -> Tensor:
        return torch.cat(self._seen[name])

    def _views(self, name: str) -> list[Tensor]:
        """Per pass `(S, tokens, D)` of what a block gave, the camera token first."""
        (group,) = self._packing.groups
        return [x.unflatten(0, (-1, group.span.length)) for x in self._seen[name]]

    def _trace(self, reference: int) -> Tensor:
        """`(blocks, S, tokens, channels)` of the first pass, in the order the reference saw."""
        backbone = self._network.config.backbone
        order = list(range(len(self._packing.sizes)))
        moved = [reference, *(view for view in order if view != reference)]
        rows = []
        for i in range(backbone.depth):
            late = backbone.cross_view_from is not None and i >= backbone.cross_view_from - 1
            rows.append(self._views(f"block{i}")[0][moved if late else order, ::31, ::29])
        return torch.stack(rows)

    def _taps(self) -> dict[str, Tensor]:
        backbone, norm = self._network.config.backbone, self._network.backbone.norm
        arrays: dict[str, Tensor] = {}
        for j, i in enumerate(backbone.taps):
            x = torch.stack(self._views(f"block{i}"))
            camera, patches = x[:, :, 0], norm(x)[:, :, 1:]
            if backbone.cross_view_from is not None:
                local = torch.stack(self._views(f"block{i - 1}"))
                camera = torch.cat([local[:, :, 0], camera], dim=-1)
                patches = torch.cat([local[:, :, 1:], patches], dim=-1)
            arrays |= {f"tap{j}_feat": patches[:, :, ::7, ::13], f"tap{j}_cam": camera}
        return arrays

    def _exported(self, features: Iterable[int], references: Sequence[int]) -> dict[str, Tensor]:
        """Normalised patches after some blocks; the reference stored them in its moved order."""
        backbone, norm = self._network.config.backbone, self._network.backbone.norm
        arrays: dict[str, Tensor] = {}
        for k, i in enumerate(features):
            rows = []
            for x, reference in zip(self._views(f"block{i}"), references, strict=True):
                order = list(range(len(x)))
                if backbone.cross_view_from is not None and i >= backbone.cross_view_from - 1:
                    order = [reference, *(view for view in order if view != reference)]
                rows.append(norm(x)[order, 1:][:, ::7, ::13])
            arrays[f"aux{k}"] = torch.stack(rows)
        return arrays
