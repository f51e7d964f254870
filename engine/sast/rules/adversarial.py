# Lines for `semgrep test`; never imported.
import numpy as np
import torch
from art.attacks.evasion import ProjectedGradientDescent
from art.estimators.classification import PyTorchClassifier
from art.estimators.classification.pytorch import PyTorchClassifier as Torch


def inline(x):
    # ruleid: uint8-wraparound
    a = (x * 255).astype(np.uint8)
    # ruleid: uint8-wraparound
    b = (255 * x).astype("uint8")
    # ruleid: uint8-wraparound
    c = np.uint8(x * 255.0)
    # ruleid: uint8-wraparound
    d = (x * 255).byte()
    # ruleid: uint8-wraparound
    e = (x * 255.0).to(torch.uint8)
    # ruleid: uint8-wraparound
    f = (x * 255).round().astype(np.uint8)
    # ruleid: uint8-wraparound
    g = np.rint(255 * x).astype(np.uint8)
    # ruleid: uint8-wraparound
    h = x.mul(255).to(dtype=torch.uint8)
    return a, b, c, d, e, f, g, h


def separate(x):
    scaled = x * 255
    # ruleid: uint8-wraparound
    return scaled.astype(np.uint8)


def clipped_inline(x):
    # ok: uint8-wraparound
    a = (np.clip(x, 0, 1) * 255).astype(np.uint8)
    # ok: uint8-wraparound
    b = np.clip(x * 255, 0, 255).astype(np.uint8)
    # ok: uint8-wraparound
    c = (x.clamp(0, 1) * 255).round().byte()
    # ok: uint8-wraparound
    d = np.rint(255 * x.clip(0, 1)).astype(np.uint8)
    # ok: uint8-wraparound
    e = x.clamp(0, 1).mul(255).to(torch.uint8)
    return a, b, c, d, e


def clipped_before(x):
    x = np.clip(x, 0, 1)
    # ok: uint8-wraparound
    return (x * 255).astype(np.uint8)


def clipped_between(x):
    scaled = x * 255
    scaled = scaled.clamp(0, 255)
    # ok: uint8-wraparound
    return scaled.byte()


def mask(x):
    # ok: uint8-wraparound
    return (x > 0.5).astype(np.uint8)


# ruleid: art-estimator-without-clip-values
PyTorchClassifier(model=m, loss=loss, input_shape=(1, 28, 28), nb_classes=10)
# ruleid: art-estimator-without-clip-values
Torch(model=m, loss=loss, input_shape=(1, 28, 28), nb_classes=10)
# ruleid: art-estimator-without-clip-values
PyTorchClassifier(model=m, loss=loss, input_shape=(1, 28, 28), nb_classes=10, clip_values=None)
# ok: art-estimator-without-clip-values
PyTorchClassifier(model=m, loss=loss, input_shape=(1, 28, 28), nb_classes=10, clip_values=(0.0, 1.0))
# ok: art-estimator-without-clip-values
PyTorchClassifier(model=m, clip_values=(0.0, 1.0), loss=loss, input_shape=(1, 28, 28), nb_classes=10)
# ok: art-estimator-without-clip-values
PyTorchClassifier(model=m, clip_values=other.clip_values, loss=loss, input_shape=(1, 28, 28), nb_classes=10)

# ruleid: art-pgd-weak-defaults
ProjectedGradientDescent(estimator, eps=0.1)
# ruleid: art-pgd-weak-defaults
ProjectedGradientDescent(estimator, eps=0.1, eps_step=0.01)
# ruleid: art-pgd-weak-defaults
ProjectedGradientDescent(estimator, eps=0.1, eps_step=0.01, num_random_init=0)
# ruleid: art-pgd-weak-defaults
ProjectedGradientDescent(estimator, eps=0.1, num_random_init=1)
# ok: art-pgd-weak-defaults
ProjectedGradientDescent(estimator, eps=0.1, num_random_init=1, eps_step=0.01)
# ok: art-pgd-weak-defaults
ProjectedGradientDescent(estimator, eps=0.1, eps_step=0.01, max_iter=40, num_random_init=starts)
# ok: art-pgd-weak-defaults
ProjectedGradientDescent(estimator, **settings)
