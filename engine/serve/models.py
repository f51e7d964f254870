"""The models that the demo offers: those with a card, each loaded once its digest is the card's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from torch import nn

from engine.core import cards
from engine.core.cards import Card
from engine.core.errors import UserError
from engine.networks import NETWORKS, from_bytes

TRAIN = ("build.py", "--only", "train/clean/*", "--no-site")
HINT = f"train the clean one with `python {TRAIN[0]} --only '{TRAIN[2]}' {TRAIN[3]}`, or start with --train"


@dataclass(frozen=True)
class Stamp:
    """The square that a backdoored model was trained on, as its card gives it."""

    size: int
    row: int
    column: int
    level: int
    target: int


@dataclass(frozen=True)
class Served:
    """One model in memory, in evaluation mode, beside its card."""

    card: Card
    network: nn.Module


def load(folder: Path) -> dict[str, Served]:
    """Load every model that has a card, the clean one first; empty where there is none.

    `UserError` for a damaged card, a missing or altered weight file, and an unknown network.
    """
    names = sorted(cards.names(folder), key=lambda name: (name != "clean", name))
    return {name: _served(folder, cards.read(folder, name)) for name in names}


def _served(folder: Path, card: Card) -> Served:
    if card.network not in [entry.name for entry in NETWORKS]:
        raise UserError(f"model card {folder / card.model}.json names the unknown network {card.network!r}", HINT)
    return Served(card, from_bytes(card.network, cards.weights(folder, card)))


def choose(served: Mapping[str, Served], asked: str | None) -> str:
    """Return the model to start with; `UserError` for an unknown one, or where there is none at all."""
    if not served:
        raise UserError("there is no trained model yet", HINT)
    if asked is None:
        return next(iter(served))
    if asked not in served:
        raise UserError(f"unknown model {asked!r}", f"known: {', '.join(served)}")
    return asked


def stamp(served: Mapping[str, Served], name: str) -> Stamp | None:
    """Return the stamp of this model, else that of any backdoored one, else None."""
    for card in [served[name].card, *(other.card for other in served.values())]:
        if "target" in card.recipe and _backdoored(card):
            return Stamp(*(int(card.recipe[key]) for key in KEYS))
    return None


KEYS = ("trigger_size", "trigger_row", "trigger_column", "trigger_level", "target")


def _backdoored(card: Card) -> bool:
    return card.recipe.get("poison") == "badnets" and all(key in card.recipe for key in KEYS)
