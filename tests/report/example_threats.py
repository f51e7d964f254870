"""Hand-built controls and evidence: one control proved, one with a piece in every other state, one without any."""

from __future__ import annotations

from engine.core.records import Control, Evidence, Status, Term

DAY = "2026-01-02T03:04:05+00:00"
STATUSES: tuple[Status, ...] = ("mitigated", "open", "partly", "accepted", "open", "mitigated")
CONTROLS = {"mitigated": ("digests",), "partly": ("digests",), "accepted": (), "open": ("hardened", "claim")}
TEST = "tests/data/test_mnist.py::test_a_wrong_digest"


def standing(k: int) -> dict:
    """What follows from the evidence for the k-th threat."""
    status = STATUSES[k]
    return {
        "status": status, "controls": CONTROLS[status],
        "reasons": {
            "open": ("A hardened model: low >= 0.8 is failed.",), "partly": ("Cards are not signed.",),
            "accepted": ("MNIST is public.",), "mitigated": (),
        }[status],
        "residual_likelihood": "low" if status == "mitigated" else "medium",
        "residual_level": "low" if status == "mitigated" else "medium",
        "remains": "Cards are not signed." if status == "partly" else "",
        "accepted": "MNIST is public." if status == "accepted" else "",
    }  # fmt: skip


def evidence(name: str, source: str, state: str, value: str, said: str, control: str, page: str = "") -> Evidence:
    return Evidence(
        id=name, source=source, state=state, value=value, said=said, when=DAY if value else "", page=page,
        controls=(control,),
    )  # fmt: skip


def rows() -> tuple:
    threats = {c: tuple(f"T{k}" for k, s in enumerate(STATUSES) if c in CONTROLS[s]) for c in ("digests", "hardened")}
    cell = "worst_case · model hardened, epsilon 0.3 · low >= 0.8"
    stale, missing = "certified · model certified · low >= 0.8", "semgrep gradio-share"
    return (
        Term(catalogue="MITRE ATLAS", id="AML.T0043", title="Craft Adversarial Data", link="https://example.org/a"),
        Term(catalogue="OWASP ML Top 10", id="ML01:2023", title="Input Manipulation", link="https://example.org/o"),
        Term(catalogue="NIST AI 100-2 E2025", id="NISTAML.022", title="Evasion", link="https://example.org/n"),
        evidence(TEST, "test", "found", "2 passed", "", "digests"),
        evidence("images", "digest", "found", "ab" * 32, "SHA-256 of the file", "digests", "report/data.md"),
        evidence(cell, "cell", "failed", "accuracy 71.00 %", "asked: low >= 0.8", "hardened", "report/attacks.md"),
        evidence(stale, "certificate", "stale", "", "ran with other <i>code", "hardened", "report/certification.md"),
        evidence(missing, "rule", "missing", "", "semgrep has not scanned both trees", "hardened", "report/sast.md"),
        Control(id="digests", title="Digests", does="Each file is checked.", proved=True,
                evidence=(TEST, "images"), threats=threats["digests"]),
        Control(id="hardened", title="A hardened model", does="It is trained on attacks.", proved=False,
                evidence=(cell, stale, missing), threats=threats["hardened"]),
        Control(id="claim", title="A bounded queue", does="It has an end.", proved=False, evidence=(),
                threats=threats["hardened"]),
    )  # fmt: skip
