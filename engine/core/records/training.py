"""How a model came to be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from pydantic import ConfigDict

from engine.core.records.common import FORBID, Count, Fraction, Provenance, Seconds


@dataclass(frozen=True, kw_only=True)
class Epoch:
    """A point of the learning curve. Validation images are cut from the training set."""

    __pydantic_config__: ClassVar[ConfigDict] = FORBID
    epoch: Count
    train_loss: float
    train_accuracy: Fraction
    validation_loss: float
    validation_accuracy: Fraction
    validation_robust_accuracy: Fraction | None  # under the recipe's own attack, hardened models only


@dataclass(frozen=True, kw_only=True)
class TrainingRun:
    """How a model came to be. ``gradients`` counts images through forward and backward."""

    __pydantic_config__: ClassVar[ConfigDict] = FORBID
    kind: Literal["training"] = "training"
    model: str
    network: str
    recipe: dict[str, float | int | str | bool]
    dataset: str
    seed: Count
    images: Count
    validation_images: Count
    poisoned_images: Count
    parameters: Count
    epochs: tuple[Epoch, ...]
    kept_epoch: Count
    weights_sha256: str
    precision: Literal["float32", "bfloat16"]  # of the products while training; all else is float32
    seconds: Seconds
    gradients: Count
    flags: tuple[str, ...]
    provenance: Provenance
