"""Hand-built detections and repairs: a detector that finds, one that does not, and the controls."""

from __future__ import annotations

from math import sqrt

import numpy as np

from engine.core.records import Detection, Pending, Provenance, Repair, Share


def share(hits: int, n: int) -> Share:
    rate, z = hits / n, 1.96
    centre = (rate + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * sqrt(rate * (1 - rate) / n + z * z / (4 * n * n))
    return Share(hits=hits, n=n, rate=rate, low=max(0.0, centre - half), high=min(1.0, centre + half))


def common(poison: str, seed: int, model: str = "workshop") -> dict:
    name = f"detection/{poison}/seed{seed}"
    origin = Provenance(
        name=name, job=f"key of {name}", profile="standard", packages={"torch": "2.14.1"}, device="cpu", cores=2
    )
    return {
        "model": model, "network": "strided", "poison": poison, "target": 7, "control": poison == "none",
        "seed": seed, "dataset": "MNIST", "training_images": 12000, "trusted_images": 2000, "seconds": 1.5,
        "poisoned_images": 0 if poison == "none" else 120, "gradients": 0, "queries": 14000, "provenance": origin,
    }  # fmt: skip


def detection(detector: str, poison: str, found: int, alarms: int, seed: int = 0, model: str = "workshop") -> Detection:
    """120 poisoned images; ``found`` of them are flagged. A detector that finds 60 flags the network."""
    clean, whole = poison == "none", detector == "neural_cleanse"
    incoming, rated = detector == "strip", poison != "none" and not whole
    flagged, rates = found >= 60, (share(found, 120) if rated else None, None if whole else share(alarms, 11880))
    sizes = {f"size {k}": 3.0 if k == 7 and not clean else 60.0 + k for k in range(10)}
    index = {f"index {k}": 8.0 if k == 7 and not clean else 2.5 if k == 0 else 0.0 for k in range(10)}
    return Detection(
        detector=detector, judges="network" if whole else "incoming images" if incoming else "training images",
        flagged=None if incoming else flagged, flagged_classes=(7,) if flagged and not incoming else (),
        right_class=True if flagged and not clean and not incoming else None,
        success=None if poison == "label_flip" else share(3 if clean else 900, 1000), true_positives=rates[0],
        false_positives=rates[1], strict_true_positives=rates[0] if incoming else None,
        strict_false_positives=rates[1] if incoming else None, auc=found / 120 if rated else None, threshold=30.0,
        threshold_of="pixels", values=sizes | index if whole else {},
        reason="this detector judges the network, not its images" if whole
        else "no image was poisoned" if clean else "",
        **common(poison, seed, model),
    )  # fmt: skip


def repair(method: str, poison: str, before: int, after: int, lost: int, gained: int, seed: int = 0) -> Repair:
    rated = poison != "label_flip"
    return Repair(
        method=method, follows="spectral" if method == "filter_retrain" else "", alarmed=poison != "none",
        removed_images=130 if method == "filter_retrain" else 0,
        removed_poisoned=119 if method == "filter_retrain" else 0,
        pruned_channels=4 if method == "fine_pruning" else 0,
        success_before=share(before, 9000) if rated else None, success_after=share(after, 9000) if rated else None,
        accuracy_before=share(9800, 10000), accuracy_after=share(9800 - lost + gained, 10000), lost=lost,
        gained=gained, p=0.25, reason="" if rated else "this poison has no trigger to show", **common(poison, seed),
    )  # fmt: skip


def records() -> tuple:
    waiting = Pending(
        family="detection", name="detection/blended/seed0", model="workshop blended", subject="strip", norm="none",
        epsilon=0.0, seed=0, reason="not run yet",
    )  # fmt: skip
    return (
        *(detection(name, "none", 0, 60 if name == "strip" else 0)
          for name in ("activation_clustering", "spectral", "strip", "neural_cleanse")),
        detection("activation_clustering", "badnets", 118, 3), detection("activation_clustering", "badnets", 0, 0, 1),
        detection("spectral", "badnets", 119, 20), detection("spectral", "badnets", 117, 24, 1),
        detection("strip", "badnets", 50, 500), detection("neural_cleanse", "badnets", 100, 0),
        detection("spectral", "label_flip", 70, 900),
        detection("spectral", "badnets", 119, 20, model="backdoored"),
        repair("filter_retrain", "badnets", 8000, 20, 12, 15), repair("filter_retrain", "badnets", 8100, 25, 9, 9, 1),
        repair("fine_pruning", "badnets", 8000, 2000, 300, 20), repair("unlearning", "none", 20, 21, 30, 10),
        repair("filter_retrain", "label_flip", 0, 0, 5, 90), waiting,
    )  # fmt: skip


def arrays() -> dict[str, np.ndarray]:
    flat = np.full((10, 28, 28), 0.5, np.float32)
    return {"mask": flat, "reversed": flat / 2, "true": np.full((1, 28, 28), 85, np.uint8)}
