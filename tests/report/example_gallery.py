"""Records of the images behind the figures, with their arrays, for the pages' tests."""

from __future__ import annotations

import numpy as np

from engine.core.records import Behind, Explored

LIMIT = 2
# (label, answer) of the pictures that were kept: two sevens read right, a four read as nine
CELLS = ((4, 9), (7, 7), (7, 7))


def behind(model: str, condition: str) -> Behind:
    from tests.report.example import origin

    confusion = [[0] * 10 for _ in range(10)]
    confusion[7][7], confusion[4][9] = 5, 1
    return Behind(
        model=model, condition=condition, n=6, seed=0, dataset="MNIST", confusion=tuple(map(tuple, confusion)),
        limit=LIMIT, kept=3, seconds=1.0, provenance=origin(f"behind/{model}/seed0"),
    )  # fmt: skip


def explored(model: str) -> Explored:
    from tests.report.example import origin

    return Explored(
        model=model, n=10, seed=0, dataset="MNIST", epsilons=(0.1, 0.3), attacks=("fgsm", "pgd"),
        smallest=("deepfool",), methods=("interval",), wrong=1, broken=2, pictured=1, seconds=1.0, gradients=400,
        provenance=origin(f"explore/{model}/seed0"),
    )  # fmt: skip


def records() -> tuple:
    from tests.report.example import pending

    return (behind("clean", "clean"), behind("clean", "stamped"), explored("clean"), explored("hardened"),
            pending("gallery", "backdoored", "explored"))  # fmt: skip


def arrays() -> dict[str, np.ndarray]:
    """Image 0 was wrong before, 1 falls to PGD at 0.1, 2 to both at 0.3 without a picture, the others stand."""
    digits, rest = np.arange(10), [np.inf] * 7
    kept = {
        "x": np.full((3, 28, 28), 50, np.uint8) + np.arange(3, dtype=np.uint8)[:, None, None],
        "index": np.array([11, 3, 5]), "true": np.array([t for t, _ in CELLS]),
        "answer": np.array([a for _, a in CELLS]),
    }  # fmt: skip
    attacked = {f"0.3/behind_{name}": part for name, part in kept.items()} | {"0.3/behind_limit": np.array(LIMIT)}
    broke = np.zeros((2, 10), bool)
    broke[1, 1] = broke[:, 2] = True
    return {
        **{f"{condition}/{name}": part for condition in ("clean", "stamped") for name, part in kept.items()},
        **attacked, "index": 100 + digits, "label": digits, "before": np.array([6, *range(1, 10)]), "broke": broke,
        "epsilon": np.array([0.0, 0.1, 0.3, *rest]), "proved": np.array([0.0] * 9 + [0.25]),
        "after": np.array([-1, 7, *[-1] * 8]), "adv": np.full((10, 28, 28), 90, np.uint8),
        "l2": np.array([0.0, 1.5, np.nan, *[np.inf] * 7]), "l2_by": np.array([-1, 0, *[-1] * 8]),
    }  # fmt: skip
