"""The defences of the input. One line each; its file holds the code."""

from engine.core.registry import Registry

DEFENCES = Registry("input defence")
DEFENCES.add(
    "squeezing",
    run="engine.blue.inputs.squeezing:Squeezing",
    title="Feature squeezing",
    paper="https://arxiv.org/abs/1704.01155",
    about="Rounds every pixel to a few grey levels.",
    stride=("spoofing",),
)
DEFENCES.add(
    "smoothing",
    run="engine.blue.inputs.smoothing:Smoothing",
    title="Median smoothing",
    paper="https://arxiv.org/abs/1704.01155",
    about="Replaces every pixel by the median of its neighbourhood.",
    stride=("spoofing",),
)
DEFENCES.add(
    "noise",
    run="engine.blue.inputs.noise:Noise",
    title="Random noise",
    paper="https://arxiv.org/abs/1707.07397",
    about="Adds Gaussian noise and averages the scores over several draws.",
    stride=("spoofing",),
)
DEFENCES.add(
    "jpeg",
    run="engine.blue.inputs.jpeg:Jpeg",
    title="JPEG",
    paper="https://arxiv.org/abs/1705.02900",
    about="Compresses the image and reads it again.",
    stride=("spoofing",),
)
DEFENCES.add(
    "binarisation",
    run="engine.blue.inputs.binarisation:Binarisation",
    title="Binarisation",
    paper="https://arxiv.org/abs/1704.01155",
    about="Makes every pixel black or white.",
    stride=("spoofing",),
)
