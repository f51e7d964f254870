"""The evasion attacks. One line each; its file holds the code."""

from engine.core.registry import Registry

ATTACKS = Registry("attack")
ATTACKS.add(
    "fgsm",
    run="engine.red.evasion.fgsm:fgsm",
    title="FGSM",
    paper="https://arxiv.org/abs/1412.6572",
    about="One step of size ε along the sign of the loss gradient.",
    norm="linf",
    needs_gradient=True,
    one_step=True,
    stride=("spoofing",),
)
ATTACKS.add(
    "pgd",
    run="engine.red.evasion.pgd:pgd",
    title="PGD",
    paper="https://arxiv.org/abs/1706.06083",
    about="Small steps along the sign of the loss gradient from a random start, kept inside the ε ball.",
    norm="linf",
    needs_gradient=True,
    stride=("spoofing",),
)
ATTACKS.add(
    "autoattack",
    run="engine.red.evasion.autoattack:autoattack",
    title="AutoAttack",
    paper="https://arxiv.org/abs/2003.01690",
    about="Four attacks in turn, each on the images that still stand: APGD, targeted APGD, targeted FAB, Square.",
    norm="linf",
    needs_gradient=True,
    stride=("spoofing",),
)
