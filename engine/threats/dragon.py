"""The threat model as a file that OWASP Threat Dragon opens, format 2: https://www.threatdragon.com/docs/."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from engine.core.records import Boundary, Component, Control, Flow, Threat, ThreatRecord

VERSION = "2.4.0"
COLUMN, ROW, WIDTH, HEIGHT, MARGIN = 320, 190, 170, 80, 45
TYPES = {
    "process": ("process", "tm.Process"), "store": ("store", "tm.Store"), "external": ("actor", "tm.Actor"),
}  # fmt: skip
LINE = {"stroke": "#333333", "strokeWidth": 1.5, "strokeDasharray": None}


def dragon(rows: Iterable[ThreatRecord]) -> dict[str, Any]:
    """Return the model with one STRIDE diagram. Only a threat that is mitigated here is mitigated there."""
    known = list(rows)
    components = {row.id: row for row in known if isinstance(row, Component)}
    controls = {row.id: row for row in known if isinstance(row, Control)}
    threats = [row for row in known if isinstance(row, Threat)]
    cells = [_box(row, components.values()) for row in known if isinstance(row, Boundary)]
    cells += [_node(row, threats, controls) for row in components.values()]
    cells += [_arrow(row) for row in known if isinstance(row, Flow)]
    diagram = {
        "id": 0, "title": "Data flow", "diagramType": "STRIDE", "version": VERSION,
        "placeholder": "What moves between which components",
        "thumbnail": "./public/content/images/thumbnail.stride.jpg",
        "cells": [{**cell, "zIndex": k} for k, cell in enumerate(cells)],
    }  # fmt: skip
    return {
        "version": VERSION,
        "summary": {
            "title": "MNIST security report", "owner": "", "id": 0,
            "description": "Status and risk follow from the evidence that one build found.",
        },
        "detail": {
            "contributors": [], "diagrams": [diagram], "diagramTop": 1, "reviewer": "", "threatTop": len(threats),
        },
    }  # fmt: skip


def _id(name: str) -> str:
    """Return a UUID that is the same in every build."""
    return str(uuid5(NAMESPACE_URL, f"mnist-security-report/{name}"))


def _place(component: Component) -> tuple[int, int]:
    return MARGIN + COLUMN * component.column, 2 * MARGIN + ROW * component.row


def _box(boundary: Boundary, components: Iterable[Component]) -> dict[str, Any]:
    """Frame the rows that lie in a boundary. A boundary with rows in two places frames the first run of them."""
    every = list(components)
    rows = sorted({component.row for component in every if component.boundary == boundary.id})
    run = [row for k, row in enumerate(rows) if row == rows[0] + k]
    wide = COLUMN * max(component.column for component in every) + WIDTH + 2 * MARGIN
    return {
        "id": _id(f"boundary/{boundary.id}"), "shape": "trust-boundary-box", "visible": True,
        "position": {"x": 0, "y": MARGIN + ROW * run[0]},
        "size": {"width": wide, "height": ROW * (run[-1] - run[0]) + HEIGHT + 2 * MARGIN},
        "attrs": {"label": {"text": boundary.title}},
        "data": {
            "type": "tm.BoundaryBox", "name": boundary.title, "description": boundary.description,
            "isTrustBoundary": True, "hasOpenThreats": False,
        },
    }  # fmt: skip


def _node(component: Component, threats: Iterable[Threat], controls: Mapping[str, Control]) -> dict[str, Any]:
    shape, kind = TYPES[component.shape]
    (x, y), numbered = _place(component), enumerate(threats, 1)
    own = [_threat(threat, number, controls) for number, threat in numbered if threat.component == component.id]
    lines = {"topLine": LINE, "bottomLine": LINE} if shape == "store" else {"body": LINE}
    return {
        "id": _id(f"component/{component.id}"), "shape": shape, "visible": True,
        "position": {"x": x, "y": y}, "size": {"width": WIDTH, "height": HEIGHT},
        "attrs": {"text": {"text": component.title}, **lines},
        "data": {
            "type": kind, "name": component.title, "description": component.description, "outOfScope": False,
            "reasonOutOfScope": "", "hasOpenThreats": any(row["status"] == "Open" for row in own), "threats": own,
        },
    }  # fmt: skip


def _threat(threat: Threat, number: int, controls: Mapping[str, Control]) -> dict[str, Any]:
    done = [
        f"{controls[name].title} ({'proved' if controls[name].proved else 'not proved'})." for name in threat.controls
    ]
    advice = [f"Advised: {line}" for line in threat.advised]
    return {
        "id": _id(f"threat/{threat.id}"), "number": number, "title": f"{threat.id} {threat.title}",
        "type": threat.category.capitalize(), "modelType": "STRIDE",
        "status": "Mitigated" if threat.status == "mitigated" else "Open",
        "severity": threat.residual_level.capitalize(), "score": f"inherent {threat.level}",
        "description": threat.description, "mitigation": " ".join([*done, *threat.reasons, *advice]),
    }  # fmt: skip


def _arrow(flow: Flow) -> dict[str, Any]:
    return {
        "id": _id(f"flow/{flow.source}/{flow.target}/{flow.data}"), "shape": "flow", "connector": "smooth",
        "source": {"cell": _id(f"component/{flow.source}")}, "target": {"cell": _id(f"component/{flow.target}")},
        "labels": [flow.data], "vertices": [],
        "attrs": {"line": {
            "stroke": "#333333", "strokeWidth": 1.5, "strokeDasharray": None,
            "sourceMarker": {"name": ""}, "targetMarker": {"name": "block"},
        }},
        "data": {
            "type": "tm.Flow", "name": flow.data, "description": "", "outOfScope": False, "reasonOutOfScope": "",
            "hasOpenThreats": False, "isBidirectional": False, "isEncrypted": False,
            "isPublicNetwork": flow.crosses, "protocol": "", "threats": [],
        },
    }  # fmt: skip
