"""The certificates for L∞ balls. One line each; its file holds the code."""

from engine.core.registry import Registry

CERTIFICATES = Registry("certificate")
CERTIFICATES.add(
    "interval",
    run="engine.blue.certification.interval:interval",
    title="Interval bounds",
    paper="https://arxiv.org/abs/1810.12715",
    about="Pushes the box around an image through the network layer by layer.",
    norm="linf",
)
CERTIFICATES.add(
    "linear",
    run="engine.blue.certification.linear:linear",
    title="Linear bounds",
    paper="https://arxiv.org/abs/1811.00866",
    about="Bounds each difference of two logits by a linear function of the pixels, traced back from the last layer.",
    norm="linf",
)
