"""A profile becomes jobs, and a change re-runs what depends on it and nothing else."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.core import code, profile
from engine.core.errors import UserError
from engine.core.jobs import Plan, Surroundings
from engine.core.registry import Registry
from engine.models import MODELS
from engine.plan import plan
from engine.red.evasion.registry import ATTACKS

AROUND = Surroundings({"torch": "1"}, "cpu", "digest of the data")
IMAGES = (60000, 10000)


def made(name: str = "smoke", **changes: object) -> Plan:
    return plan(replace(profile.load(name), **changes), AROUND, IMAGES)


def changed(before: Plan, after: Plan) -> set[str]:
    return {name for name in before.jobs if before.keys[name] != after.keys.get(name)}


def edited(monkeypatch: pytest.MonkeyPatch, module: str) -> None:
    """As if this module's code had changed."""
    real = code._parsed

    def parsed(name: str) -> tuple[str, frozenset[str]]:
        digest, imports = real(name)
        return (f"{digest}+", imports) if name == module else (digest, imports)

    monkeypatch.setattr(code, "_parsed", parsed)


def test_every_model_meets_every_attack() -> None:
    names = set(made().jobs)
    for model in MODELS.values():
        for attack in ATTACKS:
            planned = f"attack/{model.name}/{attack.name}/seed0" in names
            assert planned == (model.attacks == ("*",) or attack.name in model.attacks)
            assert planned or model.spared, f"{model.name} is not attacked with {attack.name}, and no reason is given"


def test_autoattack_meets_all_images_where_the_profile_says() -> None:
    jobs = made("standard").jobs
    clean, other = (jobs[f"attack/{model}/autoattack/seed0"].spec for model in ("clean", "hardened"))
    assert (clean["epsilons"], clean["images"], other["images"]) == ([0.1, 0.3], [30, 0], [30, 60])
    wrong = replace(profile.load("smoke").autoattack, whole={"nobody": (0.3,)})
    with pytest.raises(UserError, match="unknown model 'nobody' in the profile; known: clean, "):
        made(autoattack=wrong)


def test_a_change_in_one_attack_reruns_its_cells_only(monkeypatch: pytest.MonkeyPatch) -> None:
    before = made()
    edited(monkeypatch, "engine.red.evasion.fgsm")
    again = {
        name
        for name in changed(before, made())
        if not name.startswith(("worst/", "compare/", "bracket/", "claims/", "explore/"))
    }
    assert again == {f"attack/{model}/fgsm/seed0" for model in MODELS}


def test_a_change_in_the_report_reruns_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    before = made()
    for module in ("engine.report.pages", "engine.report.draw", "engine.serve.app", "engine.sast.diff"):
        edited(monkeypatch, module)
    assert changed(before, made()) == set()


def test_a_change_in_a_poison_reruns_the_models_that_it_touches(monkeypatch: pytest.MonkeyPatch) -> None:
    before = made()
    edited(monkeypatch, "engine.red.poisoning.label_kept")
    again = changed(before, made())
    assert {name for name in again if name.startswith("train/")} == {"train/poisoned/seed0"}
    assert "attack/poisoned/pgd/seed0" in again
    assert not any("/clean/" in name or "/hardened/" in name for name in again)


def test_profiles_share_what_they_have_in_common() -> None:
    smoke, more = made(), made(about="another text", title="Other", epsilons=(0.1,))
    assert smoke.keys["train/clean/seed0"] == more.keys["train/clean/seed0"]
    assert smoke.keys["attack/clean/pgd/seed0"] != more.keys["attack/clean/pgd/seed0"]


@pytest.mark.parametrize(
    "around",
    [replace(AROUND, device="cuda"), replace(AROUND, packages={"torch": "2"}), replace(AROUND, precision="bfloat16")],
)
def test_another_device_or_package_is_another_result(around: Surroundings) -> None:
    other = plan(profile.load("smoke"), around, IMAGES)
    assert other.keys["train/clean/seed0"] != made().keys["train/clean/seed0"]


def test_an_attack_in_the_registry_is_in_the_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    more = Registry("attack")
    for entry in ATTACKS:
        monkeypatch.setitem(more._entries, entry.name, entry)
    more.add("again", run="engine.red.evasion.fgsm:fgsm", title="Again", about="The same once more.")
    monkeypatch.setattr("engine.plan.ATTACKS", more)
    everywhere = [model.name for model in MODELS.values() if model.attacks == ("*",)]
    assert {f"attack/{model}/again/seed0" for model in everywhere} <= set(made().jobs)


@pytest.mark.parametrize(("field", "what"), [("attacks", "attack"), ("models", "model")])
def test_an_unknown_name_in_a_profile_lists_the_known(field: str, what: str) -> None:
    with pytest.raises(UserError, match=rf"unknown {what} 'magic'.*known: "):
        made(**{field: ("magic",)})


def test_the_standard_profile_is_the_full_matrix() -> None:
    standard = profile.load("standard")
    assert (standard.train_images, standard.test_images) == (0, 0), "all of them"
    assert standard.epsilons == (0.05, 0.1, 0.15, 0.2, 0.25, 0.3)
    assert standard.pgd.steps == 40
    full = profile.load("full")
    assert (full.attack_images, len(full.seeds)) == (0, 3)


def test_another_kind_of_record_trains_and_attacks_nothing_again(monkeypatch: pytest.MonkeyPatch) -> None:
    before = made()
    for module in (
        "engine.core.records.threats",
        "engine.core.records.worst",
        "engine.core.profile",
        "engine.core.settings.training",
    ):
        edited(monkeypatch, module)
    assert not [name for name in changed(before, made()) if name.startswith(("train/", "attack/"))]


def test_every_model_is_certified_and_held_against_its_attacks() -> None:
    work = made()
    for model in MODELS:
        needs = set(work.jobs[f"bracket/{model}/seed0"].needs)
        assert {f"certify/{model}/interval/seed0", f"certify/{model}/linear/seed0"} <= needs
        assert {f"attack/{model}/fgsm/seed0", f"attack/{model}/pgd/seed0"} <= needs
        assert f"attack/{model}/noise/seed0" not in needs, "a control is no attack"
    assert work.jobs["certify/certified/interval/seed0"].spec["images"] == profile.load("smoke").test_images
    assert work.jobs["certify/clean/interval/seed0"].spec["images"] == profile.load("smoke").attack_images
    assert "bracket/clean/seed0" not in made(attacks=("noise",)).jobs


def test_a_model_trains_with_the_section_of_its_recipe() -> None:
    settings = {model: dict(made().jobs[f"train/{model}/seed0"].spec["settings"]) for model in MODELS}
    assert "clean_weight" in settings["certified"]
    assert "steps" in settings["hardened"]
    assert set(settings["clean"]) == {"epochs", "batch", "peak_rate"}
    assert made().jobs["train/smoothed-0.5/seed0"].spec["settings"]["sigma"] == 0.5
