"""What the stages hand each other: frozen records, checked on load, published as JSON.

Accuracies, rates and their bounds are fractions in [0, 1]; pages print percent. "Not run" is a type
with a reason (`Skipped`, `Pending`), never a blank or a NaN. Field names here are the names in
``docs/data/<family>.json`` and in its JSON schema.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Annotated, Any, ClassVar, Literal, TypeAlias, get_args

from pydantic import ConfigDict, Field, TypeAdapter

FORBID = ConfigDict(extra="forbid", allow_inf_nan=False)
Fraction = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=0)]
Seconds = Annotated[float, Field(ge=0)]
Norm: TypeAlias = Literal["none", "linf", "l2", "l1", "l0"]
Level: TypeAlias = Literal["low", "medium", "high"]
Severity: TypeAlias = Literal["low", "medium", "high"]
ChangeState: TypeAlias = Literal["new", "fixed", "unchanged", "moved", "suppressed"]


@dataclass(frozen=True, kw_only=True)
class Provenance:
    """Where a record comes from: enough to remake it with ``build.py --only NAME``."""

    __pydantic_config__: ClassVar[ConfigDict] = FORBID
    name: str  # the job's name, e.g. "attack/clean/pgd/0.1/seed0"
    job: str  # the job's key, a SHA-256
    profile: str
    packages: dict[str, str]
    device: str
    cores: int


@dataclass(frozen=True, kw_only=True)
class ClassScore:
    """One digit's scores. Precision is None exactly when the digit was never predicted."""

    __pydantic_config__: ClassVar[ConfigDict] = FORBID
    label: Count
    support: Count
    predicted: Count
    precision: Fraction | None
    recall: Fraction
    f1: Fraction


@dataclass(frozen=True, kw_only=True)
class Scores:
    """Confusion matrix, rows true and columns predicted, and what follows from it.

    A digit that is never predicted counts as precision 0 in the macro mean.
    """

    __pydantic_config__: ClassVar[ConfigDict] = FORBID
    confusion: tuple[tuple[Count, ...], ...]
    classes: tuple[ClassScore, ...]
    macro_precision: Fraction
    macro_recall: Fraction
    macro_f1: Fraction


@dataclass(frozen=True, kw_only=True)
class Perturbation:
    """Sizes of ``adversarial - original`` over the attacked images, pixels in [0, 1]."""

    __pydantic_config__: ClassVar[ConfigDict] = FORBID
    linf_max: Annotated[float, Field(ge=0)]
    linf_mean: Annotated[float, Field(ge=0)]
    l2_max: Annotated[float, Field(ge=0)]
    l2_mean: Annotated[float, Field(ge=0)]
    l0_mean: Annotated[float, Field(ge=0)]  # pixels changed by more than 1/512


@dataclass(frozen=True, kw_only=True)
class Measured:
    """What every measured record carries: ``accuracy = successes / n``, with Wilson's 95 % bounds."""

    __pydantic_config__: ClassVar[ConfigDict] = FORBID
    model: str
    norm: Norm
    epsilon: Annotated[float, Field(ge=0)]
    n: Annotated[int, Field(gt=0)]
    seed: Count
    dataset: str
    successes: Count  # images answered with their true label
    accuracy: Fraction
    low: Fraction
    high: Fraction
    seconds: Seconds
    gradients: Count  # images through a forward and backward pass
    queries: Count  # images through a forward pass only
    flags: tuple[str, ...]
    provenance: Provenance

    def __post_init__(self) -> None:
        """Raise ValueError when the record contradicts itself."""
        if self.successes > self.n or not math.isclose(self.accuracy, self.successes / self.n):
            raise ValueError(f"{self.model}: accuracy {self.accuracy} is not {self.successes}/{self.n}")
        if not self.low <= self.accuracy <= self.high:
            raise ValueError(f"{self.model}: accuracy {self.accuracy} outside [{self.low}, {self.high}]")


@dataclass(frozen=True, kw_only=True)
class Evaluation(Measured):
    """A model on a set of images that nobody optimised against it: ``clean`` or ``stamped``."""

    kind: Literal["evaluation"] = "evaluation"
    condition: Literal["clean", "stamped"]
    scores: Scores


@dataclass(frozen=True, kw_only=True)
class Latency:
    """Time of a forward pass after warm-up, synchronised, one process and ``threads`` threads."""

    __pydantic_config__: ClassVar[ConfigDict] = FORBID
    kind: Literal["latency"] = "latency"
    model: str
    seed: Count
    batch: Annotated[int, Field(gt=0)]
    warmup: Count
    repeats: Annotated[int, Field(gt=0)]
    threads: Annotated[int, Field(gt=0)]
    median_ms: Annotated[float, Field(gt=0)]  # per batch
    p95_ms: Annotated[float, Field(gt=0)]  # per batch
    provenance: Provenance


