"""What the store keeps of single images, packed for publishing. Nothing is measured: bits are copied and joined."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from hashlib import sha256
from typing import Any

import numpy as np

from engine.core.records import (
    Certified,
    Corruption,
    Evaluation,
    Evasion,
    InputDefence,
    Measured,
    Minimal,
    Poisoning,
    Smoothed,
    WorstCase,
)
from engine.core.records.outcomes import Outcome, outcomes
from engine.report.view import Arrays, View

Standing = Mapping[int, bool]  # by the image's place in the test set


def published(view: View) -> list[Outcome]:
    """Return the outcomes of every cell whose images the store knows, in plan order.

    A cell is left out where its bits do not add up to its record.
    """
    rows = ((family, row) for family, group in view.records.items() for row in group if isinstance(row, Measured))
    found = []
    for family, row in rows:
        known = _standing(view, row)
        if known and len(known) == row.n and sum(known.values()) == counted(row):
            found.append(_packed(family, row, known))
    return found


def files(view: View) -> dict[str, bytes]:
    """Return ``data/outcomes.json`` and its schema."""
    return {
        "data/outcomes.json": outcomes.dump_json(published(view)) + b"\n",
        "data/outcomes.schema.json": (json.dumps(outcomes.json_schema(), indent=1, sort_keys=True) + "\n").encode(),
    }


def counted(row: Measured) -> int:
    """Return how many bits of a cell are set: right answers, or what the stamp turned into its target."""
    return row.hits if isinstance(row, Poisoning) else row.successes


def subject(row: Measured) -> str:
    """Return what a cell measures beside model, norm and size: the attack, method or condition."""
    if isinstance(row, Poisoning):
        return "stamp brings its target"
    names = ("attack", "condition", "method", "corruption", "strength", "defence", "attacker", "sigma")
    parts = [str(getattr(row, name)) for name in names if hasattr(row, name)]
    return " ".join(parts) or ("worst" if isinstance(row, WorstCase) else "")


def _standing(view: View, row: Measured) -> Standing:
    if isinstance(row, WorstCase):
        return _worst(view, row)
    held = view.arrays(row.provenance.job)
    if isinstance(row, Minimal) and {"index", "size"} <= held.keys():
        return dict(zip(held["index"].tolist(), (held["size"] > row.epsilon).tolist(), strict=True))
    if isinstance(row, Smoothed) and {"index", "right", "radius"} <= held.keys():
        proved = held["right"] & (held["radius"] >= row.epsilon)
        return dict(zip(held["index"].tolist(), proved.tolist(), strict=True))
    return _pairs(held, *_names(row))


def _names(row: Measured) -> tuple[str, str]:
    """Return under which names a cell's job keeps its images' places and its outcomes."""
    if isinstance(row, Evaluation):
        return "index", "right" if row.condition == "clean" else f"{row.condition}/right"
    if isinstance(row, Evasion):
        return f"{row.epsilon:g}/index", f"{row.epsilon:g}/right"
    if isinstance(row, Certified):
        return "index", f"{row.epsilon:g}/certified"
    if isinstance(row, Corruption):
        return "index", f"{row.corruption}/{row.strength}/right"
    if isinstance(row, InputDefence):
        return "index", f"{row.attacker}/{row.epsilon:g}/right"
    if isinstance(row, Poisoning) and row.study == "model":
        return "stamp/index", "stamp/hit"
    return "", ""


def _pairs(held: Arrays, index: str, right: str) -> Standing:
    known = {index, right} <= held.keys() and len(held[index]) == len(held[right])
    return dict(zip(held[index].tolist(), held[right].tolist(), strict=True)) if known else {}


def _worst(view: View, row: WorstCase) -> Standing:
    """Return the images that no attack of the record broke at its size or a smaller one."""
    sizes_of = _sizes if row.norm == "linf" else _smallest
    every = [list(sizes_of(view, row, attack)) for attack in row.attacks]
    if not all(every):
        return {}
    common = set.intersection(*(set(sizes[-1]) for sizes in every))
    return {image: all(size.get(image, True) for sizes in every for size in sizes) for image in sorted(common)}


def _sizes(view: View, row: WorstCase, attack: str) -> Iterator[Standing]:
    for cell in view.select(Evasion, model=row.model, attack=attack, seed=row.seed):
        if cell.epsilon <= row.epsilon:
            yield _standing(view, cell)


def _smallest(view: View, row: WorstCase, attack: str) -> Iterator[Standing]:
    for cell in view.select(Minimal, model=row.model, attack=attack, seed=row.seed, epsilon=row.epsilon):
        yield _standing(view, cell)


def _packed(family: str, row: Any, known: Standing) -> Outcome:
    index = sorted(known)
    bits = np.packbits(np.array([known[image] for image in index], bool))
    digest = sha256(f"{row.dataset}\n".encode() + np.array(index, "<i8").tobytes()).hexdigest()
    return Outcome(
        family=family, kind=row.kind, model=row.model, subject=subject(row), norm=row.norm, epsilon=row.epsilon,
        seed=row.seed, n=row.n, images=digest, right=bits.tobytes().hex(),
    )  # fmt: skip
