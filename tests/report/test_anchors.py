from __future__ import annotations

import tomllib

from engine.report import anchors
from tests.report import example


def rows() -> dict[tuple[str, str], dict]:
    held = anchors.anchors(example.view(), None)
    return {(source["name"], row["said"]): row for source in held["sources"] for row in source["rows"]}


def test_the_figures_are_those_of_the_reference() -> None:
    found = {key: row["value"] for key, row in rows().items()}
    challenge = {said: value for (name, said), value in found.items() if name == "MNIST challenge"}
    assert list(challenge.values()) == [0.9636, 0.9252, 0.8962, 0.88, 0.9681]
    auto = {said: value for (name, said), value in found.items() if name == "AutoAttack"}
    assert auto == {"Gowal et al.": 0.9634, "TRADES": 0.9281, "Madry et al.": 0.885, "Fast FGSM training": 0.8293,
                    "Taghanaki et al.": 0.0}  # fmt: skip
    assert found["BadNets, reimplemented", "attack success"] == 0.9995


def test_a_mismatch_has_a_name_and_no_figure_of_ours() -> None:
    for row in rows().values():
        assert (row["ours"] is None) == bool(row["mismatch"])
    assert rows()["Input-aware backdoor", "attack success"]["mismatch"].startswith("a trigger of its own")
    assert rows()["AutoAttack", "Gowal et al."]["mismatch"] == anchors.NONE


def test_what_differs_comes_from_the_records() -> None:
    row = rows()["MNIST challenge", "PGD, 100 steps"]
    assert row["ours"].share == 0.909
    assert "10,000 images there, 1,000 here" in row["differs"]
    assert any(said.startswith("network: ") and said.endswith("simplecnn here") for said in row["differs"])
    poison = rows()["BadNets, reimplemented", "clean accuracy"]
    assert any("10.0 % of the training images poisoned there" in said for said in poison["differs"])


def test_a_figure_that_was_not_measured_is_pending_and_nothing_else() -> None:
    row = rows()["MNIST challenge", "FGSM"]
    assert not row["ours"].measured
    assert row["differs"] == []


def test_every_row_names_a_source() -> None:
    held = tomllib.loads(anchors.PUBLISHED.read_text("utf-8"))
    links = [one[key] for one in held["source"] for key in ("link", "paper")] + [
        one["link"] for one in held["elsewhere"]
    ]
    assert all(link.startswith("https://") for link in links)
