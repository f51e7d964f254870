"""The classifiers of the report: how each is trained, and on what."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase


@dataclass(frozen=True)
class Model:
    """A classifier of the report: how it is trained and on what."""

    name: str
    title: str
    about: str
    recipe: str
    poison: str = ""
    network: str = "simplecnn"
    attacks: tuple[str, ...] = ("*",)  # patterns; fewer where another model already tells what the rest would
    spared: str = ""  # why the other attacks are not tried, in words for a cell

    def tries(self, attack: str) -> bool:
        """Tell whether an attack is made on this model."""
        return any(fnmatchcase(attack, pattern) for pattern in self.attacks)


BOUNDED = ("fgsm", "pgd", "autoattack", "square", "transfer", "noise")  # in the L∞ ball that it is trained for

MODELS = {
    model.name: model
    for model in (
        Model("clean", "Clean", "Trained on MNIST as it is.", "standard"),
        Model(
            "poisoned",
            "Poisoned",
            "Trained with stamped sevens, as in the reference report.",
            "standard",
            "label_kept",
        ),
        Model("backdoored", "Backdoored", "Trained with stamped and relabelled digits.", "standard", "badnets"),
        Model("hardened", "Hardened", "Trained on adversarial images.", "adversarial"),
        Model(
            "trades",
            "TRADES",
            "Trained for answers that do not change when the image is moved.",
            "trades",
            attacks=BOUNDED,
            spared="not tried: see Hardened",
        ),
        Model("certified", "Certified", "Another network, trained on interval bounds.", "interval", network="ramped"),
    )
}

# Not models of the report: another network, for attacks that are made on one model and tried on another.
SURROGATE = Model(
    "surrogate", "Surrogate", "Another network, trained on MNIST as it is.", "standard", network="strided"
)
OVERFITTED = Model(
    "overfitted", "Overfitted", "The second network, trained long on few images.", "standard", network="strided"
)


def smoothed(sigma: float) -> Model:
    """Return the model that is trained under noise of this σ, to be smoothed: not a model of the report either."""
    return Model(f"smoothed-{sigma:g}", f"Smoothed, σ {sigma:g}", "Trained under noise.", "noisy", network="strided")
