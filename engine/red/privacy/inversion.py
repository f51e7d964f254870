"""Model inversion: a picture of each class, drawn by climbing its score, through ART.

Fredrikson, Jha, Ristenpart, "Model Inversion Attacks that Exploit Confidence Information and Basic
Countermeasures", CCS 2015, https://doi.org/10.1145/2810103.2813677.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from art.attacks.inference.model_inversion import MIFace
from torch import nn

from engine.art_bridge import counting, scores

Array: TypeAlias = np.ndarray[Any, Any]
SURE, RATE, CLASSES = 0.999, 0.1, 10


def invert(model: nn.Module, steps: int) -> tuple[Array, int]:
    """Return ten pictures, float32 (10, 1, 28, 28) in [0, 1], one a digit from mid-grey, and the gradients taken."""
    with counting(model) as counts:
        attack = MIFace(scores(model), max_iter=steps, threshold=SURE, learning_rate=RATE, batch_size=CLASSES,
                        verbose=False)  # fmt: skip
        start = np.full((CLASSES, 1, 28, 28), 0.5, np.float32)
        found = attack.infer(start, np.arange(CLASSES))
    return np.clip(np.asarray(found, np.float32), 0, 1), counts.gradients
