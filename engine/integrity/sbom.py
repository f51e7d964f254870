"""The bill of materials: every installed package with its version and licence, as CycloneDX 1.6."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.metadata import Distribution

from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.model.license import DisjunctiveLicense, LicenseExpression
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL

from engine.core import machine

PROJECT = "mnist-security-report"
LONGEST = 64  # some packages put the whole text of their licence where its name belongs


def sbom(revision: str) -> bytes:
    """Return the environment's bill of materials as JSON; ``revision`` is the project's."""
    bom = Bom(components=packages())
    ours = Component(name=PROJECT, version=revision or None, type=ComponentType.APPLICATION)
    bom.metadata.component = ours
    bom.register_dependency(ours, bom.components)
    return (JsonV1Dot6(bom).output_as_string(indent=1) + "\n").encode()


def packages() -> Iterator[Component]:
    """Yield each installed package once, under its normalised name."""
    seen = set()
    for found in machine.installed():
        name = re.sub(r"[-_.]+", "-", found.metadata["Name"] or "").lower()
        if not name or name in seen:
            continue
        seen.add(name)
        yield Component(
            name=name,
            version=found.version,
            type=ComponentType.LIBRARY,
            purl=PackageURL("pypi", None, name, found.version),
            licenses=_licences(found),
        )


def _licences(found: Distribution) -> list[DisjunctiveLicense | LicenseExpression]:
    stated = found.metadata.json
    if stated.get("license_expression"):
        return [LicenseExpression(str(stated["license_expression"]))]
    classes = [line.rpartition(" :: ")[2] for line in stated.get("classifier", ())
               if line.startswith("License :: ") and line.count(" :: ") > 1]  # fmt: skip
    free = str(stated.get("license", "")).strip()
    named = [free] if free and len(free) <= LONGEST and "\n" not in free else []
    return [DisjunctiveLicense(name=name) for name in dict.fromkeys(classes or named)]
