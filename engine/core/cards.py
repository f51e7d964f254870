"""Model cards: what a weight file is, and the digest that it must have before anyone loads it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import ClassVar

from pydantic import ConfigDict, TypeAdapter, ValidationError

from engine.core.errors import UserError

REBUILD = "run `python build.py` to write it again"


@dataclass(frozen=True, kw_only=True)
class Card:
    """The recipe, origin and figures of ``models/<model>.safetensors``."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")
    model: str
    title: str
    network: str
    recipe: dict[str, float | int | str | bool]
    dataset: str
    seed: int
    profile: str
    job: str
    sha256: str
    bytes: int
    metrics: dict[str, float]  # fractions in [0, 1]


def write(folder: Path, card: Card, weights: bytes) -> None:
    """Write the weights and then their card, each by rename, so that a card never precedes its file."""
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(asdict(card), indent=1, sort_keys=True) + "\n"
    for name, content in ((f"{card.model}.safetensors", weights), (f"{card.model}.json", text.encode())):
        target, part = folder / name, folder / f".{name}.part"
        if not target.exists() or target.read_bytes() != content:
            part.unlink(missing_ok=True)
            with part.open("xb") as file:  # "x" makes a new file and follows no link that waits there
                file.write(content)
            part.replace(target)


def names(folder: Path) -> list[str]:
    """Return the models that have a card in ``folder``, sorted."""
    return sorted(path.stem for path in folder.glob("*.json"))


def read(folder: Path, model: str) -> Card:
    """Read and check one card; `UserError` when it is missing or damaged."""
    path = folder / f"{model}.json"
    if not path.is_file():
        known = ", ".join(names(folder)) or "none"
        raise UserError(f"no model {model!r} in {folder} (there: {known})", REBUILD)
    try:
        return TypeAdapter(Card).validate_json(path.read_bytes())
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the file"
        raise UserError(f"model card {path} is damaged at {where}: {first['msg']}", REBUILD) from None


def weights(folder: Path, card: Card) -> bytes:
    """Return the weight file's bytes once its digest is the card's; `UserError` otherwise."""
    path = folder / f"{card.model}.safetensors"
    if not path.is_file():
        raise UserError(f"weight file {path} is missing", REBUILD)
    content = path.read_bytes()
    found = sha256(content).hexdigest()
    if found != card.sha256:
        raise UserError(f"weight file {path} has SHA-256 {found}, its card says {card.sha256}", REBUILD)
    return content
