"""The page of poisons: the stamp and the models trained with it, small trainings of every kind, the surface."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from engine.core.records import Colour, Poisoning
from engine.report import cells, figures, words
from engine.report.cells import Cell
from engine.report.draw import Line
from engine.report.figures import Figure, Shelf
from engine.report.untold import untold
from engine.report.view import View


def poisoning(view: View, shelf: Shelf) -> dict[str, Any]:
    """The stamp, the models trained with it, and the controls."""
    sheets = []
    for model in view.planned_models():
        run, row = view.training(model.name), view.trigger(model.name)
        if run and model.poison:
            sheets.append(_stamped(view, shelf, TRAINED, model.title, f"poison-{model.name}", run.provenance.job))
        if row and model.poison:
            sheets.append(_stamped(view, shelf, TESTED, model.title, f"stamped-{model.name}", row.provenance.job))
    rows = [(m, view.trigger(m.name), cells.triggered(view, m.name), cells.evaluated(view, m.name, "clean"))
            for m in view.planned_models()]  # fmt: skip
    return {
        "rows": rows,
        "untold": untold(view),
        "colours": view.select(Colour),
        "sheets": sheets,
        "trials": _trials(view),
        "triggers": list(_triggers(view, shelf)),
        "surface": _surface(view),
        "whole": _whole(view),
        "curves": _curves(view, shelf),
        "waiting": cells.missing(view, "poisoning", model="workshop").text,
    }


def mean(values: Iterable[float]) -> float:
    """Return the mean of one value a seed."""
    found = list(values)
    return sum(found) / len(found)


def _spread(rows: Sequence[Poisoning], field: str) -> Cell:
    """Return the mean over seeds of a rate, with its smallest and largest value."""
    values = [getattr(row, field) for row in rows]
    text = words.percent(mean(values), rows[0].n)
    low_high = words.interval(min(values), max(values), rows[0].n)
    note = f"mean of {len(rows)}, smallest and largest seed {low_high}, n = {words.count(rows[0].n)} each"
    return Cell(text, low_high, mean(values), rows[0].provenance.name, rows[0].n, note)


def _trials(view: View) -> list[dict[str, Any]]:
    """Return a row a poison and trigger of the small trainings, over their seeds."""
    found: dict[tuple[str, str], list[Poisoning]] = {}
    for row in view.select(Poisoning, study="poisons"):
        found.setdefault((row.poison, row.trigger), []).append(row)
    return [
        {
            "title": view.poisons[poison].title if poison in view.poisons else "No poison",
            "entry": view.poisons.get(poison),
            "trigger": trigger,
            "control": rows[0].control,
            "kept": rows[0].label_kept,
            "share": mean(row.poisoned_images / row.training_images for row in rows),
            "success": _spread(rows, "success_rate"),
            "base": mean(row.base_rate for row in rows),
            "clean": _spread(rows, "clean_accuracy"),
            "seeds": len(rows),
            "n": rows[0].n,
        }
        for (poison, trigger), rows in found.items()
    ]


def _triggers(view: View, shelf: Shelf) -> Iterator[dict[str, Any]]:
    """Yield pictures of what each poison does to training images."""
    row = view.first(Poisoning, study="poisons")
    arrays = view.arrays(row.provenance.job) if row else {}
    for name, entry in view.poisons.items():
        if row and f"{name}/before" in arrays:
            parts = (f"{name}/before", f"{name}/after")
            alt = f"{entry.title}: training images before and after poisoning."
            yield {
                "title": entry.title,
                "about": entry.about,
                "figure": figures.grey_sheet(shelf, f"poison-kind-{name}", row.provenance.job, arrays, parts, alt),
                "labels": [list(map(int, arrays[f"{name}/label_{when}"])) for when in ("before", "after")],
            }


def surface_cells(view: View) -> dict[int, dict[float, list[Poisoning]]]:
    """Return the surface's records by size of the stamp and share of poisoned images."""
    found: dict[int, dict[float, list[Poisoning]]] = {}
    for row in view.select(Poisoning, study="surface"):
        share = round(row.poisoned_images / row.training_images, 6)
        found.setdefault(row.trigger_size, {}).setdefault(share, []).append(row)
    return {size: dict(sorted(rates.items())) for size, rates in sorted(found.items())}


def _whole(view: View) -> dict[str, Any] | None:
    """Return the stamp on the whole training set beside no stamp at all, over their seeds."""
    found = {control: view.select(Poisoning, study="whole", control=control) for control in (True, False)}
    if not all(found.values()):
        return None
    clean, poisoned = found[True], found[False]
    drop = mean(row.clean_accuracy for row in poisoned) - mean(row.clean_accuracy for row in clean)
    return {
        "rows": [
            (title, rows[0], _spread(rows, "success_rate"), _spread(rows, "clean_accuracy"))
            for title, rows in (("none", clean), ("BadNets", poisoned))
        ],
        "drop": words.points(drop),
        "seeds": len(poisoned),
    }


def _surface(view: View) -> dict[str, Any]:
    found = surface_cells(view)
    rates = sorted({rate for row in found.values() for rate in row})
    first = next((rows[0] for row in found.values() for rows in row.values()), None)
    grids = {
        field: [(size, [_spread(row[rate], field) if rate in row else Cell("not run yet") for rate in rates])
                for size, row in found.items()]
        for field in ("success_rate", "clean_accuracy")
    }  # fmt: skip
    seeds = max((len(rows) for row in found.values() for rows in row.values()), default=0)
    return {"rates": rates, "grids": grids, "first": first, "seeds": seeds}


def _curves(view: View, shelf: Shelf) -> list[Figure | None]:
    drawn = []
    for field, what in (("success_rate", "success rate"), ("clean_accuracy", "clean accuracy")):
        lines = [
            Line(
                f"{size} × {size}",
                tuple(100 * rate for rate in row),
                tuple(mean(getattr(r, field) for r in rows) for rows in row.values()),
                tuple(min(getattr(r, field) for r in rows) for rows in row.values()),
                tuple(max(getattr(r, field) for r in rows) for rows in row.values()),
                order,
            )
            for order, (size, row) in enumerate(surface_cells(view).items())
        ]
        drawn.append(figures.surface(shelf, lines, what))
    return drawn


@dataclass(frozen=True)
class _Kind:
    """One kind of stamp sheet: its title, its words, and the arrays that it shows."""

    title: str
    alt: str
    arrays: tuple[str, str, str, str]
    heads: tuple[str, str]


TRAINED = _Kind(
    "{}: training images",
    "Training images of the {} model before and after poisoning.",
    ("poison_x", "poison_stamped", "poison_label_before", "poison_label_after"),
    ("label before", "label after"),
)
TESTED = _Kind(
    "{}: test images",
    "Test images without and with the stamp, and the answers of the {} model.",
    ("sample_x", "sample_stamped", "sample_before", "sample_after"),
    ("answer without", "answer with stamp"),
)


def _stamped(view: View, shelf: Shelf, kind: _Kind, model: str, name: str, job: str) -> dict[str, Any]:
    arrays, (before, after, *answers) = view.arrays(job), kind.arrays
    return {
        "title": kind.title.format(model),
        "figure": figures.grey_sheet(shelf, name, job, arrays, (before, after), kind.alt.format(model)),
        "labels": [list(map(int, arrays.get(key, ()))) for key in answers],
        "heads": kind.heads,
    }
