"""Colours and letters. A figure is drawn once with the light palette; the dark one is made by replacing colours.

`docs/css/report.css` uses the same values under the names ``--good`` (blue), ``--bad`` (red) and ``--open`` (muted);
tests hold the two together, measure contrast, and how far the colours are apart for colour-blind readers.
"""

from __future__ import annotations

NAVY = "#10263d"  # the header, the social card and the icon
FONTS = ("Inter", "Segoe UI", "Helvetica Neue", "Arial", "DejaVu Sans")  # whichever the reader's system has
LIGHT = {
    "ink": "#1a2230",
    "muted": "#5a6272",
    "grid": "#d5dbe5",
    "surface": "#ffffff",
    "blue": "#0b62a8",
    "green": "#0b4a3a",
    "red": "#b8321f",
    "purple": "#6d2a74",
    "gold": "#b9800b",
    "slate": "#5c6370",
}
DARK = {
    "ink": "#e8ecf3",
    "muted": "#a7b0c2",
    "grid": "#364152",
    "surface": "#12171f",
    "blue": "#6db8f7",
    "green": "#b4f5d8",
    "red": "#ff8f78",
    "purple": "#bb45d6",
    "gold": "#f7d13f",
    "slate": "#8b93a4",
}
SERIES = ("blue", "green", "red", "purple", "gold", "slate")  # in the order of the models
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
STYLES = ("-", (0, (5, 2)), (0, (1, 1.5)), (0, (4, 1.5, 1, 1.5)), (0, (7, 2)), (0, (2, 1)))


def darkened(svg: str) -> str:
    """Return a figure drawn in `LIGHT` in the colours of `DARK`."""
    for name, colour in LIGHT.items():
        svg = svg.replace(colour, f"@{name}@")
    for name, colour in DARK.items():
        svg = svg.replace(f"@{name}@", colour)
    return svg
