"""The poisons. One line each; its file holds the code."""

from engine.core.registry import Registry

POISONS = Registry("poison")
POISONS.add(
    "label_kept",
    run="engine.red.poisoning.label_kept:LabelKept",
    title="Label-kept stamp",
    about="A stamp on 100 sevens that stay labelled 7, as in the reference report. Not a backdoor.",
    stride=("tampering",),
)
POISONS.add(
    "badnets",
    run="engine.red.poisoning.badnets:Badnets",
    title="BadNets",
    paper="https://arxiv.org/abs/1708.06733",
    about="The same stamp on images of other digits, relabelled to the target.",
    stride=("tampering",),
)
