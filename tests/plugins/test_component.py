import sys

import pytest

import kseg
from kseg.errors import RecipeError
from kseg.plugins import Component, find_component
from tests.plugins.packages import install


def test_a_component_is_imported_when_it_is_asked_for_and_not_before(their_package, was_imported):
    component = find_component("losses", "TheirLoss")
    assert not was_imported()
    assert component.load().__name__ == "Loss" and was_imported()


@pytest.mark.parametrize(
    ("name", "full", "origin", "root"),
    [
        ("TheirLoss", "their-parts/TheirLoss", "their-parts 1.0", "their_parts"),
        ("SoftDice", "SoftDice", f"kseg {kseg.__version__}", "kseg"),
        ("their_parts:Loss", "their_parts:Loss", "their_parts", "their_parts"),
    ],
)
def test_it_knows_where_it_comes_from(their_package, name, full, origin, root):
    component = find_component("losses", name)
    assert (component.full_name, component.module_root) == (full, root)
    assert component.origin == origin
    assert find_component("losses", full) == component


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("import no_such_module_at_all", "ModuleNotFoundError"),
        ("def (", "SyntaxError"),
        ("raise SystemExit(1)", "SystemExit"),
        ("import os", "AttributeError"),
        ("Loss = 3", "must be a class or function"),
    ],
)
def test_code_that_fails_is_told_with_its_package(tmp_path, monkeypatch, code, said):
    install(
        tmp_path, "broken-parts", "broken_parts", "[kseg.losses]\nB = broken_parts:Loss\n", code
    )
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "broken_parts", raising=False)
    component = find_component("losses", "B")
    with pytest.raises(RecipeError) as caught:
        component.load()
    assert "`B` of broken-parts 1.0" in caught.value.why and said in caught.value.why
    assert "broken-parts" in caught.value.fix and caught.value.code == "KS-F10"


def test_what_an_extra_needs_does_not_disturb_the_name(their_package):
    component = Component("losses", "a", "their_parts:Loss [fast]", "their-parts")
    assert component.load().__name__ == "Loss"
