"""The models that the demo offers: those with a card, each loaded once its digest is the card's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from torch import nn

from engine.core import cards
from engine.core.cards import Card
from engine.core.errors import UserError
from engine.data.canvas import SIDE
from engine.networks import NETWORKS, from_bytes
from engine.serve.settings import TRAIN

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

    `UserError`, naming the file, for a damaged or impossible card, a missing or altered weight file, one that is
    not safetensors, a link out of the folder, and an unknown network. Nothing is written.
    """
    names = sorted(cards.names(folder), key=lambda name: (name != "clean", name))
    return {name: _served(folder, _card(folder, name)) for name in names}


def _served(folder: Path, card: Card) -> Served:
    if card.network not in [entry.name for entry in NETWORKS]:
        raise UserError(f"model card {folder / card.model}.json names the unknown network {card.network!r}", HINT)
    content = cards.weights(folder, card)
    try:
        return Served(card, from_bytes(card.network, content))
    except Exception as error:  # whatever the parser says of a file that is not safetensors, or of another network
        path = folder / f"{card.model}.safetensors"
        what = f"{path} is not a safetensors file of {card.network} ({type(error).__name__})"
        raise UserError(what, cards.REBUILD) from None


def _card(folder: Path, name: str) -> Card:
    """Read a card that stays in its folder, and whose values are possible."""
    for path in (folder / f"{name}.json", folder / f"{name}.safetensors"):
        if path.is_symlink() and not path.resolve().is_relative_to(folder.resolve()):
            raise UserError(f"{path} is a link that leads out of {folder}", "put the file itself there")
    card, path = cards.read(folder, name), folder / f"{name}.json"
    if card.model != name:
        raise UserError(f"model card {path} is of another model, {card.model!r}", cards.REBUILD)
    if not all(0 <= share <= 1 for share in card.metrics.values()):
        raise UserError(f"model card {path} has a metric outside [0, 1]", cards.REBUILD)
    file = folder / f"{name}.safetensors"
    if file.is_file() and file.stat().st_size != card.bytes:  # before anything of that size is read
        size = file.stat().st_size
        raise UserError(f"weight file {file} has {size} bytes, its card says {card.bytes}", cards.REBUILD)
    if _backdoored(card):
        _possible(path, Stamp(*(int(card.recipe[key]) for key in KEYS)))
    return card


def _possible(path: Path, square: Stamp) -> None:
    inside = all(0 <= start <= SIDE - square.size for start in (square.row, square.column))
    if not (square.size >= 1 and inside and 0 <= square.level <= 255 and 0 <= square.target <= 9):
        raise UserError(f"model card {path} has a stamp that does not fit the image", cards.REBUILD)


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
