"""What the stages hand each other: frozen records, checked on load, published as JSON.

Accuracies, rates and their bounds are fractions in [0, 1]; pages print percent. "Not run" is a type
with a reason (`Skipped`, `Pending`), never a blank or a NaN. Field names here are the names in
``docs/data/<family>.json`` and in its JSON schema.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from typing import Annotated, Any, TypeAlias, get_args

from pydantic import Field, TypeAdapter

from engine.core.records.build import Build
from engine.core.records.certification import Bracket, Certified, Smoothed
from engine.core.records.claims import Reading
from engine.core.records.common import (
    FORBID,
    Count,
    Fraction,
    Level,
    Measured,
    Norm,
    Pending,
    Provenance,
    Seconds,
    Skipped,
)
from engine.core.records.corruptions import Corruption
from engine.core.records.detection import Detection, Repair, Share
from engine.core.records.evaluation import ClassScore, Evaluation, Latency, Scores
from engine.core.records.evasion import Evasion, Perturbation
from engine.core.records.gallery import Behind, Explored
from engine.core.records.inputs import InputCost, InputDefence
from engine.core.records.lab import Exported
from engine.core.records.minimal import Minimal, Point
from engine.core.records.poisoning import Colour, Poisoning
from engine.core.records.privacy import Extraction, Inversion, Membership
from engine.core.records.proof import Advisory, Audit, Proof, Sample, Saved, Verdict
from engine.core.records.protection import Comparison, Trial
from engine.core.records.sast import Change, ChangeState, Finding, Scan, Severity
from engine.core.records.threats import (
    Boundary,
    Component,
    Control,
    Evidence,
    Flow,
    LevelCell,
    ReferenceRating,
    Source,
    Status,
    Term,
    Threat,
)
from engine.core.records.training import Epoch, TrainingRun
from engine.core.records.trust import Check, Trust
from engine.core.records.worst import WorstCase

__all__ = [
    "FAMILIES",
    "FORBID",
    "TIMES",
    "Advisory",
    "Audit",
    "Behind",
    "Boundary",
    "Bracket",
    "Build",
    "Certified",
    "Change",
    "ChangeState",
    "Check",
    "ClaimRecord",
    "ClassScore",
    "Colour",
    "Comparison",
    "Component",
    "Control",
    "Corruption",
    "Count",
    "Detection",
    "Epoch",
    "Evaluation",
    "Evasion",
    "Evidence",
    "Explored",
    "Exported",
    "Extraction",
    "Finding",
    "Flow",
    "Fraction",
    "InputCost",
    "InputDefence",
    "Inversion",
    "Latency",
    "Level",
    "LevelCell",
    "Measured",
    "Membership",
    "Minimal",
    "Norm",
    "Pending",
    "Perturbation",
    "Point",
    "Poisoning",
    "Proof",
    "Provenance",
    "Reading",
    "ReferenceRating",
    "Repair",
    "Sample",
    "Saved",
    "Scan",
    "Scores",
    "Seconds",
    "Severity",
    "Share",
    "Skipped",
    "Smoothed",
    "Source",
    "Status",
    "Term",
    "Threat",
    "TrainingRun",
    "Trial",
    "Trust",
    "TrustRecord",
    "Verdict",
    "WorstCase",
    "adapter",
    "dump",
    "load",
    "schema",
]

EvaluationRecord: TypeAlias = Evaluation | Latency | Skipped | Pending
TrainingRecord: TypeAlias = TrainingRun | Skipped | Pending
EvasionRecord: TypeAlias = Evasion | WorstCase | Skipped | Pending
MinimalRecord: TypeAlias = Minimal | Skipped | Pending
CorruptionRecord: TypeAlias = Corruption | Skipped | Pending
ProtectionRecord: TypeAlias = Comparison | Trial | Skipped | Pending
PrivacyRecord: TypeAlias = Membership | Extraction | Inversion | Skipped | Pending
CertificationRecord: TypeAlias = Certified | Smoothed | Bracket | Skipped | Pending
GalleryRecord: TypeAlias = Behind | Explored | Skipped | Pending
InputRecord: TypeAlias = InputDefence | InputCost | Skipped | Pending
TrustRecord: TypeAlias = Trust | Skipped | Pending
ClaimRecord: TypeAlias = Reading | Skipped | Pending
PoisoningRecord: TypeAlias = Poisoning | Colour | Skipped | Pending
DetectionRecord: TypeAlias = Detection | Repair | Skipped | Pending
LabRecord: TypeAlias = Exported | Skipped | Pending
SastRecord: TypeAlias = Scan | Change | Proof | Audit | Advisory | Saved | Sample | Verdict | Skipped | Pending
ThreatRecord: TypeAlias = Component | Boundary | Flow | LevelCell | ReferenceRating | Term | Evidence | Control | Threat
Record: TypeAlias = (
    Evaluation
    | Latency
    | TrainingRun
    | Evasion
    | WorstCase
    | Minimal
    | Corruption
    | Trust
    | Certified
    | Smoothed
    | Bracket
    | Membership
    | Extraction
    | Inversion
    | Comparison
    | Trial
    | Behind
    | Explored
    | InputDefence
    | InputCost
    | Exported
    | Reading
    | Poisoning
    | Colour
    | Detection
    | Repair
    | Skipped
    | Pending
    | Scan
    | Change
    | Proof
    | Audit
    | Advisory
    | Saved
    | Sample
    | Verdict
    | Component
    | Boundary
    | Flow
    | LevelCell
    | ReferenceRating
    | Term
    | Evidence
    | Control
    | Threat
    | Build
)

FAMILIES: dict[str, Any] = {
    "evaluation": EvaluationRecord,
    "training": TrainingRecord,
    "evasion": EvasionRecord,
    "minimal": MinimalRecord,
    "corruptions": CorruptionRecord,
    "trust": TrustRecord,
    "certification": CertificationRecord,
    "poisoning": PoisoningRecord,
    "detection": DetectionRecord,
    "privacy": PrivacyRecord,
    "protection": ProtectionRecord,
    "inputs": InputRecord,
    "gallery": GalleryRecord,
    "claims": ClaimRecord,
    "lab": LabRecord,
    "sast": SastRecord,
    "threats": ThreatRecord,
    "provenance": Build,
}
TIMES = frozenset({"seconds", "median_ms", "p95_ms", "when"})  # fields that differ from run to run

_adapters: dict[str, TypeAdapter[Any]] = {}


def adapter(family: str) -> TypeAdapter[Any]:
    """Return the validator of a list of one family's records. Unknown families raise KeyError."""
    if family not in _adapters:
        kinds: Any = FAMILIES[family]
        if len(get_args(kinds)) > 1:
            kinds = Annotated[kinds, Field(discriminator="kind")]
        _adapters[family] = TypeAdapter(list[kinds])
    return _adapters[family]


def load(family: str, text: str | bytes) -> list[Any]:
    """Read and check a JSON list of one family's records; pydantic's ValidationError names the field."""
    return list(adapter(family).validate_json(text))


def dump(records: Iterable[Any]) -> str:
    """Return records as JSON text, the same text for the same records."""
    return json.dumps([asdict(record) for record in records], indent=1, allow_nan=False) + "\n"


def schema(family: str) -> dict[str, Any]:
    """Return the JSON schema of ``docs/data/<family>.json``."""
    return adapter(family).json_schema(mode="serialization")
