"""Small recipes for the tests of this room."""

import textwrap

import pytest

from kseg.errors import RecipeError
from kseg.recipe import load_recipe

BASE = "kseg: 1\nname: a\nfit: {steps: 3}\n"


def write(folder, text, name="a.yaml"):
    path = folder / name
    path.write_text(textwrap.dedent(text), encoding="utf-8")
    return path


def refused(path, overrides=(), flags=None):
    """Return the messages of a recipe that must be refused, and the error."""
    with pytest.raises(RecipeError) as caught:
        load_recipe(path, overrides, flags)
    assert caught.value.exit_code == 2
    return caught.value.why.splitlines(), caught.value
