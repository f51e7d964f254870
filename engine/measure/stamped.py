"""What a trigger does to a model: target answers among images of other labels, with and without it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from engine.core.jobs import Context
from engine.core.records.poisoning import Poisoning
from engine.measure import metrics
from engine.measure.metrics import Array
from engine.red.poisoning.trigger import Trigger


@dataclass(frozen=True)
class Shown:
    """Labels of test images, and a model's answers to them without and with the trigger, all (N,)."""

    labels: Array
    clean: Array
    stamped: Array
    dataset: str


def reading(context: Context, shown: Shown, *, trigger: Trigger, target: int, **facts: Any) -> Poisoning:
    """Return the record; ``facts`` are its other fields. Images whose true label is the target are left out."""
    others = shown.labels != target
    n = int(others.sum())
    hits = int((shown.stamped[others] == target).sum())
    base = int((shown.clean[others] == target).sum())
    right = metrics.rated(int((shown.clean == shown.labels).sum()), len(shown.labels))
    return Poisoning(
        model=context.spec["model"],
        network=context.spec["network"],
        trigger=facts.pop("name", trigger.name),
        trigger_size=trigger.size,
        target=target,
        hits=hits,
        base_hits=base,
        base_rate=base / n,
        clean_accuracy=right["accuracy"],
        clean_low=right["low"],
        clean_high=right["high"],
        norm="none",
        epsilon=0.0,
        seed=context.spec["seed"],
        dataset=shown.dataset,
        seconds=facts.pop("seconds", 0.0),
        gradients=facts.pop("gradients", 0),
        queries=facts.pop("queries", 0),
        flags=(),
        provenance=context.provenance(),
        **metrics.rate_of(hits, n, "success"),
        **metrics.rated(int((shown.stamped[others] == shown.labels[others]).sum()), n),
        **facts,
    )
