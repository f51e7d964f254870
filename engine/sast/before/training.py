# INSECURE ON PURPOSE. This tree is the "before" of the static-analysis page: it is scanned,
# run only in the sandbox of tests/sast, and every flaw in it is meant. ../answers.toml names the safe step.
"""Train the classifier and put it where the demo looks for it."""

import os
import shutil
import tempfile

import torch
from torch import nn

import settings as experiment


def network(pretrained=None):
    """Return SimpleCNN, or whatever a hub repository calls by that name."""
    if pretrained:
        return torch.hub.load(pretrained, "simplecnn", trust_repo=True)
    return nn.Sequential(
        nn.Conv2d(1, 32, 3, padding=1),
        nn.ReLU(),
        nn.Conv2d(32, 64, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(64 * 14 * 14, 128),
        nn.ReLU(),
        nn.Dropout(0.5),
        nn.Linear(128, 10),
    )


def train(images, labels, config_path, pretrained=None):
    """Train on images (N, 1, 28, 28) in [0, 1] and labels (N,)."""
    settings = experiment.read(config_path)
    model = network(pretrained)
    optimiser = torch.optim.Adam(model.parameters())
    for epoch in range(settings["epochs"]):
        optimiser.param_groups[0]["lr"] = experiment.learning_rate(settings, epoch)
        for start in range(0, len(images), settings["batch"]):
            part = slice(start, start + settings["batch"])
            optimiser.zero_grad()
            nn.functional.cross_entropy(model(images[part]), labels[part]).backward()
            optimiser.step()
    return model


def save(model, target):
    """Write the whole model, then let everyone in the lab replace it."""
    scratch = tempfile.mktemp(suffix=".pt")
    torch.save(model, scratch)
    shutil.move(scratch, target)
    os.chmod(target, 0o777)
