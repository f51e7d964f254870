"""Membership inference: was this image in the training set?

Yeom et al., "Privacy Risk in Machine Learning", https://arxiv.org/abs/1709.01604 (gap and loss threshold);
Shokri et al., "Membership Inference Attacks Against Machine Learning Models",
https://arxiv.org/abs/1610.05820 (learned, through ART). Higher values mean "member".
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from art.attacks.inference.membership_inference import MembershipInferenceBlackBox
from torch import nn

from engine.art_bridge import scores
from engine.core.seeds import derive

Array: TypeAlias = np.ndarray[Any, Any]


def gap(probabilities: Array, labels: Array) -> Array:
    """Return 1 where the answer is right, else 0: all that can be told without scores. Shapes (N, 10), (N,)."""
    return (probabilities.argmax(axis=1) == labels).astype(np.float64)


def loss(probabilities: Array, labels: Array) -> Array:
    """Return minus the cross-entropy of the true label, (N,)."""
    own = probabilities[np.arange(len(labels)), labels].astype(np.float64)
    return np.log(np.maximum(own, np.finfo(np.float64).tiny))


def learned(
    model: nn.Module, known: tuple[Array, Array], strangers: tuple[Array, Array], asked: tuple[Array, Array], seed: int
) -> Array:
    """Return the probability of membership that a learner gives, (N,).

    Args:
        model: The victim; its probabilities and the true label are what the learner sees.
        known: Images (float32 in [0, 1]) and labels that the attacker knows to be members.
        strangers: The same for images known not to be.
        asked: Images and labels to decide on.
        seed: Chooses the learner's chances.
    """
    np.random.seed(derive("membership", seed))  # ART and scikit-learn draw from the global one
    attack = MembershipInferenceBlackBox(scores(model), attack_model_type="gb")
    attack.fit(known[0], known[1], strangers[0], strangers[1])
    return np.asarray(attack.infer(asked[0], asked[1], probabilities=True), np.float64).reshape(-1)
