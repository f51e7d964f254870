"""The pages: which template, which file, and what it is given. Nothing is measured here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from engine.core.records import (
    Boundary,
    Change,
    Colour,
    Component,
    Evasion,
    Flow,
    Measured,
    Pending,

    Scan,
    Threat,
)
from engine.report import advice, cells, figures, words
from engine.report.figures import Figure, Shelf
from engine.report.view import View

CATEGORIES = (
    "spoofing",
    "tampering",
    "repudiation",
    "information disclosure",
    "denial of service",
    "elevation of privilege",
)
HOME_SIZES = (0.1, 0.3)  # the two sizes of the home page's table, where the profile has them
SHEET_SIZES = (0.1, 0.3)


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


def _sizes(view: View, wanted: tuple[float, ...]) -> list[float]:
    known = view.epsilons()
    return [size for size in wanted if size in known] or known[-1:]


def home(view: View, _shelf: Shelf) -> dict[str, Any]:
    """Score cards and the robustness summary."""
    models = view.planned_models()
    cards = []
    strongest = _sizes(view, HOME_SIZES)[-1]
    for model in models:
        rows = [
            ("clean images", cells.evaluated(view, model.name, "clean")),
            (f"PGD, ε {strongest:g}", cells.attacked(view, model.name, "pgd", strongest)),
            ("stamp brings its target", cells.triggered(view, model.name)),
        ]
        cards.append({"model": model, "verdict": advice.verdict(view, model), "rows": rows})
    table: list[tuple[str, str, list[cells.Cell], str]] = [
        ("None", "", [cells.evaluated(view, m.name, "clean") for m in models], "All test images."),
        ("Stamp", "", [cells.evaluated(view, m.name, "stamped") for m in models], "Every test image is stamped."),
    ]
    for attack in view.planned_attacks():
        for size in _sizes(view, HOME_SIZES):
            row = [cells.attacked(view, m.name, attack.name, size) for m in models]
            table.append((attack.title, f"{size:g}", row, attack.about))
    return {"cards": cards, "table": table, "models": models}


def overview(view: View, _shelf: Shelf) -> dict[str, Any]:
    """What was built and tested."""
    return {"models": view.planned_models(), "attacks": view.planned_attacks(), "trainings": view.training}


def evaluation(view: View, shelf: Shelf, name: str) -> dict[str, Any]:
    """One model: accuracy, curves, confusion matrix, per-class scores, latency."""
    model, run = view.models[name], view.training(name)
    clean = view.evaluation(name, "clean")
    never = [c.label for c in clean.scores.classes if c.precision is None] if clean else []
    return {
        "model": model,
        "run": run,
        "waiting": cells.missing(view, "training", model=name).text,
        "clean": clean,
        "stamped": view.evaluation(name, "stamped"),
        "clean_cell": cells.evaluated(view, name, "clean"),
        "stamped_cell": cells.evaluated(view, name, "stamped"),
        "curves": figures.learning_curves(shelf, run, model.title) if run else (),
        "bars": figures.class_bars(shelf, view, name, model.title),
        "never": never,
        "latency": view.latency(name),
        "sweeps": [(attack, view.sweep(name, attack.name)) for attack in view.planned_attacks()],
    }


def poisoning(view: View, shelf: Shelf) -> dict[str, Any]:
    """The stamp, the models trained with it, and the controls."""
    sheets = []
    for model in view.planned_models():
        run, row = view.training(model.name), view.trigger(model.name)
        if run and model.poison:
            arrays = view.arrays(run.provenance.job)
            alt = f"Training images of the {model.title} model before and after poisoning."
            sheet = figures.stamp_sheet(
                shelf, f"poison-{model.name}", run.provenance.job, "poison_x", "poison_stamped", arrays, alt
            )
            labels = [list(map(int, arrays.get(f"poison_label_{when}", ()))) for when in ("before", "after")]
            sheets.append({"title": f"{model.title}: training images", "figure": sheet, "labels": labels,
                           "heads": ("label before", "label after")})  # fmt: skip
        if row and model.poison:
            arrays = view.arrays(row.provenance.job)
            alt = f"Test images without and with the stamp, and the answers of the {model.title} model."
            sheet = figures.stamp_sheet(
                shelf, f"stamped-{model.name}", row.provenance.job, "sample_x", "sample_stamped", arrays, alt
            )
            labels = [list(map(int, arrays.get(f"sample_{when}", ()))) for when in ("before", "after")]
            sheets.append({"title": f"{model.title}: test images", "figure": sheet, "labels": labels,
                           "heads": ("answer without", "answer with stamp")})  # fmt: skip
    rows = [(m, view.trigger(m.name), cells.triggered(view, m.name), cells.evaluated(view, m.name, "clean"))
            for m in view.planned_models()]  # fmt: skip
    return {"rows": rows, "colours": view.select(Colour), "sheets": sheets}


def attacks(view: View, shelf: Shelf) -> dict[str, Any]:
    """The matrix, the security curves and the picture sheets."""
    sizes, blocks = view.epsilons(), []
    for attack in view.planned_attacks():
        grid = [
            (model, [cells.attacked(view, model.name, attack.name, size) for size in sizes])
            for model in view.planned_models()
        ]
        curve = figures.security_curves(shelf, view, attack.name, attack.title)
        rows = [row for model in view.planned_models() for row in view.sweep(model.name, attack.name)]
        blocks.append({"attack": attack, "grid": grid, "curve": curve, "rows": rows})
    return {"sizes": sizes, "blocks": blocks, "sheets": list(_sheets(view, shelf)), "success": cells.attack_success}


def _sheets(view: View, shelf: Shelf) -> Iterator[dict[str, Any]]:
    for model in view.planned_models():
        for size in _sizes(view, SHEET_SIZES):
            row = view.evasion(model.name, "pgd", size)
            if row is None:
                continue
            arrays = view.arrays(row.provenance.job)
            figure = figures.attack_sheet(shelf, row, arrays, model.title)
            if figure:
                labels = [list(map(int, arrays[f"{size:g}/sample_{when}"])) for when in ("before", "after")]
                yield {"title": f"{model.title} model, PGD, ε {size:g}", "figure": figure, "labels": labels}


def protection(view: View, _shelf: Shelf) -> dict[str, Any]:
    """The hardened model beside the clean one: what is gained and what it costs."""
    rows: list[dict[str, Any]] = []
    pairs: list[tuple[str, Measured | None, Measured | None]] = [
        ("no attack", view.evaluation("clean", "clean"), view.evaluation("hardened", "clean"))
    ]
    for attack in view.planned_attacks():
        for size in view.epsilons():
            pairs.append((f"{attack.title}, ε {size:g}", *(
                view.evasion(name, attack.name, size) for name in ("clean", "hardened"))))  # fmt: skip
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


def sast(view: View, _shelf: Shelf) -> dict[str, Any]:
    """The findings of both scanners, before and after, side by side."""
    changes = view.select(Change)
    order = {"new": 0, "unchanged": 1, "moved": 2, "suppressed": 3, "fixed": 4}
    changes.sort(key=lambda c: (order[c.state], (c.before or c.after).path, (c.before or c.after).line))  # type: ignore[union-attr]
    weaknesses = Counter(c.before.cwe for c in changes if c.before is not None and c.before.cwe)
    left = Counter(c.after.cwe for c in changes if c.after is not None and c.state != "suppressed")
    return {
        "scans": view.select(Scan),
        "changes": changes,
        "states": Counter(c.state for c in changes),
        "weaknesses": [(cwe, many, left.get(cwe, 0)) for cwe, many in sorted(weaknesses.items())],
    }


def stride(view: View, shelf: Shelf) -> dict[str, Any]:
    """The data-flow diagram, a table a category, a section a category."""
    threats = view.select(Threat)
    levels = {c: Counter(t.level for t in threats if t.category == c) for c in CATEGORIES}
    return {
        "categories": [(c, [t for t in threats if t.category == c], levels[c]) for c in CATEGORIES],
        "components": {c.id: c for c in view.select(Component)},
        "boundaries": view.select(Boundary),
        "flows": view.select(Flow),
        "diagram": diagram(view, shelf),
        "extra": _extra_threat_rows(view),
    }


def diagram(view: View, shelf: Shelf) -> Figure:
    """Draw the data-flow diagram."""
    from engine.report.dfd import dfd
    from engine.report.theme import LIGHT

    rows = view.records["threats"]
    alt = "Data-flow diagram: the components inside their trust boundaries and what flows between them."
    return shelf.svg("data-flow", alt, repr(rows), lambda: dfd(rows, LIGHT))


def _extra_threat_rows(view: View) -> dict[str, list[Any]]:
    """Other rows of the threat model, by their kind: the likelihood matrix, the reference's ratings."""
    known = {"component", "boundary", "flow", "threat"}
    found: dict[str, list[Any]] = {}
    for row in view.records["threats"]:
        if row.kind not in known:
            found.setdefault(row.kind, []).append(row)
    return found


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
    "attacks": attacks,
    "protection": protection,
    "sast": sast,
    "stride": stride,
    "stride-appendix": stride,
    "conclusion": conclusion,
    "method": method,
    "data": data,
    "demo": demo,
}
