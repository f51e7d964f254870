# INSECURE ON PURPOSE. This tree is the "before" of the static-analysis page: it is scanned,
# run only in the sandbox of tests/sast, and every flaw in it is meant. ../answers.toml names the safe step.
"""Attack the classifier through ART and keep the adversarial images."""

import numpy as np
from art.attacks.evasion import FastGradientMethod, ProjectedGradientDescent
from art.estimators.classification import PyTorchClassifier
from torch import nn

ATTACKS = {"fgsm": FastGradientMethod, "pgd": ProjectedGradientDescent}


def wrap(model):
    """Return the model as ART wants it."""
    return PyTorchClassifier(
        model=model,
        loss=nn.CrossEntropyLoss(),
        input_shape=(1, 28, 28),
        nb_classes=10,
    )


def craft(model, images, name="pgd", epsilon=0.1):
    """Return adversarial images as bytes, ready to be saved beside the clean ones."""
    assert 0 < epsilon <= 1, "epsilon is a share of the pixel range"
    adversarial = ATTACKS[name](wrap(model), eps=epsilon).generate(x=images)
    return (adversarial * 255).astype(np.uint8)


def strongest(model, images, epsilon=0.1):
    """Return what PGD finds, which is reported as the worst case."""
    return ProjectedGradientDescent(wrap(model), eps=epsilon).generate(x=images)


def keep(adversarial, labels, path):
    """Save the images with their labels."""
    np.savez(path, images=adversarial, labels=np.array(list(labels), dtype=object))
