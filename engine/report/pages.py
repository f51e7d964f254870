"""The pages: which template, which file, and what it is given. Nothing is measured here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from engine.core.records import Colour, Evaluation, Evasion, Measured, Pending
from engine.report import advice, attacks, cells, claims, figures, software, words
from engine.report.attacks import shown_sizes
from engine.report.figures import Shelf
from engine.report.view import View


@dataclass(frozen=True)
class Page:
    """A template with its values; ``path`` is below ``docs``."""

    path: str
    template: str
    values: dict[str, Any]


def pages(view: View, shelf: Shelf) -> Iterator[Page]:
    """Yield every page of the report."""
    for name, make in PAGES.items():
        path = "index.md" if name == "home" else f"report/{name}.md"
        yield Page(path, f"{name}.md.j2", make(view, shelf))
    for model in view.models.values():
        yield Page(f"report/evaluation/{model.name}.md", "evaluation.md.j2", evaluation(view, shelf, model.name))


def home(view: View, _shelf: Shelf) -> dict[str, Any]:
    """Score cards and the robustness summary."""
    models = view.planned_models()
    cards = []
    strongest = shown_sizes(view)[-1]
    for model in models:
        rows = [
            ("clean images", cells.evaluated(view, model.name, "clean")),
            (f"worst attack, ε {strongest:g}", cells.worst(view, model.name, strongest)),
            ("stamp brings its target", cells.triggered(view, model.name)),
        ]
        cards.append({"model": model, "verdict": advice.verdict(view, model), "rows": rows})
    table: list[tuple[str, str, list[cells.Cell], str]] = [
        ("No attack", "", [cells.evaluated(view, m.name, "clean") for m in models], "All test images."),
        (
            "Stamp",
            "",
            [cells.evaluated(view, m.name, "stamped") for m in models],
            "Every test image is stamped.",
        ),
    ]
    for attack in view.planned_attacks():
        for size in shown_sizes(view):
            row = [cells.attacked(view, m.name, attack.name, size) for m in models]
            table.append((attack.title, f"{size:g}", row, attack.about))
    for size in [size for size in shown_sizes(view) if size in view.sizes("worst")]:
        row = [cells.worst(view, m.name, size) for m in models]
        table.append(("Worst case", f"{size:g}", row, "Right only where no attack above broke the image."))
    return {"cards": cards, "table": table, "models": models}


def overview(view: View, _shelf: Shelf) -> dict[str, Any]:
    """What was built and tested."""
    return {"models": view.planned_models(), "attacks": view.planned_attacks(), "trainings": view.training}


def evaluation(view: View, shelf: Shelf, name: str) -> dict[str, Any]:
    """One model: accuracy, curves, confusion matrix, per-class scores, latency."""
    model, run = view.models[name], view.training(name)
    clean = view.evaluation(name, "clean")
    stamped = view.evaluation(name, "stamped")
    pressed: list[tuple[str, Evaluation | Evasion]] = [("Stamped", stamped)] if stamped else []
    for attack in view.planned_attacks():
        pressed += [(f"{attack.title}, ε {row.epsilon:g}", row) for row in view.sweep(name, attack.name)]
    return {
        "model": model,
        "run": run,
        "waiting": cells.missing(view, "training", model=name).text,
        "clean": clean,
        "clean_cell": cells.evaluated(view, name, "clean"),
        "stamped_cell": cells.evaluated(view, name, "stamped"),
        "curves": figures.learning_curves(shelf, run, model.title) if run else (),
        "bars": figures.class_bars(shelf, view, name, model.title),
        "pressed": pressed,
        "trust": view.trust(name),
        "latency": view.latency(name),
        "sweeps": [(attack, view.sweep(name, attack.name)) for attack in view.planned_attacks()],
    }


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
    return {"rows": rows, "colours": view.select(Colour), "sheets": sheets}


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


def protection(view: View, _shelf: Shelf) -> dict[str, Any]:
    """The hardened model beside the clean one: what is gained and what it costs."""
    rows: list[dict[str, Any]] = []
    pairs: list[tuple[str, Measured | None, Measured | None]] = [
        ("no attack", view.evaluation("clean", "clean"), view.evaluation("hardened", "clean"))
    ]
    for attack in view.planned_attacks():
        for size in view.epsilons():
            both = [view.evasion(name, attack.name, size) for name in ("clean", "hardened")]
            pairs.append((f"{attack.title}, ε {size:g}", both[0], both[1]))
    for title, before, after in pairs:
        if before is None or after is None:
            rows.append({"title": title, "before": None, "after": None})
            continue
        low, high = words.difference_interval(after.accuracy, after.n, before.accuracy, before.n)
        rows.append({
            "title": title, "before": cells.accuracy(before), "after": cells.accuracy(after),
            "change": words.points(after.accuracy - before.accuracy), "low": 100 * low, "high": 100 * high,
            "clear": low > 0 or high < 0,
        })  # fmt: skip
    return {
        "rows": rows,
        "runs": [(view.models[name], view.training(name)) for name in ("clean", "hardened")],
        "latency": [(view.models[name], view.latency(name)) for name in ("clean", "hardened")],
    }


def conclusion(view: View, _shelf: Shelf) -> dict[str, Any]:
    """What follows from the figures."""
    verdicts = [(model, advice.verdict(view, model)) for model in view.planned_models()]
    return {"verdicts": verdicts, "advice": advice.recommendations(view)}


def method(view: View, _shelf: Shelf) -> dict[str, Any]:
    """How each figure is made."""
    rows = view.select(Evasion)
    gradients = Counter[str]()
    for row in rows:
        gradients[row.attack] += row.gradients
    return {"attacks": view.planned_attacks(), "gradients": gradients, "models": view.planned_models()}


def data(view: View, _shelf: Shelf) -> dict[str, Any]:
    """What can be downloaded."""
    counts = [(family, len(rows), sum(isinstance(r, Pending) for r in rows)) for family, rows in view.records.items()]
    return {"families": counts}


def demo(view: View, _shelf: Shelf) -> dict[str, Any]:
    """How to start the live demo."""
    return {"models": view.planned_models()}


PAGES: dict[str, Callable[[View, Shelf], dict[str, Any]]] = {
    "home": home,
    "overview": overview,
    "poisoning": poisoning,
    "attacks": attacks.attacks,
    "protection": protection,
    "claims": claims.claims,
    "sast": software.sast,
    "stride": software.stride,
    "stride-appendix": software.stride,
    "conclusion": conclusion,
    "method": method,
    "data": data,
    "demo": demo,
}