@dataclass(frozen=True, kw_only=True)
class Epoch:
    """A point of the learning curve. Validation images are cut from the training set."""

    __pydantic_config__: ClassVar[ConfigDict] = FORBID
    epoch: Count
    train_loss: float
    train_accuracy: Fraction
    validation_loss: float
    validation_accuracy: Fraction
    validation_robust_accuracy: Fraction | None  # under the recipe's own attack, hardened models only


@dataclass(frozen=True, kw_only=True)
class TrainingRun:
    """How a model came to be. ``gradients`` counts images through forward and backward."""

    __pydantic_config__: ClassVar[ConfigDict] = FORBID
    kind: Literal["training"] = "training"
    model: str
    network: str
    recipe: dict[str, float | int | str | bool]
    dataset: str
    seed: Count
    images: Count
    validation_images: Count
    poisoned_images: Count
    parameters: Count
    epochs: tuple[Epoch, ...]
    kept_epoch: Count
    weights_sha256: str
    seconds: Seconds
    gradients: Count
    flags: tuple[str, ...]
    provenance: Provenance


@dataclass(frozen=True, kw_only=True)
class Evasion(Measured):
    """One attack on one model at one size. Success rate is over the images right before it."""

    kind: Literal["evasion"] = "evasion"
    attack: str
    settings: dict[str, float | int | str | bool]
    attacked: Count  # images answered right before the attack
    broken: Count  # of these, answered wrong after it
    success_rate: Fraction
    success_low: Fraction
    success_high: Fraction
    perturbation: Perturbation
    scores: Scores


@dataclass(frozen=True, kw_only=True)
class Poisoning(Measured):
    """A trigger tried on a model. ``n`` leaves out images whose true label is the target.

    ``hits`` of them are answered with the target once stamped; ``base_hits`` already were without
    the stamp, so ``success_rate`` has its control beside it. ``successes`` counts true answers.
    """

    kind: Literal["poisoning"] = "poisoning"
    poison: str
    trigger: str
    trigger_size: Count
    target: Count
    control: bool  # True for a model whose training data this trigger never touched
    label_kept: bool
    poisoned_images: Count
    training_images: Count
    hits: Count
    success_rate: Fraction
    success_low: Fraction
    success_high: Fraction
    base_hits: Count
    base_rate: Fraction
    clean_accuracy: Fraction
    clean_low: Fraction
    clean_high: Fraction


@dataclass(frozen=True, kw_only=True)
class Colour:
    """What one of the reference's coloured squares becomes in a grey image, levels 0 to 255."""

    __pydantic_config__: ClassVar[ConfigDict] = FORBID
    kind: Literal["colour"] = "colour"
    colour: str
    rgb: tuple[int, int, int]
    mean_grey: Annotated[int, Field(ge=0, le=255)]  # the average, as in the reference
    luma_grey: Annotated[int, Field(ge=0, le=255)]  # ITU-R 601, as Pillow's "L"


@dataclass(frozen=True, kw_only=True)
class Skipped:
    """A cell that will not be run, and why."""

    __pydantic_config__: ClassVar[ConfigDict] = FORBID
    kind: Literal["skipped"] = "skipped"
    family: str
    name: str
    model: str
    subject: str
    norm: Norm
    epsilon: float
    seed: Count
    reason: str


@dataclass(frozen=True, kw_only=True)
class Pending:
    """A cell of the plan that has not been run yet, or whose job failed (then ``reason`` says so)."""

    __pydantic_config__: ClassVar[ConfigDict] = FORBID
    kind: Literal["pending"] = "pending"
    family: str
    name: str
    model: str
    subject: str
    norm: Norm
    epsilon: float
    seed: Count
    reason: str


