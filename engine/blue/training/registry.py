"""The training recipes. One line each; its file holds the code."""

from engine.core.registry import Registry

RECIPES = Registry("training recipe")
RECIPES.add(
    "standard",
    run="engine.blue.training.standard:standard",
    title="Standard training",
    about="Cross-entropy on the training images as they are.",
)
RECIPES.add(
    "adversarial",
    run="engine.blue.training.adversarial:adversarial",
    title="Adversarial training",
    paper="https://arxiv.org/abs/1706.06083",
    about="Cross-entropy on images that PGD has just moved within ε of the training images.",
    norm="linf",
    needs_gradient=True,
    stride=("spoofing", "tampering"),
)
RECIPES.add(
    "trades",
    run="engine.blue.training.trades:trades",
    title="TRADES",
    paper="https://arxiv.org/abs/1901.08573",
    about="Cross-entropy on the images as they are, and a penalty where PGD can change the answer.",
    norm="linf",
    needs_gradient=True,
    stride=("spoofing", "tampering"),
)
RECIPES.add(
    "interval",
    run="engine.blue.training.interval:train_on_bounds",
    title="Training on interval bounds",
    paper="https://arxiv.org/abs/1810.12715",
    about="Cross-entropy on the worst logits that interval bounds allow within ε of the training images.",
    norm="linf",
    needs_gradient=True,
    stride=("spoofing", "tampering"),
)
RECIPES.add(
    "noisy",
    run="engine.blue.training.noisy:noisy",
    title="Training under noise",
    paper="https://arxiv.org/abs/1902.02918",
    about="Cross-entropy on the training images under Gaussian noise, for a model that is to be smoothed.",
    norm="l2",
    stride=("spoofing", "tampering"),
)
