"""Rotation and shift: the worst of a grid, for each image by itself.

Engstrom et al., "Exploring the Landscape of Spatial Robustness", https://arxiv.org/abs/1712.02779.
No norm bounds the change, and a person still reads the digit.
"""

from __future__ import annotations

from itertools import product
from math import cos, radians, sin

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine.red.evasion.adversarial import BATCH, Adversarial
from engine.red.evasion.losses import margin

DEGREES, PIXELS = 30.0, 3.0  # at size 1


def moved(x: Tensor, degrees: float, right: float, down: float) -> Tensor:
    """Return images (N, 1, H, W) turned counter-clockwise, then shifted by pixels; black comes in from outside."""
    turn, (height, width) = radians(degrees), x.shape[2:]
    across, along = -2 * right / width, -2 * down / height
    rows = [
        [cos(turn), -sin(turn), cos(turn) * across - sin(turn) * along],
        [sin(turn), cos(turn), sin(turn) * across + cos(turn) * along],
    ]
    grid = F.affine_grid(torch.tensor(rows)[None].expand(len(x), -1, -1).to(x), list(x.shape), align_corners=False)
    return F.grid_sample(x, grid, align_corners=False).clamp(0, 1)


@torch.no_grad()
def spatial(model: nn.Module, x: Tensor, y: Tensor, *, epsilon: float, seed: int, points: int) -> Adversarial:
    """Try ``points`` angles and as many shifts each way; keep what leaves the true label least ahead.

    Args:
        model: Returns logits for float images; only its answers are used.
        x: float32 (N, 1, 28, 28) in [0, 1].
        y: True labels, int64 (N,).
        epsilon: Share of 30 degrees and of 3 pixels to go at most, in (0, 1].
        seed: Unused, the grid is fixed.
        points: Odd, so that the image as it is lies on the grid.
    """
    del seed
    ticks = torch.linspace(-epsilon, epsilon, points).tolist()
    found, best = (
        x.clone(),
        torch.cat([margin(model(a), b) for a, b in zip(x.split(BATCH), y.split(BATCH), strict=True)]),
    )
    standing, queries = torch.nonzero(best > 0)[:, 0], len(x)
    for turn, right, down in product(ticks, ticks, ticks):
        if not len(standing):
            break
        left = []
        for part in standing.split(BATCH):
            tried = moved(x[part], DEGREES * turn, PIXELS * right, PIXELS * down)
            value = margin(model(tried), y[part])
            better = value < best[part]
            found[part[better]], best[part[better]] = tried[better], value[better]
            left.append(part[best[part] > 0])
        queries += len(standing)
        standing = torch.cat(left)
    return Adversarial(found, 0, queries)
