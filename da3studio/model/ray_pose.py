"""Cameras from predicted rays.

A pinhole camera sees pixel p along the direction R K^-1 p, so the map from pixels to ray directions
is a homography. It is fitted robustly; an orthogonal-triangular factorisation splits it into the
camera's orientation and its lens. The rays' origins meet at the camera's centre.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from da3studio.model.camera_heads import Cameras

_CANDIDATES = 0.3  # share of the rays, the most confident ones, that hypotheses are drawn from
_HYPOTHESES = 100
_SAMPLE = 8  # rays per hypothesis
_INLIER = 0.2  # distance in the plane z = 1
_FIT_WITH = 8000  # most rays in the last fit
_KEPT = 0.95  # share of the inliers, the most confident ones, that those are drawn from
_FLAT = 1e-4  # |z| of a direction that is parallel to the plane z = 1

Factorise = Callable[[Tensor], tuple[Tensor, Tensor, Tensor]]
"""`(3, 3)` homography → rotation `(3, 3)`, focal lengths `(2,)`, principal point `(2,)`."""


def draw_subsets(n_rays: int, seed: int) -> Tensor:
    """`(100, 8)` places in the list of the most confident rays, for `cameras_from_rays`."""
    generator = torch.Generator().manual_seed(seed)
    n = _n_candidates(n_rays)
    draws = [torch.randperm(n, generator=generator)[:_SAMPLE] for _ in range(_HYPOTHESES)]
    return torch.stack(draws)


def split_qr(homography: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Split R K^-1, K^-1 upper triangular, into the rotation and the lens.

    Returns:
        Rotation world from camera; focal lengths and principal point for pixels in [-1, 1].
    """
    q, u = torch.linalg.qr(homography)
    signs = torch.sign(u.diagonal())
    q, u = q * signs, u * signs[:, None]
    u = u / u[2, 2]
    focal = 1 / u.diagonal()[:2]
    return q, focal, -u[:2, 2] * focal


def cameras_from_rays(
    rays: Sequence[Tensor],
    confidences: Sequence[Tensor],
    sizes: Sequence[tuple[int, int]],
    *,
    seed: int = 0,
    subsets: Tensor | None = None,
    factorise: Factorise = split_qr,
) -> Cameras:
    """Fit a camera to the rays of each view.

    Args:
        rays: `(m, n, 6)` per view: direction and origin in the world, in any length.
        confidences: `(m, n)` per view, > 0.
        sizes: height and width of the network's input per view [px].
        seed: of every random choice.
        subsets: instead of `draw_subsets`.
        factorise: instead of `split_qr`.

    Returns:
        Cameras in the rays' world, float32 on the CPU: small systems are solved faster there.
    """
    poses, lenses = [], []
    for view_rays, confidence, size in zip(rays, confidences, sizes, strict=True):
        chosen = draw_subsets(confidence.numel(), seed) if subsets is None else subsets
        rotation, centre, focal, point = _camera(view_rays, confidence, chosen, seed, factorise)
        translation = -rotation.T @ centre
        poses.append(torch.cat([rotation.T, translation[:, None]], dim=1))
        half = torch.tensor([size[1] / 2, size[0] / 2], dtype=torch.float64)
        lens = torch.eye(3, dtype=torch.float64)
        lens[:2, :2] = torch.diag(focal * half)
        lens[:2, 2] = (point + 1) * half
        lenses.append(lens)
    return Cameras(torch.stack(poses).float(), torch.stack(lenses).float())


def _camera(
    rays: Tensor, confidence: Tensor, subsets: Tensor, seed: int, factorise: Factorise
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Rotation world from camera, centre, focal lengths and principal point in [-1, 1]."""
    m, n = confidence.shape
    directions, origins = rays.cpu().double().flatten(0, 1).split(3, dim=-1)
    y, x = torch.meshgrid(_cell_centres(m), _cell_centres(n), indexing="ij")
    pixels = torch.stack([x, y], dim=-1).flatten(0, 1)
    steep = directions[:, 2].abs() > _FLAT
    weights = confidence.cpu().double().flatten() * steep
    depth = torch.where(steep, directions[:, 2], torch.ones_like(directions[:, 2]))
    targets = directions[:, :2] / depth[:, None]
    homography = _robust_homography(pixels, targets, weights, subsets, seed)
    if torch.linalg.det(homography) < 0:
        homography = -homography
    rotation, focal, point = factorise(homography)
    centre = (weights[:, None] * origins).sum(dim=0) / weights.sum()
    return rotation, centre, focal, point


def _robust_homography(
    pixels: Tensor, targets: Tensor, weights: Tensor, subsets: Tensor, seed: int
) -> Tensor:
    """RANSAC, then a weighted fit to the inliers of the best hypothesis."""
    best = weights.sort(descending=True, stable=True).indices[: _n_candidates(len(weights))]
    drawn = best[subsets]
    hypotheses = _fit_homographies(pixels[drawn], targets[drawn], weights[drawn])
    scores = [(weights * _fits(h, pixels, targets)).sum() for h in hypotheses]
    inliers = _fits(hypotheses[int(torch.stack(scores).argmax())], pixels, targets).nonzero()[:, 0]
    if len(inliers) > _FIT_WITH:
        order = weights[inliers].sort(descending=True, stable=True).indices
        kept = inliers[order[: max(_FIT_WITH, int(_KEPT * len(inliers)))]]
        generator = torch.Generator().manual_seed(seed)
        inliers = kept[torch.randperm(len(kept), generator=generator)[:_FIT_WITH]]
    one_set = inliers[None]
    return _fit_homographies(pixels[one_set], targets[one_set], weights[one_set])[0]


def _fit_homographies(pixels: Tensor, targets: Tensor, weights: Tensor) -> Tensor:
    """`(B, 3, 3)` weighted direct linear transforms of `(B, P, 2)` pairs."""
    p = torch.cat([pixels, torch.ones_like(pixels[..., :1])], dim=-1)
    zero = torch.zeros_like(p)
    u, v = targets[..., :1], targets[..., 1:]
    rows = torch.cat([torch.cat([-p, zero, p * u], -1), torch.cat([zero, -p, p * v], -1)], dim=1)
    rows = rows * weights.sqrt().repeat(1, 2)[..., None]
    # The right singular vector of the smallest singular value, by the 9 x 9 normal matrix.
    homographies = torch.linalg.eigh(rows.transpose(1, 2) @ rows).eigenvectors[..., 0]
    homographies = homographies.unflatten(-1, (3, 3))
    return homographies / homographies[:, 2:, 2:]


def _fits(homography: Tensor, pixels: Tensor, targets: Tensor) -> Tensor:
    mapped = pixels @ homography[:, :2].T + homography[:, 2]
    return (mapped[:, :2] / mapped[:, 2:] - targets).norm(dim=-1) < _INLIER


def _n_candidates(n_rays: int) -> int:
    return max(_SAMPLE, int(_CANDIDATES * n_rays))


def _cell_centres(n: int) -> Tensor:
    """Of `n` cells that divide [-1, 1]."""
    return (2 * torch.arange(n, dtype=torch.float64) + 1) / n - 1
