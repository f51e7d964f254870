"""Model extraction: a copy trained on answers, through ART.

Correia-Silva et al., "Copycat CNN", https://arxiv.org/abs/1806.05476 (labels only); Orekondy, Schiele,
Fritz, "Knockoff Nets", https://arxiv.org/abs/1812.02766 (scores too).
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import torch
from art.attacks.extraction import CopycatCNN
from torch import nn

from engine.art_bridge import learner, scores
from engine.core.seeds import derive
from engine.networks import build

Array: TypeAlias = np.ndarray[Any, Any]
BATCH = 64


def copy(model: nn.Module, images: Array, network: str, *, seed: int, epochs: int, with_scores: bool) -> nn.Module:
    """Return a network trained on the model's answers to ``images``, float32 (N, 1, 28, 28) in [0, 1].

    Each image is asked about once. ``with_scores`` learns from probabilities, else from labels.
    """
    torch.manual_seed(derive("extraction", seed))
    np.random.seed(derive("extraction", seed))  # ART draws from the global one
    thief = build(network)
    attack = CopycatCNN(
        scores(model), batch_size_fit=BATCH, batch_size_query=BATCH, nb_epochs=epochs, nb_stolen=len(images),
        use_probability=with_scores,
    )  # fmt: skip
    attack.extract(images, thieved_classifier=learner(thief))
    return thief.eval()
