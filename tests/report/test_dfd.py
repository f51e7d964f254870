from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest

from engine.core.records import Boundary, Component
from engine.report.dfd import HEIGHT, WIDTH, centre, dfd
from engine.report.theme import DARK, LIGHT, darkened
from engine.threats import model
from engine.threats.evidence import Known
from engine.threats.status import judge

ROWS = judge(model.read(), Known())
COMPONENTS = [row for row in ROWS if isinstance(row, Component)]


def test_it_is_xml_with_a_title_and_the_same_each_time() -> None:
    root = ET.fromstring(dfd(ROWS, LIGHT))
    assert root[0].text == "Data-flow diagram"
    assert dfd(ROWS, LIGHT) == dfd(ROWS, LIGHT)


def test_every_component_and_boundary_is_named() -> None:
    shown = " ".join(re.findall(r"<text[^>]*>([^<]*)</text>", dfd(ROWS, LIGHT)))
    for row in ROWS:
        if isinstance(row, Component | Boundary):
            assert row.title in shown


def test_boxes_do_not_overlap() -> None:
    places = [centre(component) for component in COMPONENTS]
    for k, (x, y) in enumerate(places):
        for other_x, other_y in places[:k]:
            assert abs(x - other_x) >= WIDTH or abs(y - other_y) >= HEIGHT


def test_two_components_in_one_place_are_refused() -> None:
    twin = replace(COMPONENTS[0], id="twin")
    with pytest.raises(ValueError, match="share a place"):
        dfd([*ROWS, twin], LIGHT)


def test_letters_are_readable_on_a_phone() -> None:
    svg = dfd(ROWS, LIGHT)
    wide = float(re.search(r'viewBox="0 0 (\d+)', svg)[1])
    size = float(re.search(r'font-size="(\d+)', svg)[1])
    assert size * 358 / wide >= 10.5, "358 CSS pixels are left of a 390 px screen"


def test_the_dark_variant_has_no_light_colour() -> None:
    dark = darkened(dfd(ROWS, LIGHT))
    assert not [colour for colour in LIGHT.values() if colour in dark]
    assert DARK["ink"] in dark
