"""What pages need so that readers can explore them: files for the browser, and the attributes that point at them."""

from __future__ import annotations

from typing import Any

from engine.report import behind, charts, explorer, heat, vendor
from engine.report.figures import Figure, Shelf
from engine.report.view import View


def files(view: View) -> dict[str, bytes]:
    """Return everything that the scripts read, by path below ``docs``."""
    return {**charts.files(view), **explorer.files(view), **vendor.files()}


class Hooks:
    """Called by templates. Each returns an attribute with a leading space, empty where there is nothing to explore."""

    def __init__(self, view: View, shelf: Shelf) -> None:
        self.view, self.shelf = view, shelf
        self.charts = set(charts.charts(view))

    def chart(self, figure: Any) -> str:
        """Name the chart of a figure."""
        name = figure.light.rsplit("/", 1)[-1].removesuffix("-light.svg")
        return f' data-chart="{name}"' if name in self.charts else ""

    def behind(self, row: Any) -> str:
        """Add the pictures behind the cells of a record's confusion matrix, and name them."""
        found = behind.kept(self.view, row)
        if found is None:
            return ""
        behind.shelve(self.shelf, found)
        return f' data-behind="{found.name}"'

    def certified(self, method: str) -> Figure | None:
        """Draw certified accuracy by ε under one method."""
        return heat.certified_figure(self.shelf, self.view, method)

    def matrix(self) -> Figure | None:
        """Draw the matrix of attacks and models."""
        return heat.matrix_figure(self.shelf, self.view)
