"""The demo's page: controls on the left, what the model sees and says on the right."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from io import BytesIO
from typing import Any, Protocol, TypeAlias

import gradio as gr
import numpy as np
from PIL import Image

from engine.serve.models import Served, Stamp, stamp
from engine.serve.predict import Answer, answer
from engine.serve.sketch import Shelf

Array: TypeAlias = np.ndarray[Any, Any]
CANVAS, ZOOM, BRUSH = 280, 10, 12
LARGEST_EPSILON = 0.5
QUEUE = 16
CSS = """
.answer {text-align: center; min-height: 8rem}
.answer b {display: block; font-size: 4.5rem; line-height: 1.1}
.seen {min-height: 20rem}
.seen img {image-rendering: pixelated; display: block; margin: 0 auto; max-width: 100%; height: auto}
.seen .label {color: var(--block-label-text-color); font-size: var(--text-sm); margin-bottom: .5rem}
"""


class Note(Protocol):
    """Hears of each drawing: the address that sent it, and what the journal keeps."""

    def __call__(self, address: str, **values: str | int | float | bool) -> object:
        """Keep it."""


def build(
    served: Mapping[str, Served], chosen: str, show_scores: bool, shelf: Shelf | None = None, note: Note | None = None
) -> gr.Blocks:
    """Return the page for these models, ``chosen`` first.

    Args:
        served: The models.
        chosen: The first one.
        show_scores: Whether scores leave the server; else no answer holds them.
        shelf: Where drawings wait under the token that a call names.
        note: Hears of each answer before it goes out.
    """
    square, shelf = stamp(served, chosen), shelf or Shelf()
    titles = [(model.card.title, name) for name, model in served.items()]
    with gr.Blocks(title="Break an MNIST classifier", analytics_enabled=False) as page:
        gr.Markdown("# Break an MNIST classifier\nPress the brush and draw one digit, large. Then switch an attack on.")
        with gr.Row():
            with gr.Column():
                pad, stamped, epsilon = _drawing(square)
            with gr.Column():
                seen, said, model, about, shown = _answer(titles, chosen, describe(served[chosen]), show_scores)

        # Gradio would open whatever file a call names. A drawing is taken from the shelf, and from there only.
        pad.preprocess = lambda value: value.id if value else None

        def look(token: Any, name: str, with_stamp: bool, size: float, request: gr.Request) -> tuple[Any, ...]:
            address = request.client.host if request.client else ""
            image = shelf.get(token, address) if isinstance(token, str) else None
            found = respond(served, image, name, with_stamp, size)
            if found is None:
                return picture(None), words(None, False), *(None for _ in shown)
            if note:
                note(address, model=name, digit=found.digit, stamp=with_stamp, epsilon=float(size))
            shares = {str(digit): share for digit, share in enumerate(found.scores)}
            return picture(found.image), words(found, with_stamp or size > 0), *(shares for _ in shown)

        inputs, outputs = [pad, model, stamped, epsilon], [seen, said, *shown]
        for control in inputs:
            control.change(
                look, inputs, outputs, show_progress="hidden", trigger_mode="always_last", api_visibility="private"
            )
        model.change(
            lambda name: describe(known(served, name)), model, about, show_progress="hidden", api_visibility="private"
        )
    page.queue(max_size=QUEUE, default_concurrency_limit=1)
    return page


def _drawing(square: Stamp | None) -> tuple[gr.Sketchpad, gr.Checkbox, gr.Slider]:
    """Return the left column: the drawing and what is done to it."""
    pad = gr.Sketchpad(
        label="Your digit",
        image_mode="L",
        canvas_size=(CANVAS, CANVAS),
        fixed_canvas=True,
        layers=False,
        transforms=(),
        sources=(),
        brush=gr.Brush(default_size=BRUSH, colors=["#000000"], color_mode="fixed"),
        elem_id="pad",
    )
    label = f"Stamp it; the backdoor's target is {square.target}" if square else "No backdoored model, so no stamp"
    stamped = gr.Checkbox(label=label, interactive=square is not None, elem_id="stamp")
    return pad, stamped, gr.Slider(0, LARGEST_EPSILON, 0, step=0.01, label="FGSM, size ε", elem_id="epsilon")


def _answer(
    titles: list[tuple[str, str]], chosen: str, about: str, show_scores: bool
) -> tuple[gr.HTML, gr.HTML, gr.Radio, gr.Markdown, list[gr.Label]]:
    """Return the right column: what the model sees and says, which model, and the scores where they are shown."""
    seen = gr.HTML(picture(None), elem_id="seen", elem_classes="seen")
    said = gr.HTML(words(None, False), elem_id="answer")
    model = gr.Radio(titles, value=chosen, label="Model", elem_id="model")
    described = gr.Markdown(about, elem_id="about")
    shown = [gr.Label(label="Scores", num_top_classes=3, elem_id="scores")] if show_scores else []
    return seen, said, model, described, shown


def known(served: Mapping[str, Served], name: str) -> Served:
    """Return a model by the name that a call gives; ``gr.Error`` for any other."""
    if name not in served:
        raise gr.Error(f"Unknown model. Known: {', '.join(served)}.", print_exception=False)
    return served[name]


def respond(
    served: Mapping[str, Served], image: Array | None, name: str, with_stamp: bool, size: float
) -> Answer | None:
    """Return the answer to a drawing from the shelf, None where nothing is drawn.

    The other values come from the network, so they are not believed: ``gr.Error`` for impossible ones.
    """
    model = known(served, name)
    if image is None:
        return None
    square: Stamp | None = stamp(served, name) if with_stamp else None
    try:
        return answer(model.network, image, square, float(size))
    except (TypeError, ValueError) as error:
        raise gr.Error(f"This is not a drawing: {error}.", print_exception=False) from None


def words(found: Answer | None, attacked: bool) -> str:
    """Return the answer as HTML that screen readers announce."""
    if found is None:
        return '<div class="answer" aria-live="polite">Draw a digit.</div>'
    note = "No attack is on."
    if attacked and found.digit != found.before:
        note = f"Without the attack it reads {found.before}. The attack works."
    elif attacked:
        note = "The attack changes nothing."
    return f'<div class="answer" aria-live="polite">The model reads<b>{found.digit}</b>{note}</div>'


def describe(model: Served) -> str:
    """Return what the model's card says of it, in one line."""
    share = model.card.metrics.get("clean")
    known = f"{share:.2%} of the clean test images right" if share is not None else "not measured yet"
    return f"{model.card.title} model, profile {model.card.profile}, seed {model.card.seed}: {known}."


def picture(image: Array | None) -> str:
    """Return a float image (28, 28) in [0, 1] as HTML; the picture is in it, so that the server keeps no file."""
    label = '<div class="label">What the model sees, 28×28</div>'
    if image is None:
        return label
    levels = np.rint(np.clip(image, 0, 1) * 255).astype(np.uint8)
    side, buffer = levels.shape[0] * ZOOM, BytesIO()
    Image.fromarray(levels).resize((side, side), Image.Resampling.NEAREST).save(buffer, "PNG")
    content = b64encode(buffer.getvalue()).decode()
    return f'{label}<img src="data:image/png;base64,{content}" alt="The 28×28 image" width="{side}" height="{side}">'
