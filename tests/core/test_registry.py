from __future__ import annotations

import pytest

from engine.blue.training.registry import RECIPES
from engine.core.errors import UserError
from engine.core.registry import Registry, resolve
from engine.networks import NETWORKS
from engine.red.evasion.registry import ATTACKS
from engine.red.poisoning.registry import POISONS


def test_a_double_name_raises() -> None:
    table = Registry("thing")
    table.add("a", run="os:getcwd", title="A", about="")
    with pytest.raises(ValueError, match="registered twice"):
        table.add("a", run="os:getcwd", title="A", about="")


def test_an_unknown_name_lists_the_known() -> None:
    with pytest.raises(UserError, match="unknown attack 'nonsense'; known: autoattack, fgsm, noise, "):
        ATTACKS["nonsense"]


@pytest.mark.parametrize("table", [ATTACKS, POISONS, RECIPES, NETWORKS], ids=lambda t: t.what)
def test_every_entry_resolves_and_explains_itself(table: Registry) -> None:
    for entry in table:
        assert callable(resolve(entry.run))
        assert resolve(entry.run).__doc__
        assert entry.title
        assert entry.about.endswith(".")
