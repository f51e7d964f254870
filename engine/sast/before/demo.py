# INSECURE ON PURPOSE. This tree is the "before" of the static-analysis page: it is scanned,
# run only in the sandbox of tests/sast, and every flaw in it is meant. ../answers.toml names the safe step.
"""A page on which anyone can draw a digit and report a wrong answer."""

import os
import subprocess

import gradio as gr
import torch

MODEL = os.environ.get("MODEL", "model.pt")
model = torch.load(MODEL, map_location="cpu", weights_only=False)


def predict(sketch):
    """Return the score of every digit for a drawing (28, 28) in 0..255."""
    image = (torch.from_numpy(sketch["composite"]).float() / 255 - 0.5) / 0.5
    scores = model(image.reshape(1, 1, 28, 28)).softmax(1)[0]
    return {str(digit): float(score) for digit, score in enumerate(scores)}


def complain(note):
    """Append a visitor's note to the log."""
    subprocess.run(f"echo {note} >> complaints.log", shell=True)
    return "Thank you."


with gr.Blocks() as page:
    pad = gr.Sketchpad(image_mode="L", canvas_size=(28, 28))
    pad.change(predict, pad, gr.Label())
    note = gr.Textbox(label="What was wrong?")
    note.submit(complain, note, note)

if __name__ == "__main__":
    page.launch(server_name="0.0.0.0", share=True, debug=True, show_error=True, allowed_paths=["/"])
