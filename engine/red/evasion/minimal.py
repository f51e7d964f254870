"""The attacks that look for the smallest change. One line each; its file holds the code."""

from engine.core.registry import Registry

MINIMAL = Registry("attack")
MINIMAL.add(
    "deepfool",
    run="engine.red.evasion.deepfool:deepfool",
    title="DeepFool",
    paper="https://arxiv.org/abs/1511.04599",
    about="Steps to the nearest border of the linearised model. Sees weights.",
    norm="l2",
    needs_gradient=True,
    stride=("spoofing",),
)
MINIMAL.add(
    "carlini",
    run="engine.red.evasion.carlini:carlini",
    title="Carlini–Wagner L2",
    paper="https://arxiv.org/abs/1608.04644",
    about="Descends size and margin together, weighed by bisection. Sees weights.",
    norm="l2",
    needs_gradient=True,
    stride=("spoofing",),
)
MINIMAL.add(
    "hopskipjump",
    run="engine.red.evasion.hopskipjump:hopskipjump",
    title="HopSkipJump",
    paper="https://arxiv.org/abs/1904.02144",
    about="Walks along the border. Sees the answer, no scores.",
    norm="l2",
    stride=("spoofing",),
)
MINIMAL.add(
    "simba",
    run="engine.red.evasion.simba:simba",
    title="SimBA",
    paper="https://arxiv.org/abs/1905.07121",
    about="Tries pixel after pixel. Sees scores, no weights.",
    norm="l2",
    stride=("spoofing",),
)
MINIMAL.add(
    "jsma",
    run="engine.red.evasion.jsma:jsma",
    title="JSMA",
    paper="https://arxiv.org/abs/1511.07528",
    about="Turns the most telling pixels white towards the next likely label. Sees weights.",
    norm="l0",
    needs_gradient=True,
    stride=("spoofing",),
)
