"""The one chart library of the site, taken out of the wheel that carries it: µPlot, from the package youplot.

Nothing of it is kept in this project. µPlot was chosen for its size (50 kB; Chart.js takes 200, Bokeh 1,200, Plotly
4,500), because it is kept up and has no dependencies, and because the wheel that carries it has none either.
"""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from engine.core.errors import UserError

PACKAGE, BUNDLE = "youplot", "youplot/vendor/uplot.iife.min.js"
NOTICE = "µPlot, https://github.com/leeoniya/uPlot, copyright (c) Leon Sorokin, under the MIT License:\n"
MODULE = b"\nexport default uPlot;\n"  # the bundle is a plain script; this line makes it a module


def files() -> dict[str, bytes]:
    """Return library and licence by path below ``docs``; `UserError` when the package is not installed."""
    try:
        held = distribution(PACKAGE)
        script = Path(str(held.locate_file(BUNDLE))).read_bytes()
    except (PackageNotFoundError, OSError):
        raise UserError(
            f"the package {PACKAGE} is not installed", "run `make report`, or use .venv/bin/python"
        ) from None
    licence = next(Path(str(held.locate_file(path))) for path in held.files or () if path.name == "LICENSE")
    terms = licence.read_text("utf-8").split("\n\n", 2)[2]  # after the title and the wheel's own copyright line
    return {
        "javascripts/vendor/uplot.js": script + MODULE,
        "javascripts/vendor/uplot.LICENSE.txt": f"{NOTICE}\n{terms}".encode(),
    }
