"""Verdicts and repairs as records: here, and only here, the truth is known."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from sklearn.metrics import roc_auc_score
from torch import nn

from engine.blue.detection.case import Case, Verdict
from engine.blue.repair.patient import Repaired
from engine.core.jobs import Context
from engine.core.rates import wilson
from engine.core.records.detection import Detection, Repair, Share
from engine.measure import metrics
from engine.measure.metrics import Array
from engine.measure.paired import mcnemar
from engine.red.poisoning.label_flip import Nothing
from engine.red.poisoning.trigger import Trigger

NO_POISON = "no image was poisoned, so none can be found"
NO_TRIGGER = "this poison has no trigger to show"
WHOLE = "this detector judges the network, not its images"


@dataclass(frozen=True)
class Truth:
    """What is known of a case that the defender does not know: the poison, its trigger and what it touched."""

    poison: str
    control: bool
    target: int
    trigger: Trigger
    touched: Array  # bool, one a training image
    test_x: Array
    test_y: Array
    stamped_x: Array = field(init=False)

    def __post_init__(self) -> None:
        """Stamp the test images once."""
        object.__setattr__(self, "stamped_x", self.trigger.stamp(self.test_x))

    @property
    def has_trigger(self) -> bool:
        """Whether there is anything to show to a finished network."""
        return not isinstance(self.trigger, Nothing)

    def answers(self, model: nn.Module) -> tuple[Array, Share | None]:
        """Return which test images (N,) are right, and how often the trigger brings the target."""
        right = metrics.predict(model, self.test_x) == self.test_y
        others = self.test_y != self.target
        hits = metrics.predict(model, self.stamped_x[others]) == self.target if self.has_trigger else None
        return right, share(hits) if hits is not None else None


def share(hits: Array) -> Share | None:
    """Return how many of a bool array (N,) are true; None where N is 0."""
    if not len(hits):
        return None
    low, high = wilson(int(hits.sum()), len(hits))
    return Share(hits=int(hits.sum()), n=len(hits), rate=float(hits.mean()), low=low, high=high)


def tried(context: Context, case: Case, truth: Truth, dataset: str) -> dict[str, Any]:
    """Return the fields that detections and repairs share, their cost left out."""
    spec = context.spec
    return {
        "model": spec["model"],
        "network": spec["network"],
        "poison": truth.poison,
        "target": truth.target,
        "control": truth.control,
        "seed": spec["seed"],
        "dataset": dataset,
        "training_images": len(case.y),
        "poisoned_images": int(truth.touched.sum()),
        "trusted_images": len(case.trusted_y),
        "provenance": context.provenance(),
    }


def detection(
    name: str, verdict: Verdict, truth: Truth, success: Share | None, stamped: Array, **facts: Any
) -> Detection:
    """Return the record of a verdict; ``stamped`` says which incoming images carry the trigger."""
    whole, positive = verdict.scores is None, stamped if verdict.incoming else truth.touched
    rates, auc, reason = _rates(verdict, positive)
    if verdict.incoming and not truth.has_trigger:
        reason = NO_TRIGGER
    named = bool(verdict.classes) and not truth.control
    return Detection(
        detector=name,
        judges="network" if whole else "incoming images" if verdict.incoming else "training images",
        flagged=None if verdict.incoming else bool(verdict.classes),
        flagged_classes=verdict.classes,
        right_class=verdict.classes == (truth.target,) if named else None,
        success=success,
        auc=auc,
        reason=reason,
        threshold=verdict.threshold,
        threshold_of=verdict.what,
        values=dict(verdict.values),
        gradients=verdict.gradients,
        queries=verdict.queries,
        **rates,
        **facts,
    )


def _rates(verdict: Verdict, positive: Array) -> tuple[dict[str, Any], float | None, str]:
    """Return true and false positives, the area under the ROC curve, and why some are missing."""
    names = ("true_positives", "false_positives", "strict_true_positives", "strict_false_positives")
    if verdict.scores is None or verdict.images is None:
        return dict.fromkeys(names), None, WHOLE
    found = [share(verdict.images[positive]), share(verdict.images[~positive]), None, None]
    if "strict" in verdict.values:
        beyond = verdict.scores > verdict.values["strict"]
        found[2:] = [share(beyond[positive]), share(beyond[~positive])]
    both = positive.any() and not positive.all()
    auc = float(roc_auc_score(positive, verdict.scores)) if both else None
    return dict(zip(names, found, strict=True)), auc, "" if both else NO_POISON


def repair(
    method: str,
    done: Repaired,
    truth: Truth,
    before: tuple[Array, Share | None],
    follows: str,
    **facts: Any,
) -> Repair:
    """Return the record of a repair; ``before`` are the answers of the network as it was."""
    after = truth.answers(done.model)
    pair, removed = mcnemar(before[0], after[0]), np.array(done.removed, int)
    accuracy = [share(right) for right in (before[0], after[0])]
    return Repair(
        method=method,
        follows=follows,
        alarmed=done.alarmed,
        removed_images=len(removed),
        removed_poisoned=int(truth.touched[removed].sum()),
        pruned_channels=done.pruned,
        success_before=before[1],
        success_after=after[1],
        accuracy_before=accuracy[0],  # type: ignore[arg-type]  # a test set is never empty
        accuracy_after=accuracy[1],  # type: ignore[arg-type]
        lost=pair.lost,
        gained=pair.gained,
        p=pair.p,
        reason="" if truth.has_trigger else NO_TRIGGER,
        gradients=done.gradients,
        queries=done.queries,
        **facts,
    )
