"""Records beside the findings: a proof with all its parts and one without, an audit, saved files, read hits."""

from __future__ import annotations

from typing import Any

from engine.core.records import Advisory, Audit, Proof, Sample, Saved, Verdict

SOURCE = 'def loads(data: bytes) -> dict:\n    """<b>Not</b> a pickle."""\n    return load(data)  # `numbers` | only'


def records() -> tuple[Any, ...]:
    return (
        Proof(path="old/a.py", rule="B301", exploit=("tests/sast/test_a.py::test_it_runs[a|b]",), fix="new/a.py",
              anchor="loads", line=3, end_line=5, source=SOURCE, regression=("tests/sast/test_a.py::test_refused",),
              missing=()),
        Proof(path="old/c.py", rule="B104", exploit=(), fix="new/c.py", anchor="", line=0, end_line=0, source="",
              regression=(), missing=("exploit", "fix", "regression")),
        Audit(tool="pip-audit", version="2.0", packages=120, advisories=1),
        Advisory(package="thing", version="1.0", id="PYSEC-1", fixed=("1.1",), about="It breaks."),
        Saved(path="models/clean.safetensors", bytes=100, tool="header", holds="numbers only", why="Tensors.",
              control=False),
        Saved(path="trap.pkl", bytes=100, tool="fickling", holds="may run code", why="os.system", control=True),
        Sample(package="torchvision", version="0.1", files=10, lines=1000, rules=20, earlier_hits=3),
        Verdict(package="torchvision", rule="pickle-load", path="a.py", line=4, verdict="true", why="A download."),
        Verdict(package="torchvision", rule="pickle-load", path="b.py", line=5, verdict="false", why="Its own file."),
    )  # fmt: skip
