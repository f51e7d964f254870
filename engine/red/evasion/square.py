"""Square: random search by score alone, for models whose gradient may mislead.

Andriushchenko, Croce, Flammarion, Hein, "Square Attack: a query-efficient black-box adversarial attack
via random search", https://arxiv.org/abs/1912.00049, the L∞ form. Broken images leave the batch at once.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from engine.core.seeds import derive
from engine.red.evasion.adversarial import Adversarial
from engine.red.evasion.losses import margin

SHARE = 0.8  # of the image that the first square covers
HALVINGS = (10, 50, 200, 500, 1000, 2000, 4000, 6000, 8000)  # of 10,000 queries: the area halves after each


def side(query: int, queries: int, pixels: int) -> int:
    """Return the side of the square at a query, at least 1; the schedule is stretched to ``queries``."""
    at = query * 10_000 / queries
    share = SHARE / 2 ** sum(at > halving for halving in HALVINGS)
    return max(round((share * pixels) ** 0.5), 1)


@torch.no_grad()
def square(
    model: nn.Module, x: Tensor, y: Tensor, *, epsilon: float, seed: int, queries: int, varies: bool = False
) -> Adversarial:
    """Change random squares by ±``epsilon`` and keep what lowers the margin of the true label.

    Args:
        model: Returns logits for float images; only its answers are used.
        x: float32 (N, 1, 28, 28) in [0, 1].
        y: True labels, int64 (N,).
        epsilon: L∞ size in (0, 1].
        seed: Chooses the squares and their signs.
        queries: Squares that are tried, an image. One that changes nothing, as a single pixel often does that
            has this sign already, is not asked about: the answer is known.
        varies: The model answers differently each time; then it is asked about every square.
    """
    chance = torch.Generator().manual_seed(derive("square", seed, f"{epsilon:g}"))
    height, width = x.shape[2:]
    low, high = (x - epsilon).clamp(0, 1), (x + epsilon).clamp(0, 1)
    stripes = torch.randint(0, 2, (len(x), 1, 1, width), generator=chance).to(x) * 2 - 1
    found = torch.minimum(torch.maximum(x + epsilon * stripes, low), high)
    best = margin(model(found), y)
    spent, standing = len(x), torch.nonzero(best > 0)[:, 0]
    for query in range(1, queries):
        if not len(standing):
            break
        size = side(query, queries, height * width)
        window = _window(len(standing), height, width, size, chance).to(x)
        sign = torch.randint(0, 2, (len(standing), 1, 1, 1), generator=chance).to(x) * 2 - 1
        tried = found[standing] + 2 * epsilon * sign * window
        tried = torch.minimum(torch.maximum(tried, low[standing]), high[standing])
        changed = (tried != found[standing]).flatten(1).any(1) | varies
        asked, tried = standing[changed], tried[changed]
        if not len(asked):
            continue
        value = margin(model(tried), y[asked])
        spent += len(asked)
        better = value < best[asked]
        found[asked[better]], best[asked[better]] = tried[better], value[better]
        standing = standing[best[standing] > 0]
    return Adversarial(found, 0, spent)


def _window(n: int, height: int, width: int, size: int, chance: torch.Generator) -> Tensor:
    """Return a mask (n, 1, height, width) with one square of ones an image, anywhere inside it."""
    rows, columns = (torch.randint(0, extent - size + 1, (n, 1), generator=chance) for extent in (height, width))
    down, across = torch.arange(height)[None], torch.arange(width)[None]
    vertical, level = (down >= rows) & (down < rows + size), (across >= columns) & (across < columns + size)
    return (vertical[:, :, None] & level[:, None, :])[:, None].float()
