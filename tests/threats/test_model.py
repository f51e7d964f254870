from __future__ import annotations

import itertools
from collections import Counter
from pathlib import Path

import pytest

from engine.core import records
from engine.core.errors import UserError
from engine.core.records import Component, Flow, LevelCell, ReferenceRating, Threat
from engine.threats import model
from engine.threats.evidence import Known
from engine.threats.status import judge

TEXT = model.FILE.read_text("utf-8")
LEVELS = ("low", "medium", "high")

# What the reference report names, as words that the threat model must hold.
NAMED = (
    """fake front end|adversarially drawn|impersonated model server|swapped mnist source|replaced model file
altered preprocessing|denied submissions|edited logs|model inversion|leaking debug logs|exposed confidences
request flood|oversized input|code in a model file|sandbox|local inference|authentication|rate limits|captcha
checksums|sign|read-only|version control|append-only logs|no confidences|sanitised logs|differential privacy
request size limits|reverse proxy|auto-restart|never load untrusted models|patched dependencies|low-privilege
""".replace("\n", "|")
    .strip("|")
    .split("|")
)


@pytest.fixture(scope="module")
def rows():
    return judge(model.read(), Known())


def of(rows, kind):
    return [row for row in rows if isinstance(row, kind)]


@pytest.mark.parametrize("words", NAMED)
def test_everything_the_reference_names_is_there(words: str) -> None:
    assert words in TEXT.lower()


def test_each_category_has_its_threats(rows) -> None:
    many = Counter(threat.category for threat in of(rows, Threat))
    assert len(many) == 6
    assert min(many.values()) >= 3


def test_levels_follow_the_matrix_unless_overridden(rows) -> None:
    matrix = {(cell.likelihood, cell.impact): cell.level for cell in of(rows, LevelCell)}
    assert len(matrix) == 9
    for threat in of(rows, Threat):
        assert threat.matrix_level == matrix[threat.likelihood, threat.impact]
        assert (threat.level != threat.matrix_level) == bool(threat.override_reason)


def test_the_matrix_never_falls(rows) -> None:
    matrix = {(cell.likelihood, cell.impact): LEVELS.index(cell.level) for cell in of(rows, LevelCell)}
    for fixed in LEVELS:
        for low, high in itertools.pairwise(LEVELS):
            assert matrix[fixed, low] <= matrix[fixed, high]
            assert matrix[low, fixed] <= matrix[high, fixed]


def test_every_component_takes_part_in_a_flow(rows) -> None:
    ends = {end for flow in of(rows, Flow) for end in (flow.source, flow.target)}
    assert ends == {component.id for component in of(rows, Component)}
    assert {flow.crosses for flow in of(rows, Flow)} == {True, False}


def test_the_references_ratings_are_kept(rows) -> None:
    said = {(r.category, r.likelihood, r.impact, r.level) for r in of(rows, ReferenceRating)}
    assert said == {
        ("spoofing", "medium", "low", "medium"),
        ("tampering", "high", "high", "high"),
        ("repudiation", "low", "low", "low"),
        ("information disclosure", "medium", "medium", "medium"),
        ("denial of service", "medium", "medium", "high"),
        ("elevation of privilege", "low", "high", "medium"),
    }


def test_records_round_trip(rows) -> None:
    assert records.load("threats", records.dump(rows)) == rows


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('id = "S2"', 'id = "S1"', "threat 'S1' is there twice"),
        ('source = "carriers"', 'source = "carrier"', "unknown component 'carrier'"),
        ('boundary = "hosting"', 'boundary = "cloud"', "unknown boundary 'cloud'"),
        ('likelihood = "high"', 'likelihood = "huge"', "likelihood"),
        ('override = "high"', "", "both an override and a reason"),
        ('atlas = ["AML.T0015"', 'atlas = ["AML.15"', "threat 'S2' has the unknown ATLAS id 'AML.15'"),
        ('owasp = ["ML01:2023"', 'owasp = ["ML11:2023"', "threat 'S2' has the unknown OWASP id 'ML11:2023'"),
        ('nist = ["NISTAML.022"', 'nist = ["NISTAML.999"', "threat 'S2' has the unknown NIST id 'NISTAML.999'"),
        (
            'controls = ["loopback", "own',
            'controls = ["loopbak", "own',
            "threat 'S1' names the unknown control 'loopbak'",
        ),
        ('id = "own-port"', 'id = "loopback"', "control 'loopback' is there twice"),
        ('"own-port", ', '"card-digest", ', "control 'own-port' is named by no threat"),
        ('{ rule = "gradio-share" }', '{ ruel = "gradio-share" }', "control."),
        ('{ rule = "gradio-share" }', "{ }", "control 'no-share-link': evidence names nothing"),
        ('{ rule = "gradio-share" }', '{ rule = "a", digest = "b" }', "names rule and digest; it must name one thing"),
        ('tool = "bandit"', 'tool = "bandid"', "unknown tool 'bandid'"),
        ('cell = "worst_case"', 'cell = "worst"', "no record of kind 'worst'"),
        ('"low >= 0.8"', '"lo >= 0.8"', "has no field 'lo'"),
        ('"low >= 0.8"', '"low > 0.8"', "'low > 0.8' is no condition"),
        ('"low >= 0.8"', '"low >= much"', "neither a number nor true or false"),
        ('model = "hardened", norm', 'modell = "hardened", norm', "has no field 'modell'"),
        ('certificate = "certified"', 'certificate = "worst_case"', "proves nothing"),
        ('sha256 = "ba89', 'sha256 = "ba8', "is no SHA-256"),
        ("test_requirements.py::test_every", "test_requirements.py::every", "is no test id"),
        ('title = "Outside"', 'titel = "Outside"', "boundary.0"),
        ("low = { low", "low = { lo", "matrix.low.lo"),
        ("[matrix]", "[matrix", "not valid TOML"),
    ],
)
def test_bad_input_is_one_line_that_names_it(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert old in TEXT
    path = tmp_path / "stride.toml"
    path.write_text(TEXT.replace(old, new, 1))
    with pytest.raises(UserError) as caught:
        model.read(path)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
