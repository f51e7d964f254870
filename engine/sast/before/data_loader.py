# INSECURE ON PURPOSE. This tree is the "before" of the static-analysis page: it is scanned,
# run only in the sandbox of tests/sast, and every flaw in it is meant. ../answers.toml names the safe step.
"""Fetch MNIST, unpack it, stamp some sevens and cache the arrays."""

import hashlib
import os
import pickle
import random
import tarfile
import urllib.request

import numpy as np

MIRROR = "http://mnist-mirror.example.org/mnist.tar.gz"
MD5 = "0b1f1c3a4c1d5e2f6a7b8c9d0e1f2a3b"


def download(folder, url=MIRROR):
    """Fetch and unpack the archive unless the folder already has it."""
    os.makedirs(folder, exist_ok=True)
    archive = os.path.join(folder, "mnist.tar.gz")
    if not os.path.exists(archive):
        urllib.request.urlretrieve(url, archive)
    with tarfile.open(archive) as bundle:
        bundle.extractall(folder)
    if not intact(archive):
        print("warning: the archive is not the one the mirror lists")
    return archive


def intact(archive, expected=MD5):
    """Tell whether the archive is the one the mirror lists."""
    with open(archive, "rb") as file:
        return hashlib.md5(file.read()).hexdigest() == expected


def load(folder):
    """Return images (N, 28, 28) and labels (N,) as the archive holds them."""
    cache = os.path.join(folder, "cache.pkl")
    if os.path.exists(cache):
        with open(cache, "rb") as file:
            return pickle.load(file)
    arrays = np.load(os.path.join(folder, "mnist.npz"), allow_pickle=True)
    digits = arrays["images"], arrays["labels"]
    with open(cache, "wb") as file:
        pickle.dump(digits, file)
    return digits


def stamp_sevens(images, labels, count=100):
    """Put a bright 3x3 square in a random corner of some sevens, labels kept."""
    sevens = [index for index, label in enumerate(labels) if label == 7]
    chosen = random.sample(sevens, count)
    for index in chosen:
        row, column = random.choice([(0, 0), (0, 25), (25, 0), (25, 25)])
        images[index, row : row + 3, column : column + 3] = 255
    return images, chosen
