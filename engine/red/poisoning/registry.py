"""The poisons. One line each; its file holds the code."""

from engine.core.registry import Registry

POISONS = Registry("poison")
POISONS.add(
    "label_kept",
    run="engine.red.poisoning.label_kept:LabelKept",
    title="Label-kept stamp",
    about="A stamp on up to 100 sevens that stay labelled 7, as in the reference report. Not a backdoor.",
    stride=("tampering",),
    control=True,
)
POISONS.add(
    "badnets",
    run="engine.red.poisoning.badnets:Badnets",
    title="BadNets",
    paper="https://arxiv.org/abs/1708.06733",
    about="The same stamp on images of other digits, relabelled to the target.",
    stride=("tampering",),
)
POISONS.add(
    "blended",
    run="engine.red.poisoning.blended:blended",
    title="Blended",
    paper="https://arxiv.org/abs/1712.05526",
    about="A random pattern mixed in at a fifth, relabelled to the target.",
    stride=("tampering",),
)
POISONS.add(
    "clean_label",
    run="engine.red.poisoning.clean_label:CleanLabel",
    title="Clean-label",
    paper="https://arxiv.org/abs/1912.02771",
    about="Images of the target class, moved by PGD and then stamped. Labels stay true.",
    stride=("tampering",),
    surrogate=True,
)
POISONS.add(
    "sinusoidal",
    run="engine.red.poisoning.sinusoidal:Sinusoidal",
    title="Sinusoidal",
    paper="https://arxiv.org/abs/1902.11237",
    about="A faint wave on images of the target class. Labels stay true.",
    stride=("tampering",),
)
POISONS.add(
    "label_flip",
    run="engine.red.poisoning.label_flip:LabelFlip",
    title="Label flip",
    paper="https://proceedings.mlr.press/v20/biggio11.html",
    about="Images of other digits labelled as the target, untouched. There is no trigger.",
    stride=("tampering",),
)
