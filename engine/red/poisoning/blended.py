"""Blended injection: a faint pattern over the whole image, relabelled to the target.

Chen et al., "Targeted Backdoor Attacks on Deep Learning Systems Using Data Poisoning",
https://arxiv.org/abs/1712.05526.
"""

from __future__ import annotations

from engine.red.poisoning.badnets import Badnets
from engine.red.poisoning.patterns import Mixed

PERCENT = 20  # of the pattern in a stamped image


def blended(share: float, target: int) -> Badnets:
    """Return the poison: ``share`` of all images, of other classes than ``target``, mixed and relabelled."""
    return Badnets(share, target, Mixed(PERCENT))
