"""What a build seals: its weights, its data with the bill of materials among it, and the site as built."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from engine.core.records import Build
from engine.integrity.manifest import Difference, check, seal

SBOM = "sbom.cdx.json"
WEIGHTS = ("*.json", "*.safetensors")
RUN = ("profile", "dataset", "dataset_digests", "packages", "machine", "python", "revision", "started", "seeds")


def seal_data(root: Path, build: Build) -> None:
    """Write the manifests of ``models`` and ``docs/data``."""
    seal(root / "models", _run(build), WEIGHTS)
    seal(root / "docs/data", _run(build))


def seal_site(root: Path, build: Build) -> None:
    """Write the manifest of ``site``."""
    seal(root / "site", _run(build))


def verify(root: Path, site: Path) -> list[Difference]:
    """Return what differs in a built site, in the data in it, and in the models of the project ``root``."""
    found = [*check(site), *check(site / "data")]
    return found + list(check(root / "models"))


def _run(build: Build) -> dict[str, Any]:
    return {key: value for key, value in asdict(build).items() if key in RUN}
