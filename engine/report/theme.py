"""Colours. A figure is drawn once with the light palette; the dark one is made by replacing colours."""

from __future__ import annotations

# Okabe and Ito's colours for readers with colour vision deficiency, darkened for white and lightened for black.
LIGHT = {
    "ink": "#1f2430",
    "muted": "#5f6778",
    "grid": "#d9dde5",
    "surface": "#ffffff",
    "blue": "#0067a5",
    "green": "#00795a",
    "red": "#c04a00",
    "purple": "#a04a86",
    "gold": "#8a6a00",
    "slate": "#4b5366",
}
DARK = {
    "ink": "#e6e9f0",
    "muted": "#a4adbf",
    "grid": "#3d4454",
    "surface": "#1e2129",
    "blue": "#5db4f0",
    "green": "#3fc9a1",
    "red": "#ff9a5c",
    "purple": "#e39bcb",
    "gold": "#e3bf4a",
    "slate": "#c3cad9",
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
