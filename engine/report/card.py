"""The picture that a link to the report shows: 1200 × 630 pixels, drawn from the records."""

from __future__ import annotations

import io
from typing import Any

from engine.report.figures import Figure, Shelf
from engine.report.headline import Headline
from engine.report.theme import DARK, NAVY

SIZE = (1200, 630)
MARGIN = 0.065
TONES = {"good": "blue", "bad": "red", "open": "muted"}


def social(shelf: Shelf, head: Headline) -> Figure:
    """Add the card to the shelf."""
    rows = [(big.model.title, big.under, big.cell.text, big.cell.share, big.tone) for big in head.figures]
    said = "; ".join(f"{model}, {under}: {text}" for model, under, text, _, _ in rows)
    alt = f"How safe is this classifier? {head.answer} {said}."
    return shelf.png("card", alt, [head.answer, rows], lambda: drawn(head.answer, rows))


def drawn(answer: str, rows: list[tuple[str, str, str, float | None, str]]) -> bytes:
    """Return the card as PNG; a row is model, condition, figure, share in [0, 1] or None, and tone."""
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure as Canvas

    with mpl.rc_context({"font.family": "DejaVu Sans", "text.color": "#ffffff"}):
        figure = Canvas(figsize=(SIZE[0] / 100, SIZE[1] / 100), dpi=100, facecolor=NAVY)
        FigureCanvasAgg(figure)
        figure.text(MARGIN, 0.88, "MNIST security report", fontsize=19, color=DARK["muted"], va="top")
        figure.text(MARGIN, 0.79, "How safe is this classifier?", fontsize=38, weight="bold", va="top")
        figure.text(MARGIN, 0.63, answer, fontsize=25, color=DARK["muted"], va="top")
        for place, row in enumerate(rows):
            _figure(figure, MARGIN + 0.3 * place, row)
        buffer = io.BytesIO()
        figure.savefig(buffer, format="png", facecolor=NAVY, metadata={"Software": None})
    return buffer.getvalue()


def _figure(figure: Any, left: float, row: tuple[str, str, str, float | None, str]) -> None:
    from matplotlib.patches import Rectangle

    model, under, text, share, tone = row
    colour = DARK[TONES[tone]]
    figure.text(left, 0.3, text if share is not None else "–", fontsize=44, weight="bold", color=colour, va="bottom")
    for width, shade in ((0.25, "#ffffff30"), (0.25 * (share or 0.0), colour)):
        figure.add_artist(Rectangle((left, 0.265), width, 0.016, color=shade, linewidth=0))
    figure.text(left, 0.235, model, fontsize=21, weight="bold", va="top")
    figure.text(left, 0.165, under, fontsize=16, color=DARK["muted"], va="top")
