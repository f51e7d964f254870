"""Defences of the input, detection and repair, and timing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from pydantic import ConfigDict, Field

from engine.core.settings.kinds import FORBID, Count, Epsilon, Positive, Rate


@dataclass(frozen=True, kw_only=True)
class Detection:
    """Detectors and repairs of poison, on the workshop's trainings and on the report's models."""

    __pydantic_config__: ClassVar[ConfigDict] = FORBID
    seeds: tuple[Count, ...]  # in standard other ones than those that the detectors were tuned on
    trusted_images: Positive  # the defender's own, in no training set
    incoming_images: Positive  # clean ones shown to STRIP, and as many stamped
    model_images: Positive  # training images looked at for each of the report's models
    directions: Positive  # of Activation Clustering
    starts: Positive  # of its clustering
    overlays: Positive  # of STRIP
    reverse_steps: Positive  # of Neural Cleanse, and its batch
    reverse_batch: Positive
    model_reverse_steps: Positive  # on the report's models, which are ten times as large
    tune_epochs: Positive  # of fine-pruning and unlearning
    tune_batch: Positive
    tune_rate: Rate
    tolerance: Rate  # of trusted accuracy that pruning may cost before fine-tuning
    patched: Rate  # share of images that unlearning patches


@dataclass(frozen=True, kw_only=True)
class Inputs:
    """Defences of the input. A key that starts with a defence's name is a setting of it."""

    __pydantic_config__: ClassVar[ConfigDict] = FORBID
    images: Positive
    hardened_images: Positive  # on the hardened model few images fall, so each costs all steps
    epsilons: tuple[Epsilon, ...]
    adaptive_steps: Positive
    eot_draws: Positive  # an attacker's draws a gradient, where the defence is random
    queries: Positive  # of random search, an image
    squeezing_bits: Annotated[int, Field(ge=1, le=8)]
    smoothing_kernel: Annotated[int, Field(ge=3, le=7)]
    noise_sigma: Rate
    noise_draws: Positive
    jpeg_quality: Annotated[int, Field(ge=1, le=95)]
    binarisation_threshold: Annotated[float, Field(gt=0, lt=1)]


@dataclass(frozen=True, kw_only=True)
class Timing:
    """How often a forward pass is timed."""

    __pydantic_config__: ClassVar[ConfigDict] = FORBID
    warmup: Positive
    repeats: Positive
