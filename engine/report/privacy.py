"""The page of what the model gives away."""

from __future__ import annotations

from typing import Any

from engine.core.records import Extraction, Inversion, Membership
from engine.report import cells, figures, words
from engine.report.cells import Cell
from engine.report.figures import Shelf
from engine.report.view import View

METHODS = {
    "gap": "Right or wrong",
    "loss": "Loss threshold",
    "learned": "Learned",
}
MODELS = {"clean": "Clean", "overfitted": "Overfitted (control)"}


def privacy(view: View, shelf: Shelf) -> dict[str, Any]:
    """Membership inference, extraction and inversion."""
    return {
        "members": [_member(row) for row in view.select(Membership, seed=view.seed)],
        "copies": _copies(view),
        "inversion": _inversion(view, shelf),
        "waiting": {
            what: cells.missing(view, "privacy", subject=subject).text
            for what, subject in (("members", "membership loss"), ("inversion", "inversion"))
        },
    }


def _member(row: Membership) -> dict[str, Any]:
    return {
        "row": row,
        "model": MODELS.get(row.model, row.model),
        "method": METHODS.get(row.method, row.method),
        "auc": Cell(f"{row.auc:.3f}", f"[{row.auc_low:.3f}, {row.auc_high:.3f}]", row.auc,
                    row.provenance.name, row.members + row.others),
        "caught": cells.rate(row, row.caught, row.caught_low, row.caught_high, row.members),
        "guessing": row.auc_low <= 0.5 <= row.auc_high,
    }  # fmt: skip


def _copies(view: View) -> list[dict[str, Any]]:
    rows = view.select(Extraction, seed=view.seed)
    found = []
    for answers in sorted({row.answers for row in rows}):
        by = {row.sees: row for row in rows if row.answers == answers}
        found.append(
            {
                "answers": answers,
                "agreement": {
                    sees: cells.rate(row, row.agreement, row.agreement_low, row.agreement_high, row.n)
                    for sees, row in by.items()
                },
                "accuracy": {sees: cells.accuracy(row) for sees, row in by.items()},
                "gain": words.points(by["scores"].agreement - by["labels"].agreement) if len(by) == 2 else "–",
                "n": next(iter(by.values())).n,
                "victim": next(iter(by.values())).victim_accuracy,
            }
        )  # fmt: skip
    return found


def _inversion(view: View, shelf: Shelf) -> dict[str, Any] | None:
    row = view.first(Inversion, seed=view.seed)
    if row is None:
        return None
    arrays = view.arrays(row.provenance.job)
    alt = "Ten pictures drawn from the weights, one for each digit from 0 to 9."
    return {
        "row": row,
        "title": "Drawn from the clean model's weights",
        "figure": figures.grey_sheet(shelf, "inversion", row.provenance.job, arrays, ("drawn",), alt),
        "labels": [list(map(int, arrays.get(name, ()))) for name in ("labels", "answers")],
    }
