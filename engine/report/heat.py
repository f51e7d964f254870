"""Figures that stand in for charts which had none: the heat map and certified accuracy by size."""

from __future__ import annotations

from inspect import getsource
from typing import Any

from engine.report import charts, draw, words
from engine.report.draw import Line
from engine.report.figures import Figure, Shelf
from engine.report.theme import LIGHT
from engine.report.view import View


def matrix_figure(shelf: Shelf, view: View) -> Figure | None:
    """Draw the attack by model matrix; None while nothing is measured. The key holds this file's own code as well."""
    chart = charts.charts(view).get("matrix")
    if chart is None:
        return None
    strongest = chart["rows"][-1]
    named = zip(chart["columns"], strongest["cells"], strict=True)
    said = "; ".join(f"{name} {words.percent(cell['y'], cell['n'])}" for name, cell in named if "y" in cell)
    alt = f"Share of digits read right by attack and model, in colour. Last row, {strongest['label']}: {said}."
    return shelf.svg("matrix", alt, [chart, getsource(heat), getsource(shade)], lambda: heat(chart))


def certified_figure(shelf: Shelf, view: View, method: str) -> Figure | None:
    """Draw certified accuracy by ε, one curve a model; None while nothing is certified."""
    chart = charts.charts(view).get(f"certified-{method}")
    if chart is None:
        return None
    rows = [
        Line(
            series["label"],
            x=_side(series, "x"),
            y=_side(series, "y"),
            low=_side(series, "low"),
            high=_side(series, "high"),
            order=series["order"],
        )
        for series in chart["series"]
    ]
    said = "; ".join(f"{row.label} {words.percent(row.y[-1])} at {row.x[-1]:g}" for row in rows)
    alt = f"{chart['title']} by ε, one curve a model with its 95 % band. {said}."
    return shelf.svg(f"certified-{method}", alt, chart, lambda: draw.lines(rows, chart["x"], chart["y"]))


def _side(series: dict[str, Any], name: str) -> tuple[float, ...]:
    return tuple(at[name] for at in series["points"])


def shade(share: float) -> tuple[str, float]:
    """Return a cell's colour name and its opacity: blue above one half, red below, faint between."""
    return ("blue" if share >= 0.5 else "red"), 0.06 + 0.5 * abs(2 * share - 1)


def heat(chart: dict[str, Any]) -> str:
    """Return the heat map as SVG: a row an attack and size, a column a model, percent in the cells."""
    import matplotlib as mpl
    from matplotlib.patches import Rectangle

    rows, columns = chart["rows"], chart["columns"]
    with mpl.rc_context(draw.STYLE):
        figure, axes = draw._axes(7.2, 0.9 + 0.27 * len(rows))
        for y, row in enumerate(rows):
            for x, cell in enumerate(row["cells"]):
                if "y" in cell:
                    name, alpha = shade(cell["y"])
                    axes.add_patch(Rectangle((x - 0.48, y - 0.46), 0.96, 0.92, color=LIGHT[name], alpha=alpha, lw=0))
                text = f"{100 * cell['y']:.1f}" if "y" in cell else "–"
                axes.text(x, y, text, ha="center", va="center", fontsize=9)
        axes.set_xlim(-0.5, len(columns) - 0.5)
        axes.set_ylim(len(rows) - 0.5, -0.5)
        axes.set_xticks(range(len(columns)), columns)
        axes.set_yticks(range(len(rows)), [row["label"] for row in rows], fontsize=9)
        axes.tick_params(length=0, top=True, labeltop=True, bottom=False, labelbottom=False)
        axes.grid(visible=False)
        axes.spines[["left", "bottom"]].set_visible(False)
        return draw._saved(figure)
