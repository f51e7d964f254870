"""The page of what is proved, and the figure that holds it against the attacks."""

from __future__ import annotations

import tomllib
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from engine.core.records import Bracket, Certified, Pending, Smoothed
from engine.report import cells, draw, words
from engine.report.draw import Line, Span
from engine.report.figures import Figure, Shelf
from engine.report.view import ModelLike, View

ANCHORS = Path(__file__).with_name("anchors.toml")


def certification(view: View, shelf: Shelf) -> dict[str, Any]:
    """Return certified accuracy by method, the published values, smoothing and the bracket."""
    published = tomllib.loads(ANCHORS.read_text("utf-8"))
    models, sizes = view.planned_models(), _sizes(view)
    return {
        "sizes": sizes,
        "methods": [_method(view, name, models, sizes) for name in view.certificates],
        "published": [beside(view, row) for row in published["linf"]],
        "nothing": _nothing(view),
        "figure": bracket_figure(shelf, view),
        "brackets": [(model, row) for model in models for row in brackets(view, model.name)],
        "smoothing": _smoothing(view, shelf, published["smoothing"]),
    }


def brackets(view: View, model: str) -> list[Bracket]:
    """Return a model's brackets, smallest ε first."""
    return sorted(view.select(Bracket, model=model, seed=view.seed), key=lambda row: row.epsilon)


def bracket_figure(shelf: Shelf, view: View) -> Figure | None:
    """Draw for every model and ε what is proved and what the attacks left; None while nothing is measured."""
    spans = [
        Span(
            group=model.title,
            label=f"{row.epsilon:g}",
            lower=(row.certified_rate, row.certified_low, row.certified_high),
            upper=(row.standing_rate, row.standing_low, row.standing_high),
        )
        for model in view.planned_models()
        for row in brackets(view, model.name)
    ]
    if not spans:
        return None
    last = {span.group: span for span in spans}
    said = "; ".join(
        f"{span.group} {words.percent(span.lower[0])} to {words.percent(span.upper[0])}" for span in last.values()
    )
    alt = f"Share of digits proved right and share that no attack broke, by model and ε. At the largest ε: {said}."
    return shelf.svg("bracket", alt, [asdict(span) for span in spans], lambda: draw.brackets(spans))


def _sizes(view: View) -> list[float]:
    known: list[Certified | Pending] = [*view.select(Certified)]
    known += [row for row in view.select(Pending, family="certification") if row.subject in view.certificates]
    return sorted({row.epsilon for row in known})


def _method(view: View, name: str, models: list[ModelLike], sizes: list[float]) -> dict[str, Any]:
    rows = [(model, _by_size(view, model.name, name)) for model in models]
    grid = [(model, [_cell(view, found, model.name, name, size) for size in sizes]) for model, found in rows]
    costs = [(model, list(found.values())) for model, found in rows if found]
    return {"entry": view.certificates[name], "grid": grid,
            "costs": [(model, found[0], sum(row.seconds for row in found)) for model, found in costs]}  # fmt: skip


def _by_size(view: View, model: str, method: str) -> dict[float, Certified]:
    return {row.epsilon: row for row in view.select(Certified, model=model, method=method, seed=view.seed)}


def _cell(view: View, found: dict[float, Certified], model: str, method: str, size: float) -> cells.Cell:
    if size in found:
        return cells.accuracy(found[size])
    return cells.missing(view, "certification", model=model, subject=method)


def beside(view: View, row: dict[str, Any]) -> dict[str, Any]:
    """Return a published value with ours: the tighter method on the model that is trained on bounds."""
    found = [ours for ours in view.select(Certified, epsilon=row["epsilon"], seed=view.seed)
             if view.models[ours.model].recipe == "interval"]  # fmt: skip
    best = max(found, key=lambda ours: ours.successes, default=None)
    waiting = cells.missing(view, "certification", model="certified", subject="interval", epsilon=row["epsilon"])
    return {**row, "best": best, "ours": cells.accuracy(best) if best else waiting}


def _nothing(view: View) -> dict[str, Any] | None:
    """Return the models of which nothing is certified by any method at the largest ε; None if there is none."""
    rows = view.select(Certified, seed=view.seed)
    largest = max((row.epsilon for row in rows), default=0.0)
    most: dict[str, int] = {}
    for row in rows:
        if row.epsilon == largest:
            most[row.model] = max(row.successes, most.get(row.model, 0))
    titles = [view.models[model].title for model, many in most.items() if not many]
    return {"titles": titles, "epsilon": largest} if titles else None


def _smoothing(view: View, shelf: Shelf, published: list[dict[str, Any]]) -> dict[str, Any]:
    """Return certified accuracy by radius, a column a σ, with published columns beside."""
    rows = view.select(Smoothed, seed=view.seed)
    radii, sigmas = sorted({row.epsilon for row in rows}), sorted({row.sigma for row in rows})
    at = {(row.sigma, row.epsilon): row for row in rows}
    table = [
        (
            radius,
            [_reached(at.get((sigma, radius))) for sigma in sigmas],
            [column["values"].get(f"{radius:g}") for column in published],
        )
        for radius in radii
    ]
    firsts = [next(row for row in rows if row.sigma == sigma) for sigma in sigmas]
    lines = [_line([at[sigma, radius] for radius in radii if (sigma, radius) in at], order)
             for order, sigma in enumerate(sigmas)]  # fmt: skip
    return {
        "sigmas": sigmas,
        "table": table,
        "published": published,
        "firsts": firsts,
        "waiting": cells.missing(view, "certification", subject="smoothing").text,
        "curve": _curves(shelf, lines),
    }


def _reached(row: Smoothed | None) -> cells.Cell:
    if row is None:
        return cells.Cell("–")
    if row.epsilon > row.reach:
        return replace(cells.accuracy(row), note=f"beyond {row.reach:.2f}, the largest radius of so many copies")
    return cells.accuracy(row)


def _line(rows: list[Smoothed], order: int) -> Line:
    return Line(
        f"σ {rows[0].sigma:g}",
        tuple(row.epsilon for row in rows),
        tuple(row.accuracy for row in rows),
        tuple(row.low for row in rows),
        tuple(row.high for row in rows),
        order,
    )


def _curves(shelf: Shelf, lines: list[Line]) -> Figure | None:
    if not lines:
        return None
    said = "; ".join(f"{line.label} {words.percent(line.y[-1])} at {line.x[-1]:g}" for line in lines)
    alt = f"Smoothing: certified accuracy against the L2 radius, one curve a σ with its 95 % band. {said}."
    data = [asdict(line) for line in lines]
    return shelf.svg("smoothing", alt, data, lambda: draw.lines(lines, "L2 radius", "certified accuracy, %"))
