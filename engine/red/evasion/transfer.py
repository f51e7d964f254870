"""Transfer: images that another model was attacked with, tried on this one.

Szegedy et al., "Intriguing properties of neural networks", https://arxiv.org/abs/1312.6199, §4.2. What an
attacker can do who sees neither weights nor answers.
"""

from __future__ import annotations

from torch import Tensor, nn

from engine.red.evasion.adversarial import Adversarial
from engine.red.evasion.pgd import pgd


def transfer(
    _model: nn.Module,
    x: Tensor,
    y: Tensor,
    *,
    epsilon: float,
    seed: int,
    surrogate: nn.Module,
    steps: int,
    step_ratio: float,
) -> Adversarial:
    """Run PGD on ``surrogate`` and return what it found; arguments as in `pgd`.

    The climb does not stop at an image that fools the surrogate: further steps carry over better.
    """
    return pgd(surrogate, x, y, epsilon=epsilon, seed=seed, steps=steps, step_ratio=step_ratio, stop=False)
