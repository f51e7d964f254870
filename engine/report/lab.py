"""The page of the lab: a card a model, and what its smaller weights cost. The attacks run in the reader's browser."""

from __future__ import annotations

from typing import Any

from engine.core.records import Exported
from engine.report import cells, words
from engine.report.figures import Shelf
from engine.report.view import View

FIRST = ("clean", "certified")  # fetched with the page; both together stay below its limit
NEXT = ("backdoored", "hardened")  # fetched once the reader begins; the others when they are asked for
MEGABYTE = 1e6


def lab(view: View, _shelf: Shelf) -> dict[str, Any]:
    """Return a card a planned model, in the order in which they are fetched last to first, and the rows of costs."""
    order = {name: place for place, name in enumerate(("clean", "backdoored", "hardened", "certified"))}
    models = sorted(view.planned_models(), key=lambda model: order.get(model.name, len(order)))
    cards = [_card(view, model) for model in models]
    rows = [card["row"] for card in cards if card["row"]]
    return {"cards": cards, "n": rows[0].n if rows else 0, "dataset": view.build.dataset}


def _card(view: View, model: Any) -> dict[str, Any]:
    row = view.first(Exported, model=model.name, seed=view.seed)
    when = "first" if model.name in FIRST else "next" if model.name in NEXT else "asked"
    return {
        "model": model,
        "row": row,
        "when": when,
        "waiting": "" if row else cells.missing(view, "lab", model=model.name).text,
        "megabytes": f"{row.bytes / MEGABYTE:.1f} MB" if row else "",
        "changed": words.interval(row.changed_low, row.changed_high, row.n) if row else "",
    }
