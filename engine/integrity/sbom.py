"""The bill of materials: every installed package with its version and licence, as CycloneDX 1.6."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from importlib.metadata import Distribution
from uuid import NAMESPACE_URL, uuid5

from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.model.license import DisjunctiveLicense, LicenseExpression
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL

from engine.core import machine

PROJECT = "mnist-security-report"
LONGEST = 64  # some packages put the whole text of their licence where its name belongs


def sbom(revision: str, made: str) -> bytes:
    """Return the environment's bill of materials as JSON, the same bytes for the same arguments and packages.

    ``revision`` is the project's, ``made`` the time of the build, ISO 8601. The serial number follows from the
    packages and the revision, as in other reproducible bills.
    """
    listed = list(packages())
    content = " ".join([PROJECT, revision, *(str(each.purl) for each in listed)])
    bom = Bom(components=listed, serial_number=uuid5(NAMESPACE_URL, content))
    ours = Component(name=PROJECT, version=revision or None, type=ComponentType.APPLICATION, bom_ref=PROJECT)
    bom.metadata.component = ours
    bom.metadata.timestamp = datetime.fromisoformat(made)
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
        known = PackageURL("pypi", None, name, found.version)
        yield Component(
            name=name,
            version=found.version,
            type=ComponentType.LIBRARY,
            bom_ref=str(known),
            purl=known,
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
