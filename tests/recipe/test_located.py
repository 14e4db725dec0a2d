import pytest

from kseg.errors import RecipeError
from kseg.recipe.located import Mark, Problem, refuse, show_value
from kseg.recipe.reader import read_yaml


def problem(rank, line, code="KS-F01"):
    return Problem(
        Mark(rank, f"{rank}.yaml", line, 3), "must hold", "Do it.", code, ("a", "b"), "1"
    )


def test_problems_are_told_once_each_in_the_order_of_their_places():
    with pytest.raises(RecipeError) as caught:
        refuse([problem(1, 2), problem(0, 10), problem(0, 9), problem(0, 9)], "0.yaml")
    assert caught.value.why.splitlines() == [
        "0.yaml:9:3: a.b: must hold. Received: 1. Do it.",
        "0.yaml:10:3: a.b: must hold. Received: 1. Do it.",
        "1.yaml:2:3: a.b: must hold. Received: 1. Do it.",
    ]
    assert caught.value.code == "KS-F01"
    assert "3 places" in caught.value.fix


def test_problems_of_several_kinds_share_one_code_and_none_is_no_error():
    with pytest.raises(RecipeError) as caught:
        refuse([problem(0, 1), problem(0, 2, "KS-F02")], "0.yaml")
    assert caught.value.code == "KS-F00"
    refuse([], "0.yaml")


def test_a_place_is_told_by_line_in_a_file_and_by_option_on_the_command_line():
    assert str(Mark(0, "a.yaml", 3, 5)) == "a.yaml:3:5"
    assert Mark(0, "a b.yaml", 3, 5).origin == "a b.yaml:3"
    assert str(Mark(0, "--set a.b=1")) == "--set a.b=1"
    assert Mark(0, "--set a.b=1").origin == "--set"


def test_values_are_found_by_their_keys_and_know_their_places():
    tree, _ = read_yaml("a:\n  b: [1, 2]\nc: x\n", "a.yaml")
    assert (tree.find(("a", "b")).value, tree.find(("a", "b")).mark.line) == ((1, 2), 2)
    assert tree.plain() == {"a": {"b": (1, 2)}, "c": "x"}
    assert tree.find(("a", "x")) is None and tree.find(("c", "x")) is None


def test_long_values_are_cut():
    assert len(show_value("x" * 500)) == 80
