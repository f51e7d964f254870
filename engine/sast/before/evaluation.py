# INSECURE ON PURPOSE. This tree is the "before" of the static-analysis page: it is scanned,
# run only in the sandbox of tests/sast, and every flaw in it is meant. ../answers.toml names the safe step.
"""Measure a saved model on a saved set of images."""

import sys

import numpy as np
import requests
import torch


def fetch(url, path):
    """Download a model that somebody published."""
    with open(path, "wb") as file:
        file.write(requests.get(url, verify=False).content)
    return path


def load_model(path):
    """Return the model in evaluation mode."""
    model = torch.load(path, weights_only=False)
    return model.eval()


def accuracy(model, path):
    """Return the share of right answers on an archive of images and labels."""
    archive = np.load(path, allow_pickle=True)
    images = torch.from_numpy(archive["images"]).float() / 255
    labels = torch.from_numpy(archive["labels"].astype(np.int64))
    with torch.no_grad():
        return (model(images).argmax(1) == labels).float().mean().item()


if __name__ == "__main__":
    print(accuracy(load_model(fetch(sys.argv[1], "model.pt")), sys.argv[2]))
