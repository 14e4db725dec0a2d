import math

import pytest

from kseg.report.search.space import Dimension

RATE = Dimension.from_dict("rate", {"float": [1e-4, 1.0], "scale": "log"})
DEPTH = Dimension.from_dict("model.depth", {"int": [3, 5]})
NAME = Dimension.from_dict("schedule.name", {"choice": ["poly", "cosine", None]})


def test_each_kind_of_entry_says_which_values_it_may_take():
    assert RATE.searched == "0.0001 to 1, by decades"
    assert DEPTH.searched == "3 to 5, whole numbers"
    assert NAME.searched == "poly, cosine or null"
    assert Dimension.from_dict("a", {"bool": True}).searched == "true or false"
    sizes = Dimension.from_dict("a", {"choice": [[3, 1, 1], "median"]})
    assert sizes.choices == ("[3, 1, 1]", "median")


def test_a_condition_is_told():
    entry = {"float": [0.5, 0.99], "when": {"schedule.name": ["exponential", "poly"]}}
    words = Dimension.from_dict("a", entry).searched
    assert words == "0.5 to 0.99; only where schedule.name is exponential or poly"


def test_a_kind_that_is_not_known_is_named_and_not_drawn_as_numbers():
    strange = Dimension.from_dict("a", {"scale": "log", "normal": [0, 1]})
    assert strange.searched == "normal" and not strange.is_number


@pytest.mark.parametrize(
    "entry",
    [
        {"int": [5, 3]},
        {"float": [1]},
        {"float": ["a", 1]},
        {"float": [0, 1], "scale": "log"},
        {"float": [0, math.inf]},
        {"choice": 3},
        3,
    ],
)
def test_what_is_no_range_is_refused(entry):
    with pytest.raises((AttributeError, TypeError, ValueError)):
        Dimension.from_dict("a", entry)


def test_quarters_of_decades_that_no_trial_came_to_are_told():
    assert RATE.untried(["0.0002", "0.5"]) == "0.001 to 0.1"
    assert RATE.untried(["0.0002", "0.002", "0.02", "0.2"]) == ""
    assert RATE.untried(["0.002", "1.0"]) == "0.0001 to 0.001 or 0.01 to 0.1"


def test_whole_numbers_and_choices_that_no_trial_had_are_told():
    assert DEPTH.untried(["3", "3"]) == "4 or 5"
    assert NAME.untried(["cosine"]) == "poly or null"
    many = Dimension.from_dict("filters", {"int": [8, 64]})
    assert many.untried(["8", "30", "60"]) == "36 to 50"


def test_a_value_at_either_end_is_told_and_one_within_is_not():
    assert RATE.edge("0.0001") == "lower end of its range"
    assert RATE.edge("0.95") == "upper end of its range"
    assert RATE.edge("0.5") == RATE.edge("0.01") == RATE.edge("") == ""
    assert NAME.edge("poly") == Dimension("a", "int", 3, 3).edge("3") == ""


def test_a_cell_is_read_as_the_space_writes_it():
    sizes = Dimension.from_dict("a", {"choice": [[3, 1, 1], 0.5, 1e-7]})
    assert [sizes.read(text) for text in ("[3, 1, 1]", "0.50", "0.0000001", "x")] == [
        "[3, 1, 1]", "0.5", "1e-07", "x",
    ]  # fmt: skip
    assert DEPTH.read("4.0") == "4" and DEPTH.read("4.5") == "4.5" and RATE.read("0.10") == "0.10"
    # Where both are allowed, the text decides.
    assert Dimension("a", "choice", choices=("1", "1.0")).read("1.0") == "1.0"


def test_a_range_of_one_value_is_no_trouble():
    assert Dimension("a", "float", 0.5, 0.5).untried(["0.5"]) == ""
    assert Dimension("a", "float", 0.5, 0.5).untried([]) == ""
