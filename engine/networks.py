"""The classifiers. A network takes uint8 pixels or floats in [0, 1] and scales them itself.

So training, attacks, evaluation and the demo cannot differ in how they normalise.
"""

from __future__ import annotations

from typing import cast

import torch
import torch.nn.functional as F
from safetensors.torch import load, save
from torch import Tensor, nn

from engine.core.registry import Registry

NETWORKS = Registry("network")
NETWORKS.add(
    "simplecnn",
    run="engine.networks:SimpleCNN",
    title="SimpleCNN",
    about="Two 3×3 convolutions (32 and 64 channels), one 2×2 max-pool, two linear layers.",
)
NETWORKS.add(
    "strided",
    run="engine.networks:Strided",
    title="Strided",
    about="Two 5×5 convolutions of stride 2 (16 and 32 channels), two linear layers.",
)
NETWORKS.add(
    "ramped",
    run="engine.networks:Ramped",
    title="Ramped",
    about="A clamped ramp on every pixel, two 5×5 convolutions of stride 2 (32 and 64 channels), two linear layers.",
)


class SimpleCNN(nn.Module):
    """The reference report's network: 1,625,866 parameters, ten logits.

    Input: (N, 1, 28, 28), either uint8 in 0..255 or float in [0, 1]. Output: float32 (N, 10).
    """

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 32, 3, padding=1)
        self.conv2 = nn.Conv2d(32, 64, 3, padding=1)
        self.dropout = nn.Dropout(0.5)
        self.fc1 = nn.Linear(64 * 14 * 14, 128)
        self.fc2 = nn.Linear(128, 10)
        # Channels last is a fifth faster on CPUs: max-pool then reads whole channels at once.
        self.to(memory_format=torch.channels_last)

    def forward(self, images: Tensor) -> Tensor:
        """Return logits; see the class for shapes and ranges."""
        x = images.float() / 255 if images.dtype == torch.uint8 else images
        x = F.relu(self.conv1(x))
        # Pool before ReLU: the same values, a quarter of the work.
        x = F.relu(F.max_pool2d(self.conv2(x), 2))
        x = F.relu(self.fc1(x.flatten(1)))
        return cast(Tensor, self.fc2(self.dropout(x)))

    def layers(self) -> list[nn.Module]:
        """Return what `forward` does to float images in evaluation mode, layer by layer, to bound it."""
        pool = [nn.MaxPool2d(2), nn.ReLU(), nn.Flatten()]
        return [self.conv1, nn.ReLU(), self.conv2, *pool, self.fc1, nn.ReLU(), self.fc2]


class Strided(nn.Module):
    """A small second network, 14 times as fast to train: 114,314 parameters, ten logits.

    For what needs another network than the victim, or many trainings. Shapes and ranges as in `SimpleCNN`.
    """

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 16, 5, stride=2, padding=2)
        self.conv2 = nn.Conv2d(16, 32, 5, stride=2, padding=2)
        self.fc1 = nn.Linear(32 * 7 * 7, 64)
        self.fc2 = nn.Linear(64, 10)
        self.to(memory_format=torch.channels_last)

    def forward(self, images: Tensor) -> Tensor:
        """Return logits; see the class for shapes and ranges."""
        x = images.float() / 255 if images.dtype == torch.uint8 else images
        x = F.relu(self.conv2(F.relu(self.conv1(x))))
        return cast(Tensor, self.fc2(F.relu(self.fc1(x.flatten(1)))))

    def layers(self) -> list[nn.Module]:
        """Return the layers as `SimpleCNN.layers` does."""
        return [self.conv1, nn.ReLU(), self.conv2, nn.ReLU(), nn.Flatten(), self.fc1, nn.ReLU(), self.fc2]


class Ramp(nn.Module):
    """Pixels to ``clamp((x - low) / (high - low), 0, 1)``: grey is stretched, near black and near white are cut.

    MNIST's pixels are almost all black or white, so most of an ε box is a single point after it. The two ends
    are saved with the weights.
    """

    low: Tensor
    high: Tensor

    def __init__(self, low: float, high: float) -> None:
        super().__init__()
        self.register_buffer("low", torch.tensor(low))
        self.register_buffer("high", torch.tensor(high))

    def forward(self, images: Tensor) -> Tensor:
        """Return images of the same shape in [0, 1]."""
        return ((images - self.low) / (self.high - self.low)).clamp(0, 1)


class Ramped(nn.Module):
    """A network whose outputs over an ε box can be bounded closely. Shapes and ranges as in `SimpleCNN`.

    Few layers and no pooling: an interval grows in each of them.
    """

    def __init__(self) -> None:
        super().__init__()
        first, second, hidden = 32, 64, 256
        self.ramp = Ramp(0.3, 0.7)
        self.conv1 = nn.Conv2d(1, first, 5, stride=2, padding=2)
        self.conv2 = nn.Conv2d(first, second, 5, stride=2, padding=2)
        self.fc1 = nn.Linear(second * 7 * 7, hidden)
        self.fc2 = nn.Linear(hidden, 10)
        self.to(memory_format=torch.channels_last)

    def forward(self, images: Tensor) -> Tensor:
        """Return logits; see the class for shapes and ranges."""
        x = images.float() / 255 if images.dtype == torch.uint8 else images
        x = F.relu(self.conv2(F.relu(self.conv1(self.ramp(x)))))
        return cast(Tensor, self.fc2(F.relu(self.fc1(x.flatten(1)))))

    def layers(self) -> list[nn.Module]:
        """Return the layers as `SimpleCNN.layers` does."""
        convolutions = [self.ramp, self.conv1, nn.ReLU(), self.conv2, nn.ReLU()]
        return [*convolutions, nn.Flatten(), self.fc1, nn.ReLU(), self.fc2]


def build(name: str) -> nn.Module:
    """Return an untrained network; its weights follow torch's global seed."""
    from engine.core.registry import resolve

    return cast(nn.Module, resolve(NETWORKS[name].run)())


def to_bytes(model: nn.Module) -> bytes:
    """Return a model's weights as safetensors, the same bytes for the same weights."""
    return save({name: value.detach().cpu().contiguous() for name, value in model.state_dict().items()})


def from_bytes(name: str, weights: bytes, device: str = "cpu") -> nn.Module:
    """Build network ``name`` with these weights in evaluation mode, gradients of weights off."""
    model = build(name)
    model.load_state_dict(load(weights))
    for parameter in model.parameters():
        parameter.requires_grad_(False)
    return model.to(device).eval()
