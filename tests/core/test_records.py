from __future__ import annotations

import json
from dataclasses import replace

import pytest
from pydantic import ValidationError

from engine.core import records
from engine.core.records import FAMILIES, Latency, Pending, Provenance

ORIGIN = Provenance(name="a", job="k", profile="smoke", packages={"torch": "1"}, device="cpu", cores=2)
PENDING = Pending(
    family="evasion",
    name="a",
    model="m",
    subject="pgd",
    norm="linf",
    epsilon=0.1,
    seed=0,
    reason="not run yet",
)


def evaluation(**changes: object) -> records.Evaluation:
    matrix = tuple(tuple(1 if r == c else 0 for c in range(10)) for r in range(10))
    fields = {
        "model": "m",
        "norm": "none",
        "epsilon": 0.0,
        "n": 10,
        "seed": 0,
        "dataset": "MNIST",
        "successes": 10,
        "accuracy": 1.0,
        "low": 0.7,
        "high": 1.0,
        "seconds": 1.0,
        "gradients": 0,
        "queries": 10,
        "flags": (),
        "provenance": ORIGIN,
        "condition": "clean",
        "scores": records.Scores(confusion=matrix, classes=(), macro_precision=1.0, macro_recall=1.0, macro_f1=1.0),
    }
    return records.Evaluation(**{**fields, **changes})


def test_round_trip() -> None:
    rows = [evaluation(), replace(PENDING, family="evaluation")]
    assert records.load("evaluation", records.dump(rows)) == rows


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"accuracy": 1.5}, "accuracy"),
        ({"extra": 1}, "extra"),
        ({"kind": "nothing"}, "kind"),
        ({"n": 0}, "n"),
    ],
)
def test_wrong_values_are_named(change: dict, where: str) -> None:
    rows = json.loads(records.dump([evaluation()]))
    rows[0] |= change
    with pytest.raises(ValidationError, match=where):
        records.load("evaluation", json.dumps(rows))


def test_a_record_may_not_contradict_itself() -> None:
    with pytest.raises(ValueError, match="is not 9/10"):
        evaluation(successes=9)
    with pytest.raises(ValueError, match="outside"):
        evaluation(high=0.9)


def test_nan_is_refused() -> None:
    row = Latency(
        model="m",
        seed=0,
        batch=1,
        warmup=1,
        repeats=1,
        threads=1,
        median_ms=1.0,
        p95_ms=2.0,
        provenance=ORIGIN,
    )
    with pytest.raises(ValueError, match=r"nan|NaN|JSON compliant"):
        records.dump([replace(row, median_ms=float("nan"))])


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_has_a_schema_that_accepts_nothing_else(family: str) -> None:
    import jsonschema

    schema = records.schema(family)
    jsonschema.validate([], schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate([{"kind": "nonsense"}], schema)
