"""Image warps and box means: OpenCV on the CPU, where it is several times faster, torch on a GPU.

Everything else of the stereo code is torch and the same on both.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

OUTSIDE = -1.0  # value of a warped pixel that falls outside the source; images are >= 0
_BEHIND = 1e-6  # relative depth in the source up to which a point is not seen


def warp_planes(image: Any, homographies: NDArray[np.float64], height: int, width: int) -> Any:
    """See a source image through plane after plane.

    Args:
        image: `(h, w)` float32 tensor >= 0.
        homographies: `(D, 3, 3)` from reference pixels to source pixels, integer pixel centres.
        height: of the result [px].
        width: of the result [px].

    Returns:
        `(D, height, width)` tensor on the image's device, `OUTSIDE` where the source ends.
    """
    import torch

    if image.device.type == "cpu":
        import cv2

        warped = np.empty((len(homographies), height, width), np.float32)
        source = image.numpy()
        corners = np.array([[0, width, 0, width], [0, 0, height, height], [1.0] * 4])
        for plane, homography in zip(warped, homographies, strict=True):
            cv2.warpPerspective(
                source, homography, (width, height), dst=plane,
                flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
                borderMode=cv2.BORDER_CONSTANT, borderValue=OUTSIDE,
            )  # fmt: skip
            if (homography[2] @ corners).min() <= _BEHIND:  # OpenCV mirrors what lies behind
                a, b, c = homography[2]
                ahead = a * np.arange(width) + b * np.arange(height)[:, None] + c
                plane[ahead <= _BEHIND] = OUTSIDE
        return torch.from_numpy(warped)
    y, x = torch.meshgrid(
        torch.arange(height, device=image.device, dtype=torch.float32),
        torch.arange(width, device=image.device, dtype=torch.float32),
        indexing="ij",
    )
    pixels = torch.stack([x, y, torch.ones_like(x)]).reshape(3, -1)
    h = torch.as_tensor(homographies, dtype=torch.float32, device=image.device)
    seen = h @ pixels
    seen = torch.where(seen[:, 2:] > _BEHIND, seen[:, :2] / seen[:, 2:], torch.inf)
    return _sample(image, seen[:, 0], seen[:, 1]).reshape(len(homographies), height, width)


def warp_pixels(image: Any, x: Any, y: Any) -> Any:
    """Look a source image up at given pixels (integer centres).

    Args:
        image: `(h, w)` float32 tensor >= 0.
        x: `(K, H, W)` column in the image [px].
        y: `(K, H, W)` row in the image [px].

    Returns:
        `(K, H, W)` tensor, `OUTSIDE` where the source ends.
    """
    import torch

    if image.device.type == "cpu":
        import cv2

        source, columns, rows = image.numpy(), x.numpy(), y.numpy()
        warped = np.empty(columns.shape, np.float32)
        for k in range(len(warped)):
            cv2.remap(
                source, columns[k], rows[k], cv2.INTER_LINEAR, dst=warped[k],
                borderMode=cv2.BORDER_CONSTANT, borderValue=OUTSIDE,
            )  # fmt: skip
        return torch.from_numpy(warped)
    return _sample(image, x, y)


def _sample(image: Any, x: Any, y: Any) -> Any:
    import torch
    from torch.nn.functional import grid_sample

    height, width = image.shape
    grid = torch.stack([x / (width - 1) * 2 - 1, y / (height - 1) * 2 - 1], dim=-1)
    flat = grid.reshape(1, -1, 1, 2).nan_to_num(nan=2e6, posinf=2e6, neginf=-2e6)
    values = grid_sample(
        image[None, None], flat, mode="bilinear", padding_mode="border", align_corners=True
    ).reshape(x.shape)
    inside = (x >= 0) & (x <= width - 1) & (y >= 0) & (y <= height - 1)
    return torch.where(inside, values, OUTSIDE)


def box_mean(images: Any, side: int) -> Any:
    """Mean over a `side` x `side` window (odd) around every pixel of `(K, H, W)` images."""
    import torch
    from torch.nn.functional import avg_pool2d, pad

    if images.device.type == "cpu":
        import cv2

        means = np.empty(images.shape, np.float32)
        for image, mean in zip(images.numpy(), means, strict=True):
            cv2.blur(image, (side, side), dst=mean, borderType=cv2.BORDER_REPLICATE)
        return torch.from_numpy(means)
    half = side // 2
    padded = pad(images[:, None], (half, half, half, half), mode="replicate")
    return avg_pool2d(padded, side, stride=1)[:, 0]
