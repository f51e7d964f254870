"""Training recipes that the report tries side by side on the small network, the failed ones too."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Variant:
    """A recipe of the registry with settings of its own; ``about`` says what it is there to show."""

    name: str
    title: str
    about: str
    recipe: str
    settings: dict[str, Any] = field(default_factory=dict)


CLIMB = {"epsilon": 0.3, "steps": 4, "step_ratio": 0.4, "ramp": 0.3}
VARIANTS = (
    Variant("plain", "No defence", "The control: images as they are.", "standard"),
    Variant(
        "one-step",
        "One step",
        "A single signed step of 1.25 ε from a random start, which a model can learn to fool.",
        "adversarial",
        {**CLIMB, "steps": 1, "step_ratio": 1.25},
    ),
    Variant("pgd", "PGD, four steps", "Closest to the recipe of the hardened model.", "adversarial", CLIMB),
    Variant(
        "pgd-plain-start",
        "PGD, usual first layer",
        "The same without thresholds in the first layer.",
        "adversarial",
        {**CLIMB, "thresholds": False},
    ),
    Variant("pgd-no-ramp", "PGD, full ε at once", "The same without a ramp.", "adversarial", {**CLIMB, "ramp": 0.0}),
    Variant(
        "pgd-larger",
        "PGD, larger ε",
        "Trained at 0.35 and attacked at 0.3.",
        "adversarial",
        {**CLIMB, "epsilon": 0.35},
    ),
    Variant(
        "pgd-again",
        "PGD, two steps that go on",
        "Half the steps; most attacks go on from where they ended an epoch before, which can teach to hide.",
        "adversarial",
        {**CLIMB, "steps": 2, "step_ratio": 0.5, "again": 0.8},
    ),
    Variant("trades-1", "TRADES, weight 1", "A light penalty.", "trades", {**CLIMB, "weight": 1.0}),
    Variant("trades-6", "TRADES, weight 6", "The paper’s penalty.", "trades", {**CLIMB, "weight": 6.0}),
)
