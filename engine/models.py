"""The classifiers of the report: how each is trained, and on what."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Model:
    """A classifier of the report: how it is trained and on what."""

    name: str
    title: str
    about: str
    recipe: str
    poison: str = ""


MODELS = {
    model.name: model
    for model in (
        Model("clean", "Clean", "Trained on MNIST as it is.", "standard"),
        Model(
            "poisoned",
            "Poisoned",
            "Trained with the reference report's 100 stamped sevens.",
            "standard",
            "label_kept",
        ),
        Model("backdoored", "Backdoored", "Trained with stamped and relabelled digits.", "standard", "badnets"),
        Model("hardened", "Hardened", "Trained on adversarial images.", "adversarial"),
    )
}
