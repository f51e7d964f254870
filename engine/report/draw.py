"""Matplotlib figures as SVG text, drawn in the light palette, with text left as text."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from engine.report.theme import FONTS, LIGHT, MARKERS, SERIES, STYLES

STYLE: dict[str, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "report",
    "font.family": "sans-serif",
    "font.sans-serif": list(FONTS),
    "font.size": 11,
    "text.color": LIGHT["ink"],
    "axes.edgecolor": LIGHT["muted"],
    "axes.labelcolor": LIGHT["ink"],
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "grid.color": LIGHT["grid"],
    "grid.linewidth": 0.8,
    "xtick.color": LIGHT["muted"],
    "ytick.color": LIGHT["muted"],
    "xtick.labelcolor": LIGHT["ink"],
    "ytick.labelcolor": LIGHT["ink"],
    "legend.frameon": False,
    "savefig.transparent": True,
}


STEPS = tuple(digit * 10.0**power for power in range(-3, 4) for digit in (1, 2, 5))  # of a logarithmic axis


@dataclass(frozen=True)
class Line:
    """A curve with an interval band; ``order`` chooses colour, marker and dash. Values are fractions."""

    label: str
    x: tuple[float, ...]
    y: tuple[float, ...]
    low: tuple[float, ...] = ()
    high: tuple[float, ...] = ()
    order: int = 0


@dataclass(frozen=True)
class Bars:
    """Groups of bars, one group a class."""

    label: str
    heights: tuple[float, ...]
    order: int = 0


@dataclass(frozen=True)
class Span:
    """What is known of one figure from below and from above, each as (value, low, high) in fractions."""

    group: str
    label: str
    lower: tuple[float, float, float]
    upper: tuple[float, float, float]


def _saved(figure: Any) -> str:
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", bbox_inches="tight", metadata={"Date": None, "Creator": None})
    return "\n".join(line.rstrip() for line in buffer.getvalue().splitlines()) + "\n"


def _axes(width: float, height: float) -> tuple[Any, Any]:
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height))
    FigureCanvasSVG(figure)
    return figure, figure.add_subplot()


def lines(
    rows: Sequence[Line],
    x_label: str,
    y_label: str,
    *,
    percent: bool = True,
    whole_x: bool = False,
    log_x: bool = False,
) -> str:
    """Return curves over a common axis; fractions are shown in percent when ``percent``."""
    import matplotlib as mpl

    scale = 100.0 if percent else 1.0
    with mpl.rc_context(STYLE):
        figure, axes = _axes(6.4, 3.9)
        for row in rows:
            colour = LIGHT[SERIES[row.order % len(SERIES)]]
            style = {"color": colour, "linestyle": STYLES[row.order % len(STYLES)], "linewidth": 2.0}
            mark = {"marker": MARKERS[row.order % len(MARKERS)], "markersize": 6.0}
            axes.plot(row.x, [scale * v for v in row.y], label=row.label, **style, **mark)
            if row.low:
                low, high = ([scale * v for v in side] for side in (row.low, row.high))
                axes.fill_between(row.x, low, high, color=colour, alpha=0.16, linewidth=0)
        axes.set_xlabel(x_label)
        axes.set_ylabel(y_label)
        if percent:
            axes.set_ylim(-3, 103)
        if log_x:
            ticks = sorted({x for row in rows for x in row.x})
            axes.set_xscale("log")
            axes.set_xticks(ticks, [f"{x:g}" for x in ticks])
            axes.minorticks_off()
        if whole_x:
            axes.set_xticks(sorted({x for row in rows for x in row.x}))
        if rows:
            axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=4, columnspacing=1.2)
        return _saved(figure)


def scatter(
    labels: Sequence[str], x: Sequence[float], y: Sequence[Sequence[float]], axes_labels: tuple[str, str]
) -> str:
    """Return named points with intervals: ``y`` holds (value, low, high) as fractions; the x axis is logarithmic."""
    import matplotlib as mpl

    with mpl.rc_context(STYLE):
        figure, axes = _axes(6.4, 4.2)
        for place, (label, at, (value, low, high)) in enumerate(zip(labels, x, y, strict=True)):
            colour = LIGHT[SERIES[place % len(SERIES)]]
            reach = [[100 * (value - low)], [100 * (high - value)]]
            axes.errorbar(at, 100 * value, yerr=reach, color=colour, marker=MARKERS[place % len(MARKERS)],
                          markersize=7, capsize=3, linestyle="none", label=label)  # fmt: skip
        axes.set_xscale("log")
        ticks = [tick for tick in STEPS if min(x) / 1.5 <= tick <= 1.5 * max(x)]
        axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
        axes.minorticks_off()
        axes.set_ylim(-3, 103)
        axes.set_xlabel(axes_labels[0])
        axes.set_ylabel(axes_labels[1])
        axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
        return _saved(figure)


def bars(groups: Sequence[str], rows: Sequence[Bars], y_label: str, *, x_label: str = "digit") -> str:
    """Return grouped bars of fractions, in percent."""
    import matplotlib as mpl

    with mpl.rc_context(STYLE):
        figure, axes = _axes(6.4, 3.4)
        width = 0.8 / max(1, len(rows))
        for place, row in enumerate(rows):
            at = [k - 0.4 + width * (place + 0.5) for k in range(len(groups))]
            heights = [100 * v for v in row.heights]
            # Full and hollow in turn, for readers without colour. No hatching: printed, it becomes a coarse picture.
            colour = LIGHT[SERIES[row.order]]
            axes.bar(at, heights, width * 0.8, label=row.label, color="none" if place % 2 else colour,
                     edgecolor=colour, linewidth=1.1)  # fmt: skip
        axes.set_xticks(range(len(groups)), groups)
        axes.set_ylim(0, 103)
        axes.set_xlabel(x_label)
        axes.set_ylabel(y_label)
        axes.grid(visible=False, axis="x")
        axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=4, columnspacing=1.2)
        return _saved(figure)


def brackets(spans: Sequence[Span]) -> str:
    """Return a bar a span, groups side by side: full up to the lower value, hollow up to the upper one."""
    import matplotlib as mpl

    groups = list(dict.fromkeys(span.group for span in spans))
    at = [place + 1.2 * groups.index(span.group) for place, span in enumerate(spans)]
    sides = [span.lower for span in spans], [span.upper for span in spans]
    lower, upper = ([100 * value for value, _, _ in side] for side in sides)
    between = [above - below for above, below in zip(upper, lower, strict=True)]
    with mpl.rc_context(STYLE):
        figure, axes = _axes(9.0, 3.9)
        axes.bar(at, lower, 0.82, color=LIGHT["green"], label="proved right")
        axes.bar(at, between, 0.82, bottom=lower, color="none", edgecolor=LIGHT["blue"],
                 linewidth=1.2, label="open: neither proved nor broken")  # fmt: skip
        for shift, side in zip((-0.14, 0.14), sides, strict=True):
            ends = [[100 * (v - low) for v, low, _ in side], [100 * (high - v) for v, _, high in side]]
            axes.errorbar([x + shift for x in at], [100 * v for v, _, _ in side], yerr=ends, fmt="none",
                          ecolor=LIGHT["ink"], elinewidth=1.1, capsize=1.8)  # fmt: skip
        axes.set_xticks(at, [span.label for span in spans], rotation=90, fontsize=8)
        axes.tick_params(axis="x", length=0)
        axes.set_ylim(0, 103)
        axes.set_ylabel("test digits, %")
        axes.grid(visible=False, axis="x")
        for group in groups:
            inside = [x for x, span in zip(at, spans, strict=True) if span.group == group]
            axes.annotate(group, (sum(inside) / len(inside), 0), (0, -34), ("data", "axes fraction"),
                          "offset points", ha="center", va="top")  # fmt: skip
        axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2)
        return _saved(figure)
