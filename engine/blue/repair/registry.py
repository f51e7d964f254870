"""The repairs of a poisoned network. One line each; its file holds the code."""

from engine.core.registry import Registry

REPAIRS = Registry("repair")
REPAIRS.add(
    "filter_retrain",
    run="engine.blue.repair.filter_retrain:filter_retrain",
    title="Filter and retrain",
    paper="https://arxiv.org/abs/1811.00636",
    about="Leaves out the images that Spectral Signatures flags and trains again.",
)
REPAIRS.add(
    "fine_pruning",
    run="engine.blue.repair.fine_pruning:fine_pruning",
    title="Fine-pruning",
    paper="https://arxiv.org/abs/1805.12185",
    about="Silences channels that trusted images leave quiet, then fine-tunes on trusted images.",
)
REPAIRS.add(
    "unlearning",
    run="engine.blue.repair.unlearning:unlearning",
    title="Unlearning",
    paper="https://doi.org/10.1109/SP.2019.00031",
    about="Fine-tunes on trusted images that carry the trigger which Neural Cleanse reversed, labels true.",
    needs_gradient=True,
)
