"""What the lab has of the example's models: two, and one that is not trained yet."""

from __future__ import annotations

from engine.core.records import Exported

FILES = {"data/lab/manifest.json": b'{"models": [], "stamp": null, "digits": null}'}


def exported(model: str, right: int, changed: int) -> Exported:
    from tests.report import example

    rate = example.bounds(changed, 500)
    return Exported(
        model=model, norm="none", epsilon=0.0, gradients=0, queries=1000,
        network=example.MODELS[model].network, precision="int8 by output row", weights_sha256="ab" * 32,
        file=f"lab/{model}.bin", bytes=1243000, full_accuracy=(right + changed) / 500, changed=changed,
        changed_rate=rate["accuracy"], changed_low=rate["low"], changed_high=rate["high"],
        **example.bounds(right, 500), **example.common(f"train/{model}/seed0"),
    )  # fmt: skip


def records() -> tuple:
    from tests.report import example

    return (exported("clean", 496, 0), exported("certified", 486, 1), example.pending("lab", "hardened", "export"))
