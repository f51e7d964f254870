"""Defences of the input: each under attackers that know more and more of it, and what it costs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal, TypeAlias

from pydantic import ConfigDict, Field

from engine.core.records.common import FORBID, Count, Fraction, Measured, Provenance, Seconds

Attacker: TypeAlias = Literal["none", "blind", "naive", "adaptive", "worst"]


@dataclass(frozen=True, kw_only=True)
class InputDefence(Measured):
    """One defence of one model under one attacker at one size; ``defence`` "none" is the bare model.

    ``blind`` attacks the bare model, ``naive`` goes straight through the defence with whatever gradient it
    has, ``adaptive`` knows it. ``worst`` counts an image as right where none of these and no random search
    broke it. ``bare_`` is the model without the defence on the same images: clean for attacker "none", under
    random search as well for "worst", else under PGD. An image that is wrong unattacked counts as wrong.
    """

    kind: Literal["input_defence"] = "input_defence"
    defence: str
    attacker: Attacker
    settings: dict[str, float | int | str]  # of the defence
    effort: dict[str, float | int | str]  # of the attacker
    bare_successes: Count
    bare_accuracy: Fraction
    lost: Count  # right bare, wrong defended
    gained: Count  # wrong bare, right defended
    p: Fraction  # McNemar's exact test of these two
    only_search: Count  # images that random search alone broke; 0 but for "worst"


@dataclass(frozen=True, kw_only=True)
class InputCost:
    """What an answer costs, a single thread, median milliseconds an image in batches of ``batch``."""

    __pydantic_config__: ClassVar[ConfigDict] = FORBID
    kind: Literal["input_cost"] = "input_cost"
    model: str
    defence: str  # "none" for the bare model
    part: Literal["defence", "answer"]  # the step alone, once, or the whole answer with all its draws
    draws: Annotated[int, Field(gt=0)]
    seed: Count
    batch: Annotated[int, Field(gt=0)]
    repeats: Annotated[int, Field(gt=0)]
    median_ms: Seconds
    provenance: Provenance
