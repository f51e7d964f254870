"""The pages: which template, which file, and what it is given. Nothing is measured here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from engine.core.records import Evaluation, Evasion, Pending
from engine.report import (
    advice,
    anchors,
    attacks,
    card,
    cells,
    certification,
    claims,
    compare,
    controls,
    cost,
    detection,
    explorer,
    figures,
    glossary,
    headline,
    inputs,
    lab,
    poisoning,
    privacy,
    protection,
    smallest,
    software,
    sources,
)
from engine.report.attacks import attack_size, shown_sizes
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


def home(view: View, shelf: Shelf) -> dict[str, Any]:
    """Score cards and the robustness summary."""
    models = view.planned_models()
    cards = []
    strongest = shown_sizes(view)[-1]
    for model in models:
        standing, proved = cells.bracket(view, model.name, strongest)
        rows = [
            ("clean images", cells.evaluated(view, model.name, "clean")),
            (f"no attack broke, ε {strongest:g}", standing),
            (f"proved, ε {strongest:g}", proved),
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
        for size in [size for size in shown_sizes(view) if size in view.sizes(attack.name)]:
            row = [cells.attacked(view, m.name, attack.name, size) for m in models]
            table.append((attack.title, f"{size:g}", row, attack.about))
    for size in [size for size in shown_sizes(view) if size in view.sizes("worst")]:
        row = [cells.worst(view, m.name, size) for m in models]
        table.append(("Worst case", f"{size:g}", row, "Right only where no attack above broke the image."))
    figure = certification.bracket_figure(shelf, view)
    head = headline.headline(view)
    first = {"headline": head, "social": card.social(shelf, head)}
    return first | {"cards": cards, "table": table, "models": models, "bracket": figure}


def overview(view: View, _shelf: Shelf) -> dict[str, Any]:
    """What was built and tested."""
    return {"models": view.planned_models(), "attacks": view.planned_attacks(), "trainings": view.training}


def evaluation(view: View, shelf: Shelf, name: str) -> dict[str, Any]:
    """One model: accuracy, curves, confusion matrix, per-class scores, latency."""
    model, run = view.models[name], view.training(name)
    clean = view.evaluation(name, "clean")
    stamped = view.evaluation(name, "stamped")
    pressed: list[tuple[str, Evaluation | Evasion]] = [("Stamped", stamped)] if stamped else []
    rows = [(attack, row) for attack in view.planned_attacks() for row in view.sweep(name, attack.name)]
    shown = [(attack, row) for attack, row in rows if row.epsilon in shown_sizes(view)]
    shown += [(attack, row) for attack in view.planned_others() for row in view.sweep(name, attack.name)[-1:]]
    pressed += [(f"{attack.title}, {attack_size(row)}", row) for attack, row in shown]
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
        "worst": [row for row in view.worst(name) if row.epsilon in shown_sizes(view)],
        "sweeps": [(f"{attack.title}, {attack_size(row)}", row) for attack, row in shown],
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
    "poisoning": poisoning.poisoning,
    "attacks": attacks.attacks,
    "attack-by-attack": attacks.attack_by_attack,
    "pictures": attacks.pictures,
    "checks": attacks.checks,
    "explorer": explorer.explorer,
    "smallest": smallest.smallest,
    "controls": controls.controls,
    "cost": cost.cost,
    "privacy": privacy.privacy,
    "protection": protection.protection,
    "inputs": inputs.inputs,
    "detection": detection.detection,
    "certification": certification.certification,
    "claims": claims.claims,
    "sast": software.sast,
    "fixes": software.fixes,
    "stride": software.stride,
    "evidence": software.evidence,
    "stride-appendix": software.stride,
    "conclusion": conclusion,
    "method": method,
    "data": data,
    "demo": demo,
    "lab": lab.lab,
    "anchors": anchors.anchors,
    "compare": compare.compare,
    "glossary": glossary.glossary,
    "records": sources.records,
}
