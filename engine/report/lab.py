"""The page of the lab: a card a model, and what its smaller weights cost. The attacks run in the reader's browser."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.core.records import Exported
from engine.report import cells, words
from engine.report.figures import Shelf
from engine.report.view import ModelLike, View

ORDER = ("clean", "backdoored", "hardened", "certified")
FIRST = ("clean", "certified")  # fetched with the page as far as they fit
BUDGET, PAGE = 1.9e6, 0.6e6  # bytes for them, and what the page itself takes: 2.5 MB in all
MEGABYTE = 1e6


def lab(view: View, _shelf: Shelf) -> dict[str, Any]:
    """Return a card a planned model and the number of images that rounding was judged on.

    A card says when its weights are fetched: ``first`` with the page, ``next`` once the reader begins, or ``asked``.
    """
    order = {name: place for place, name in enumerate(ORDER)}
    models = sorted(view.planned_models(), key=lambda model: order.get(model.name, len(order)))
    rows = {model.name: view.first(Exported, model=model.name, seed=view.seed) for model in models}
    early = first({name: row.bytes for name, row in rows.items() if row})
    cards = []
    for model in models:
        when = "first" if model.name in early else "next" if model.name in ORDER else "asked"
        cards.append(_card(view, model, rows[model.name], when))
    return {"cards": cards, "n": next((row.n for row in rows.values() if row), 0), "dataset": view.build.dataset}


def first(sizes: Mapping[str, int]) -> list[str]:
    """Return the models that come with the page, of those with a file of this size in bytes."""
    found: list[str] = []
    for name in (name for name in FIRST if name in sizes):
        if sum(sizes[other] for other in [*found, name]) <= BUDGET:
            found.append(name)
    return found


def _card(view: View, model: ModelLike, row: Exported | None, when: str) -> dict[str, Any]:
    return {
        "model": model,
        "row": row,
        "when": when,
        "waiting": "" if row else cells.missing(view, "lab", model=model.name).text,
        "megabytes": f"{row.bytes / MEGABYTE:.1f} MB" if row else "",
        "changed": words.interval(row.changed_low, row.changed_high, row.n) if row else "",
    }
