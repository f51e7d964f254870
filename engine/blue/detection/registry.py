"""The detectors of poison. One line each; its file holds the code."""

from engine.core.registry import Registry

DETECTORS = Registry("detector")
DETECTORS.add(
    "activation_clustering",
    run="engine.blue.detection.activation_clustering:activation_clustering",
    title="Activation Clustering",
    paper="https://arxiv.org/abs/1811.03728",
    about="Cuts each class in two groups and flags one that trusted images of the class stay out of.",
)
DETECTORS.add(
    "spectral",
    run="engine.blue.detection.spectral:spectral",
    title="Spectral Signatures",
    paper="https://arxiv.org/abs/1811.00636",
    about="Flags images far along the direction in which their class is longest, where trusted images are short.",
)
DETECTORS.add(
    "strip",
    run="engine.blue.detection.strip:strip",
    title="STRIP",
    paper="https://arxiv.org/abs/1902.06531",
    about="Lays other digits over an image that comes in and flags it when the answer does not change.",
)
DETECTORS.add(
    "neural_cleanse",
    run="engine.blue.detection.neural_cleanse:neural_cleanse",
    title="Neural Cleanse",
    paper="https://doi.org/10.1109/SP.2019.00031",
    about="Looks for the smallest change that brings each answer and flags an answer that needs far less.",
    needs_gradient=True,
)
