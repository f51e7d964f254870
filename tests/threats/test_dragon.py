"""The Threat Dragon file against the parts of the public schema that it uses, and against the model."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from engine.core.records import Boundary, Component, Flow, Threat
from engine.threats import model
from engine.threats.dragon import dragon
from engine.threats.evidence import Known
from engine.threats.status import judge
from tests.threats.known import everything

SCHEMA = json.loads(Path(__file__).with_name("threat-dragon.schema.json").read_text("utf-8"))
FILE = model.read()


@pytest.fixture(scope="module")
def rows() -> list:
    return judge(FILE, everything(FILE))


@pytest.fixture(scope="module")
def drawn(rows) -> dict:
    return dragon(rows)


def test_the_schema_accepts_it(drawn) -> None:
    jsonschema.validate(drawn, SCHEMA)
    jsonschema.validate(dragon(judge(FILE, Known())), SCHEMA)


@pytest.mark.parametrize("spoil", ["version", "summary", "detail"])
def test_the_schema_is_not_empty(drawn, spoil: str) -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({key: value for key, value in drawn.items() if key != spoil}, SCHEMA)


def cells(drawn, *shapes: str) -> list[dict]:
    return [cell for cell in drawn["detail"]["diagrams"][0]["cells"] if cell["shape"] in shapes]


def test_everything_is_in_it_once(rows, drawn) -> None:
    def many(kind) -> int:
        return sum(isinstance(row, kind) for row in rows)

    nodes = cells(drawn, "process", "store", "actor")
    assert (len(nodes), len(cells(drawn, "flow"))) == (many(Component), many(Flow))
    assert len(cells(drawn, "trust-boundary-box")) == many(Boundary)
    threats = [threat for node in nodes for threat in node["data"]["threats"]]
    assert sorted(t["number"] for t in threats) == list(range(1, many(Threat) + 1))
    ids = [cell["id"] for cell in cells(drawn, "process", "store", "actor", "flow", "trust-boundary-box")]
    assert len(set(ids)) == len(ids)
    ends = {end for flow in cells(drawn, "flow") for end in (flow["source"]["cell"], flow["target"]["cell"])}
    assert ends == {node["id"] for node in nodes}


def test_only_the_mitigated_are_mitigated(rows, drawn) -> None:
    status = {row.id: row.status for row in rows if isinstance(row, Threat)}
    for node in cells(drawn, "process", "store", "actor"):
        for threat in node["data"]["threats"]:
            known = status[threat["title"].split()[0]]
            assert threat["status"] == ("Mitigated" if known == "mitigated" else "Open")
        assert node["data"]["hasOpenThreats"] == any(t["status"] == "Open" for t in node["data"]["threats"])


def test_components_lie_inside_their_boundary_and_apart(rows, drawn) -> None:
    boxes = {cell["data"]["name"]: cell for cell in cells(drawn, "trust-boundary-box")}
    titles = {row.id: row.title for row in rows if isinstance(row, Boundary)}
    nodes = {cell["data"]["name"]: cell for cell in cells(drawn, "process", "store", "actor")}
    places = [(node["position"]["x"], node["position"]["y"]) for node in nodes.values()]
    assert len(set(places)) == len(places)
    inside = 0
    for row in (row for row in rows if isinstance(row, Component)):
        box, node = boxes[titles[row.boundary]], nodes[row.title]
        top, left = (node["position"][axis] - box["position"][axis] for axis in ("y", "x"))
        held = 0 <= top <= box["size"]["height"] - node["size"]["height"]
        inside += held and 0 <= left <= box["size"]["width"] - node["size"]["width"]
    assert inside == len(nodes) - 1  # the reader is outside, below the other two boundaries
