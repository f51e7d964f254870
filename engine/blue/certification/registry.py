"""The certificates for L∞ balls. One line each; its file holds the code."""

from engine.core.registry import Registry

CERTIFICATES = Registry("certificate")
CERTIFICATES.add(
    "interval",
    run="engine.blue.certification.interval:interval",
    title="Interval bounds",
    paper="https://arxiv.org/abs/1810.12715",
    about="The box of all images within ε goes through the network layer by layer, and what comes out is a box again. "
    "Where the true digit’s logit is above all others in it, the image is certified.",
    norm="linf",
)
CERTIFICATES.add(
    "linear",
    run="engine.blue.certification.linear:linear",
    title="Linear bounds",
    paper="https://arxiv.org/abs/1811.00866",
    about="Each difference of two logits is bounded by a linear function, traced back from the last layer to the "
    "pixels with intervals for the layers between. The tighter of this and of the interval bound is taken.",
    norm="linf",
)
