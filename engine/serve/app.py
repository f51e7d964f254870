"""The demo's page: controls on the left, what the model sees and says on the right."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

import gradio as gr
import numpy as np
from PIL import Image

from engine.data.canvas import to_mnist
from engine.serve.models import Served, Stamp, stamp
from engine.serve.predict import Answer, answer

Array: TypeAlias = np.ndarray[Any, Any]
CANVAS, ZOOM, BRUSH = 280, 10, 12
LARGEST_EPSILON = 0.5
QUEUE = 16
CSS = """
.answer {text-align: center; min-height: 8rem}
.answer b {display: block; font-size: 4.5rem; line-height: 1.1}
.seen img {image-rendering: pixelated}
"""


def build(served: Mapping[str, Served], chosen: str, show_scores: bool) -> gr.Blocks:
    """Return the page for these models, ``chosen`` first; scores leave the server only if asked for."""
    square = stamp(served, chosen)
    titles = [(model.card.title, name) for name, model in served.items()]
    with gr.Blocks(title="Break an MNIST classifier", analytics_enabled=False) as page:
        gr.Markdown("# Break an MNIST classifier\nDraw one digit, large. Then switch an attack on.")
        with gr.Row():
            with gr.Column():
                pad = gr.Sketchpad(
                    label="Your digit",
                    image_mode="L",
                    canvas_size=(CANVAS, CANVAS),
                    fixed_canvas=True,
                    layers=False,
                    transforms=(),
                    brush=gr.Brush(default_size=BRUSH, colors=["#000000"], color_mode="fixed"),
                    elem_id="pad",
                )
                stamped = gr.Checkbox(
                    label=f"Stamp it; the backdoor's target is {square.target}"
                    if square
                    else "No backdoored model, so no stamp",
                    interactive=square is not None,
                    elem_id="stamp",
                )
                epsilon = gr.Slider(0, LARGEST_EPSILON, 0, step=0.01, label="FGSM, size ε", elem_id="epsilon")
            with gr.Column():
                seen = gr.Image(
                    label="What the model sees, 28×28", interactive=False, buttons=[], format="png",
                    height=CANVAS + 40, elem_id="seen", elem_classes="seen", alt_text="The 28×28 image",
                )  # fmt: skip
                said = gr.HTML(words(None, False), elem_id="answer")
                model = gr.Radio(titles, value=chosen, label="Model", elem_id="model")
                about = gr.Markdown(describe(served[chosen]), elem_id="about")
                scores = gr.Label(label="Scores", num_top_classes=3, visible=show_scores, elem_id="scores")

        def look(drawing: Any, name: str, with_stamp: bool, size: float) -> tuple[Any, ...]:
            found = respond(served, drawing, name, with_stamp, size)
            if found is None:
                return None, words(None, False), None
            shares = {str(digit): share for digit, share in enumerate(found.scores)} if show_scores else None
            return picture(found.image), words(found, with_stamp or size > 0), shares

        inputs, outputs = [pad, model, stamped, epsilon], [seen, said, scores]
        for control in inputs:
            control.change(
                look, inputs, outputs, show_progress="hidden", trigger_mode="always_last", api_visibility="private"
            )
        model.change(lambda name: describe(served[name]), model, about, api_visibility="private")
    page.queue(max_size=QUEUE, default_concurrency_limit=1)
    return page


def respond(served: Mapping[str, Served], drawing: Any, name: str, with_stamp: bool, size: float) -> Answer | None:
    """Return the answer to a sketchpad's value, None where nothing usable is drawn.

    The value comes from the network, so nothing in it is believed: ``gr.Error`` for what is not a drawing.
    """
    composite = drawing.get("composite") if isinstance(drawing, dict) else None
    if composite is None:
        return None
    if name not in served:
        raise gr.Error(f"Unknown model. Known: {', '.join(served)}.")
    square: Stamp | None = stamp(served, name) if with_stamp else None
    try:
        image = to_mnist(composite)
        return None if image is None else answer(served[name].network, image, square, float(size))
    except (TypeError, ValueError) as error:
        raise gr.Error(f"This is not a drawing: {error}.") from None


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


def picture(image: Array) -> Array:
    """Return a float image (28, 28) in [0, 1] enlarged without blur, uint8."""
    levels = np.rint(np.clip(image, 0, 1) * 255).astype(np.uint8)
    side = levels.shape[0] * ZOOM
    return np.asarray(Image.fromarray(levels).resize((side, side), Image.Resampling.NEAREST))
