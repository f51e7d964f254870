"""The data of the charts that readers explore: one JSON a chart, with the record behind each point.

A chart has the name of the static figure that stands in for it. Values are those of the records, fractions as they
are; the browser prints percent. ``x`` and sizes are in the units of the axis label.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias

from engine.core.records import Bracket, Certified, Poisoning, Smoothed, Trial
from engine.report import cells, theme
from engine.report.figures import AXES
from engine.report.poisoning import mean, surface_cells
from engine.report.view import View

Chart: TypeAlias = dict[str, Any]
FOLDER = "data/charts"
ACCURACY = "accuracy, %"


def charts(view: View) -> dict[str, Chart]:
    """Return every chart that has at least one measured point, by name."""
    found: dict[str, Chart] = {}
    for make in (_curves, _smallest, _surface, _certified, _smoothing, _bracket, _recipes, _matrix):
        found |= dict(make(view))
    return found


def files(view: View) -> dict[str, bytes]:
    """Return the charts and their colours as files below ``docs``."""
    palette = {"light": theme.LIGHT, "dark": theme.DARK, "series": theme.SERIES}
    texts = {f"{FOLDER}/{name}.json": chart for name, chart in [*charts(view).items(), ("palette", palette)]}
    return {path: _text(chart) for path, chart in texts.items()}


def _text(value: object) -> bytes:
    return (json.dumps(value, allow_nan=False, ensure_ascii=False, separators=(",", ":")) + "\n").encode()


def point(x: float, row: Any, family: str, rate: str = "") -> Chart:
    """Return a record as a point; ``rate`` is the prefix of its fields, accuracy if empty."""
    fields = (f"{rate}_rate", f"{rate}_low", f"{rate}_high") if rate else ("accuracy", "low", "high")
    y, low, high = (getattr(row, field) for field in fields)
    return {"x": x, "y": y, "low": low, "high": high, "n": row.n, "family": family, "name": row.provenance.name}


def _lines(title: str, x_label: str, series: list[Chart], y_label: str = ACCURACY, **more: Any) -> Chart:
    return {"kind": "lines", "title": title, "x": x_label, "y": y_label, "series": series, **more}


def _series(label: str, order: int, points: list[Chart]) -> Chart:
    return {"label": label, "order": order, "points": points}


def _curves(view: View) -> Iterator[tuple[str, Chart]]:
    for attack in [*view.planned_attacks(), *view.planned_others()]:
        series = []
        for order, model in enumerate(view.planned_models()):
            clean, sweep = view.evaluation(model.name, "clean"), view.sweep(model.name, attack.name)
            start = [point(clean.epsilon, clean, "evaluation")] if clean else []
            if sweep:
                rows = [*start, *(point(row.epsilon, row, "evasion") for row in sweep)]
                series.append(_series(model.title, order, rows))
        if series and len(view.sizes(attack.name)) > 1:
            yield f"curves-{attack.name}", _lines(f"{attack.title}: accuracy by size", AXES[attack.norm], series)


def _smallest(view: View) -> Iterator[tuple[str, Chart]]:
    for attack in view.planned_minimal():
        series = []
        for order, model in enumerate(view.planned_models()):
            if row := view.minimal(model.name, attack.name):
                rest = {"n": row.n, "family": "minimal", "name": row.provenance.name}
                points = [{"x": at.size, "y": at.accuracy, "low": at.low, "high": at.high, **rest} for at in row.curve]
                series.append(_series(model.title, order, points))
        if series:
            yield f"smallest-{attack.name}", _lines(f"{attack.title}: smallest changes", AXES[attack.norm], series)


def _surface(view: View) -> Iterator[tuple[str, Chart]]:
    for field, what in (("success_rate", "success rate"), ("clean_accuracy", "clean accuracy")):
        series = [
            _series(f"{size} × {size}", order, [_spread(100 * rate, rows, field) for rate, rows in found.items()])
            for order, (size, found) in enumerate(surface_cells(view).items())
        ]
        if series:
            title, axis = f"Backdoor: {what} by share of poison and size of stamp", "poisoned training images, %"
            chart = _lines(title, axis, series, f"{what}, %", log=True, interval="smallest and largest seed")
            yield f"surface-{what.split()[0]}", chart


def _spread(x: float, rows: Sequence[Poisoning], field: str) -> Chart:
    values = [getattr(row, field) for row in rows]
    rest = {"n": rows[0].n, "seeds": len(rows), "family": "poisoning", "name": rows[0].provenance.name}
    return {"x": x, "y": mean(values), "low": min(values), "high": max(values), **rest}


def _certified(view: View) -> Iterator[tuple[str, Chart]]:
    for name, entry in view.certificates.items():
        series = []
        for order, model in enumerate(view.planned_models()):
            rows = view.select(Certified, model=model.name, method=name, seed=view.seed)
            if rows:
                points = [point(row.epsilon, row, "certification") for row in sorted(rows, key=lambda r: r.epsilon)]
                series.append(_series(model.title, order, points))
        if series:
            title = f"{entry.title}: certified accuracy"
            yield f"certified-{name}", _lines(title, AXES["linf"], series, "certified accuracy, %")


def _smoothing(view: View) -> Iterator[tuple[str, Chart]]:
    by_sigma: dict[float, list[Smoothed]] = {}
    for row in view.select(Smoothed, seed=view.seed):
        by_sigma.setdefault(row.sigma, []).append(row)
    series = [
        _series(f"σ {sigma:g}", order, [point(row.epsilon, row, "certification") for row in by_sigma[sigma]])
        for order, sigma in enumerate(sorted(by_sigma))
    ]
    for each in series:
        each["points"].sort(key=lambda at: at["x"])
    if series:
        yield "smoothing", _lines("Smoothing: certified accuracy", "L2 radius", series, "certified accuracy, %")


def _bracket(view: View) -> Iterator[tuple[str, Chart]]:
    bars = []
    for model in view.planned_models():
        rows = view.select(Bracket, model=model.name, seed=view.seed)
        for row in sorted(rows, key=lambda row: row.epsilon):
            lower, upper = (
                point(row.epsilon, row, "certification", "certified"),
                point(row.epsilon, row, "certification", "standing"),
            )
            bars.append({"group": model.title, "x": row.epsilon, "lower": lower, "upper": upper})
    if bars:
        yield "bracket", {"kind": "bracket", "title": "From both sides: proved, open, broken", "x": AXES["linf"],
                          "y": "test digits, %", "bars": bars}  # fmt: skip


def _recipes(view: View) -> Iterator[tuple[str, Chart]]:
    rows = view.select(Trial)
    series = [_series(row.title, order, [point(row.gradients / 1e6, row, "protection")])
              for order, row in enumerate(rows)]  # fmt: skip
    if series:
        axis = "gradients of training, million"
        yield "recipes", {**_lines("Recipes: what robustness costs", axis, series, "accuracy under attack, %"),
                          "kind": "points", "log": True}  # fmt: skip


def _matrix(view: View) -> Iterator[tuple[str, Chart]]:
    models, rows = view.planned_models(), matrix(view)
    if any("y" in cell for _, found in rows for cell in found):
        yield "matrix", {"kind": "heat", "title": "Accuracy by attack and model", "x": "model", "y": ACCURACY,
                         "columns": [model.title for model in models],
                         "rows": [{"label": label, "cells": found} for label, found in rows]}  # fmt: skip


def matrix(view: View) -> list[tuple[str, list[Chart]]]:
    """Return the rows of the heat map: what the digits met, and a cell a model, a point or the reason for none."""
    models = view.planned_models()
    plain = [(m, view.evaluation(m.name, "clean"), {"family": "evaluation", "subject": "clean"}) for m in models]
    found = [("no attack", [_cell(view, m.name, row, "evaluation", 0.0, where) for m, row, where in plain])]
    for attack in view.planned_attacks():
        for size in view.sizes(attack.name):
            where = {"family": "evasion", "subject": attack.name, "epsilon": size}
            row = [_cell(view, m.name, view.evasion(m.name, attack.name, size), "evasion", size, where) for m in models]
            found.append((f"{attack.title} {size:g}", row))
    for size in view.sizes("worst"):
        where = {"family": "evasion", "subject": "worst", "epsilon": size}
        worst = [next((row for row in view.worst(m.name) if row.epsilon == size), None) for m in models]
        row = [_cell(view, m.name, known, "evasion", size, where) for m, known in zip(models, worst, strict=True)]
        found.append((f"worst case {size:g}", row))
    return found


def _cell(view: View, model: str, row: Any, family: str, size: float, where: dict[str, Any]) -> Chart:
    return point(size, row, family) if row else {"reason": cells.missing(view, model=model, **where).text}
