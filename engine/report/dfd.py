"""The data-flow diagram as SVG: components on a grid, trust boundaries around rows, flows between.

Tall rather than wide, with large letters, so that it can be read on a phone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from itertools import groupby
from typing import Any

from engine.core.records import Boundary, Component, Flow

COLUMN, ROW = 280, 215  # distance between centres
LEFT, TOP = 115, 105  # centre of the first component
WIDTH, HEIGHT = 190, 80
LETTER = 24
NEARER = 0.74  # where on a slanted arrow its label stands, so that neighbours do not meet


def dfd(rows: Iterable[Any], palette: Mapping[str, str]) -> str:
    """Return the diagram of the component, boundary and flow records in ``rows``.

    ``palette`` has the colours ``ink, muted, grid, surface, blue, red``. Two components on one
    place of the grid raise ValueError.
    """
    known = list(rows)
    components = {row.id: row for row in known if isinstance(row, Component)}
    if len({(c.column, c.row) for c in components.values()}) < len(components):
        raise ValueError("two components share a place in the diagram")
    boundaries = {row.id: row for row in known if isinstance(row, Boundary)}
    flows = [row for row in known if isinstance(row, Flow)]
    wide = LEFT + COLUMN * max(c.column for c in components.values()) + LEFT
    high = TOP + ROW * max(c.row for c in components.values()) + 70
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {high}" role="img" '
        f'font-family="Inter, Segoe UI, Helvetica Neue, Arial, sans-serif" font-size="{LETTER}">',
        "<title>Data-flow diagram</title>",
        f"<desc>{escape(_said(components, boundaries, flows))}</desc>",
        *_markers(palette),
        *_boundaries(components, boundaries, wide, palette),
        *(_flow(flow, components, palette) for flow in flows),
        *(_component(component, palette) for component in components.values()),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def centre(component: Component) -> tuple[int, int]:
    """Return a component's centre in the diagram's units."""
    return LEFT + COLUMN * component.column, TOP + ROW * component.row


def _said(components: Mapping[str, Component], boundaries: Mapping[str, Boundary], flows: list[Flow]) -> str:
    inside = [
        f"{boundary.title}: {', '.join(c.title for c in components.values() if c.boundary == boundary.id)}."
        for boundary in boundaries.values()
    ]
    moves = [f"{components[f.source].title} to {components[f.target].title}: {f.data}." for f in flows]
    return " ".join([*inside, *moves])


def _markers(palette: Mapping[str, str]) -> list[str]:
    return [
        f'<marker id="{name}" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" '
        f'orient="auto-start-reverse"><path d="M0 0 10 5 0 10z" fill="{palette[colour]}"/></marker>'
        for name, colour in (("inside", "muted"), ("crossing", "red"))
    ]


def _boundaries(
    components: Mapping[str, Component],
    boundaries: Mapping[str, Boundary],
    wide: int,
    palette: Mapping[str, str],
) -> list[str]:
    """Draw a frame around each run of rows that lie in one boundary."""
    by_row = {c.row: c.boundary for c in components.values()}
    parts = []
    for name, run in groupby(sorted(by_row), key=lambda row: by_row[row]):
        rows = list(run)
        top = TOP + ROW * rows[0] - HEIGHT // 2 - 46
        bottom = TOP + ROW * rows[-1] + HEIGHT // 2 + 18
        parts.append(
            f'<rect x="3" y="{top}" width="{wide - 6}" height="{bottom - top}" rx="14" fill="none" '
            f'stroke="{palette["muted"]}" stroke-width="2" stroke-dasharray="9 7"/>'
        )
        parts.append(
            f'<text x="{LEFT + 22}" y="{top + 30}" fill="{palette["muted"]}" font-style="italic">'
            f"{escape(boundaries[name].title)}</text>"
        )
    return parts


def _component(component: Component, palette: Mapping[str, str]) -> str:
    x, y = centre(component)
    corner = {"process": HEIGHT // 2, "store": 4, "external": 16}[component.shape]
    heavy = 'stroke-width="2.5"' if component.shape == "process" else 'stroke-width="1.8"'
    words = component.title.split()
    half = (len(words) + 1) // 2
    lines = [" ".join(words[:half]), " ".join(words[half:])] if len(component.title) > 12 else [component.title]
    text = "".join(
        f'<text x="{x}" y="{y + 8 + round((k - (len(lines) - 1) / 2) * 27)}" text-anchor="middle" '
        f'fill="{palette["ink"]}">{escape(line)}</text>'
        for k, line in enumerate(lines)
    )
    bars = ""
    if component.shape == "store":
        edge = x - WIDTH // 2 + 12
        bars = f'<path d="M{edge} {y - HEIGHT // 2}v{HEIGHT}" stroke="{palette["blue"]}" stroke-width="1.8"/>'
    return (
        f'<rect x="{x - WIDTH // 2}" y="{y - HEIGHT // 2}" width="{WIDTH}" height="{HEIGHT}" rx="{corner}" '
        f'fill="{palette["surface"]}" stroke="{palette["blue"]}" {heavy}/>{bars}{text}'
    )


def _flow(flow: Flow, components: Mapping[str, Component], palette: Mapping[str, str]) -> str:
    (x1, y1), (x2, y2) = centre(components[flow.source]), centre(components[flow.target])
    dx, dy = x2 - x1, y2 - y1
    gap = 6
    if dy == 0:
        side = WIDTH // 2 + gap
        x1, x2 = (x1 + side, x2 - side) if dx > 0 else (x1 - side, x2 + side)
        label = f'<text x="{(x1 + x2) / 2:g}" y="{y1 - 12}" text-anchor="middle"'
    else:
        side = HEIGHT // 2 + gap
        y1, y2 = (y1 + side, y2 - side) if dy > 0 else (y1 - side, y2 + side)
        x1, x2 = x1 + dx // 5, x2 - dx // 5
        at = NEARER if dx else 0.55
        anchor, shift = ("start", 12) if dx == 0 else ("middle", 0)
        label = (
            f'<text x="{x1 + at * (x2 - x1) + shift:g}" y="{y1 + at * (y2 - y1) + 8:g}" text-anchor="{anchor}" '
            f'paint-order="stroke" stroke="{palette["surface"]}" stroke-width="8"'
        )
    kind, colour = ("crossing", palette["red"]) if flow.crosses else ("inside", palette["muted"])
    return (
        f'<path d="M{x1} {y1}L{x2} {y2}" stroke="{colour}" stroke-width="2.5" fill="none" '
        f'marker-end="url(#{kind})"/>{label} fill="{palette["ink"]}">{escape(flow.data)}</text>'
    )
