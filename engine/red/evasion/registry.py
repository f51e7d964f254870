"""The evasion attacks of a given size. One line each; its file holds the code."""

from engine.core.registry import Registry

ATTACKS = Registry("attack")
ATTACKS.add(
    "fgsm",
    run="engine.red.evasion.fgsm:direction",
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
ATTACKS.add(
    "square",
    run="engine.red.evasion.square:square",
    title="Square",
    paper="https://arxiv.org/abs/1912.00049",
    about="Random squares, kept where they help. Sees scores, no weights.",
    norm="linf",
    stride=("spoofing",),
)
ATTACKS.add(
    "transfer",
    run="engine.red.evasion.transfer:transfer",
    title="Transfer",
    paper="https://arxiv.org/abs/1312.6199",
    about="PGD on another network that we trained, tried on this one. Sees neither weights nor answers.",
    norm="linf",
    surrogate=True,
    stride=("spoofing",),
)
ATTACKS.add(
    "universal",
    run="engine.red.evasion.universal:universal",
    title="Universal perturbation",
    paper="https://arxiv.org/abs/1610.08401",
    about="One change for all images, fitted to the images that it is tried on.",
    norm="linf",
    needs_gradient=True,
    carry=False,
    stride=("spoofing",),
)
ATTACKS.add(
    "patch",
    run="engine.red.evasion.patch:patch",
    title="Adversarial patch",
    paper="https://arxiv.org/abs/1712.09665",
    about="One square of any grey in the upper left corner, the same on all images. The size is its count of pixels.",
    norm="l0",
    needs_gradient=True,
    carry=False,
    stride=("spoofing",),
)
ATTACKS.add(
    "spatial",
    run="engine.red.evasion.spatial:spatial",
    title="Rotation and shift",
    paper="https://arxiv.org/abs/1712.02779",
    about="The worst of a grid for each image. Size 1 is 30 degrees and 3 pixels each way.",
    stride=("spoofing",),
)
ATTACKS.add(
    "noise",
    run="engine.red.evasion.noise:direction",
    title="Uniform noise",
    about="A control and no attack: each pixel moves by chance, up to ε.",
    norm="linf",
    one_step=True,
    control=True,
)
