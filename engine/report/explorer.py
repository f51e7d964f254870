"""The digit explorer: for each image of a stated set, what broke it on each model, and what is proved of it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.core.records import Explored
from engine.report import cells
from engine.report.figures import Shelf
from engine.report.pictures import COLUMNS, sprite
from engine.report.view import Arrays, View

SHOWN = 100  # images of the page, the same share of every digit


@dataclass(frozen=True)
class Fate:
    """One image on one model. ``state`` is ``wrong``, ``broken`` or ``stands``; sizes are L∞ but for ``l2``."""

    state: str
    epsilon: float  # the smallest that broke it; 0 where it was wrong before or stands
    by: tuple[str, ...]  # titles of the attacks that broke it at that size
    proved: float
    before: int
    after: int  # PGD's answer in the picture, -1 where there is none
    l2: float | None  # the smallest found; None where nothing was found or tried
    l2_by: str


def explorer(view: View, _shelf: Shelf) -> dict[str, Any]:
    """Return the table of fates, a row an image and a column a model, and a summary a model."""
    rows = _explored(view)
    chosen = _chosen(view, rows)
    fates = [[_fate(view, row, at) for row in rows] for at in chosen]
    first = view.arrays(rows[0].provenance.job) if rows else {}
    return {
        "models": [view.models[row.model] for row in rows],
        "rows": rows,
        "images": [(int(first["index"][at]), int(first["label"][at]), found)
                   for at, found in zip(chosen, fates, strict=True)],
        "tried": [view.attacks[name].title for name in rows[0].attacks] if rows else [],
        "waiting": cells.missing(view, "gallery", subject="explored").text,
    }  # fmt: skip


def files(view: View) -> dict[str, bytes]:
    """Return the pictures and the fates as JSON, by path below ``docs``; nothing while no model was explored."""
    rows = _explored(view)
    if not rows:
        return {}
    chosen = _chosen(view, rows)
    first = view.arrays(rows[0].provenance.job)
    found = {"report/figures/explorer-digits.png": sprite(first["x"][chosen])}
    for row in rows:
        found[f"report/figures/explorer-{row.model}.png"] = sprite(view.arrays(row.provenance.job)["adv"][chosen])
    table = {
        "columns": COLUMNS,
        "images": [[int(first["index"][at]), int(first["label"][at])] for at in chosen],
        "models": [
            {"name": row.model, "title": view.models[row.model].title, "job": row.provenance.name,
             "sizes": list(row.epsilons), "fates": [vars(_fate(view, row, at)) for at in chosen]}
            for row in rows
        ],
    }  # fmt: skip
    found["data/charts/explorer.json"] = (json.dumps(table, ensure_ascii=False, separators=(",", ":")) + "\n").encode()
    return found


def _explored(view: View) -> list[Explored]:
    """Return one record a model, in the order of the models, all of the same images."""
    rows = [view.first(Explored, model=model.name, seed=view.seed) for model in view.planned_models()]
    return [row for row in rows if row and "epsilon" in view.arrays(row.provenance.job)]


def _chosen(view: View, rows: list[Explored]) -> list[int]:
    """Return the places of the page's images: the first of each digit, in equal shares."""
    if not rows:
        return []
    labels = view.arrays(rows[0].provenance.job)["label"]
    digits = np.unique(labels)
    share = max(1, SHOWN // len(digits))
    return sorted(int(at) for digit in digits for at in np.flatnonzero(labels == digit)[:share])


def _fate(view: View, row: Explored, at: int) -> Fate:
    held: Arrays = view.arrays(row.provenance.job)
    epsilon, length, by = float(held["epsilon"][at]), float(held["l2"][at]), int(held["l2_by"][at])
    state = "wrong" if epsilon == 0 else "broken" if np.isfinite(epsilon) else "stands"
    names = [name for name, broke in zip(row.attacks, held["broke"][:, at].tolist(), strict=True) if broke]
    return Fate(
        state=state,
        epsilon=epsilon if state == "broken" else 0.0,
        by=tuple(view.attacks[name].title for name in names),
        proved=float(held["proved"][at]),
        before=int(held["before"][at]),
        after=int(held["after"][at]),
        l2=length if np.isfinite(length) else None,
        l2_by=view.attacks[row.smallest[by]].title if by >= 0 else "",
    )
