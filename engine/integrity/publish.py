"""What a build seals: its weights, its data, and the site as built."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from engine.core.records import Build
from engine.integrity.manifest import Difference, check, seal
from engine.integrity.sbom import sbom

SBOM = "sbom.cdx.json"
WEIGHTS = ("*.json", "*.safetensors")
RUN = ("profile", "dataset", "dataset_digests", "packages", "machine", "python", "revision", "started", "seeds")


def seal_data(root: Path, build: Build) -> None:
    """Write the bill of materials, and the manifests of ``models`` and ``docs/data``."""
    run = _run(build)
    data = root / "docs/data"
    data.mkdir(parents=True, exist_ok=True)
    (data / SBOM).write_text(sbom("mnist-security-report", build.revision), "utf-8")
    seal(root / "models", run, WEIGHTS)
    seal(data, run)


def seal_site(root: Path, build: Build) -> None:
    """Write the manifest of ``site``."""
    seal(root / "site", _run(build))


def verify(root: Path, site: Path) -> list[Difference]:
    """Return what differs in a built site, in the data in it, and in the models of the project ``root``."""
    found = [*check(site), *check(site / "data")]
    return found + list(check(root / "models"))


def _run(build: Build) -> dict[str, Any]:
    return {key: value for key, value in asdict(build).items() if key in RUN}