@dataclass(frozen=True, kw_only=True)
class Scan:
    """One run of one tool on one tree; ``files`` were parsed, none was skipped."""

    __pydantic_config__: ClassVar[ConfigDict] = FORBID
    kind: Literal["scan"] = "scan"
    tool: str
    version: str
    tree: Literal["before", "after"]
    paths: tuple[str, ...]
    rules: Count  # 0 where the tool does not say
    config: str
    files: Count
    lines: Count
    findings: Count
    suppressed: Count


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One place that one rule of one tool points at."""

    __pydantic_config__: ClassVar[ConfigDict] = FORBID
    tool: str
    rule: str
    severity: Severity
    confidence: Level
    cwe: Count  # 0 where the rule names none
    path: str
    line: Annotated[int, Field(ge=1)]
    end_line: Annotated[int, Field(ge=1)]
    column: Annotated[int, Field(ge=1)]
    message: str
    help: str  # a link or a hint, may be empty
    snippet: str
    justification: str  # the written reason of a suppression, empty where not suppressed


@dataclass(frozen=True, kw_only=True)
class Change:
    """A finding across the two trees: before is None when new, after is None when fixed."""

    __pydantic_config__: ClassVar[ConfigDict] = FORBID
    kind: Literal["change"] = "change"
    state: ChangeState
    before: Finding | None
    after: Finding | None
    answer: str  # what our code does in place of a fixed flaw, empty where nothing is to be said


@dataclass(frozen=True, kw_only=True)
class Component:
    """A box of the data-flow diagram, inside one trust boundary."""

    __pydantic_config__: ClassVar[ConfigDict] = FORBID
    kind: Literal["component"] = "component"
    id: str
    title: str
    shape: Literal["process", "store", "external"]
    boundary: str
    description: str
    column: Count  # place in the diagram, from the left
    row: Count  # place in the diagram, from the top


@dataclass(frozen=True, kw_only=True)
class Boundary:
    """A trust boundary: what is inside is believed as much as the rest of it."""

    __pydantic_config__: ClassVar[ConfigDict] = FORBID
    kind: Literal["boundary"] = "boundary"
    id: str
    title: str
    description: str


@dataclass(frozen=True, kw_only=True)
class Flow:
    """Data that goes from one component to another."""

    __pydantic_config__: ClassVar[ConfigDict] = FORBID
    kind: Literal["flow"] = "flow"
    source: str
    target: str
    data: str
    crosses: bool  # computed: the ends lie in different boundaries


@dataclass(frozen=True, kw_only=True)
class LevelCell:
    """One cell of the likelihood × impact matrix."""

    __pydantic_config__: ClassVar[ConfigDict] = FORBID
    kind: Literal["level_cell"] = "level_cell"
    likelihood: Level
    impact: Level
    level: Level


@dataclass(frozen=True, kw_only=True)
class ReferenceRating:
    """How the reference report rates a whole category, beside what our matrix gives for the same."""

    __pydantic_config__: ClassVar[ConfigDict] = FORBID
    kind: Literal["reference_rating"] = "reference_rating"
    category: str
    likelihood: Level
    impact: Level
    level: Level
    matrix_level: Level


@dataclass(frozen=True, kw_only=True)
class Threat:
    """One threat. ``level`` is the matrix's unless an override with its reason says otherwise."""

    __pydantic_config__: ClassVar[ConfigDict] = FORBID
    kind: Literal["threat"] = "threat"
    id: str
    category: Literal[
        "spoofing",
        "tampering",
        "repudiation",
        "information disclosure",
        "denial of service",
        "elevation of privilege",
    ]
    component: str
    title: str
    description: str
    likelihood: Level
    impact: Level
    matrix_level: Level
    level: Level
    override_reason: str  # empty where level is the matrix's
    mitigations: tuple[str, ...]
    atlas: tuple[str, ...]  # MITRE ATLAS ids
    owasp: tuple[str, ...]  # OWASP ML Top 10 ids
    notes: str


@dataclass(frozen=True, kw_only=True)
class Build:
    """One run of ``build.py``: what it was asked for, on which data and machine, and how far it got."""

    __pydantic_config__: ClassVar[ConfigDict] = FORBID
    kind: Literal["build"] = "build"
    profile: str
    title: str
    about: str
    dataset: str
    dataset_digests: dict[str, str]
    carrier: str
    packages: dict[str, str]
    machine: str
    cores: Count
    python: str
    revision: str  # git commit, empty outside a checkout
    started: str  # ISO 8601, UTC
    seconds: Seconds
    seeds: tuple[Count, ...]
    train_images: Count
    test_images: Count
    attack_images: Count
    jobs_total: Count
    jobs_done: Count
    settings: dict[str, Any]  # the profile as read


EvaluationRecord: TypeAlias = Evaluation | Latency | Skipped | Pending
TrainingRecord: TypeAlias = TrainingRun | Skipped | Pending
EvasionRecord: TypeAlias = Evasion | Skipped | Pending
PoisoningRecord: TypeAlias = Poisoning | Colour | Skipped | Pending
SastRecord: TypeAlias = Scan | Change | Pending
ThreatRecord: TypeAlias = Component | Boundary | Flow | LevelCell | ReferenceRating | Threat
Record: TypeAlias = (
    Evaluation
    | Latency
    | TrainingRun
    | Evasion
    | Poisoning
    | Colour
    | Skipped
    | Pending
    | Scan
    | Change
    | Component
    | Boundary
    | Flow
    | LevelCell
    | ReferenceRating
    | Threat
    | Build
)

FAMILIES: dict[str, Any] = {
    "evaluation": EvaluationRecord,
    "training": TrainingRecord,
    "evasion": EvasionRecord,
    "poisoning": PoisoningRecord,
    "sast": SastRecord,
    "threats": ThreatRecord,
    "provenance": Build,
}
TIMES = frozenset({"seconds", "median_ms", "p95_ms"})  # fields that differ from run to run

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
