import itertools

import pytest
from keras_tuner.oracles import HyperbandOracle

from kseg.recipe import ParameterSection, TuneSection
from kseg.recipe.space_size import combinations, hyperband_configurations, size_problems

SMALL = {"model.depth": {"int": (3, 5)}, "model.filters": {"choice": (8, 16)}}


@pytest.mark.parametrize("factor", [2, 3, 4, 5])
@pytest.mark.parametrize("promotions", [1, 2, 3])
def test_hyperband_begins_with_as_many_as_kerastuner_says(factor, promotions):
    oracle = HyperbandOracle(max_epochs=factor**promotions, factor=factor)
    brackets = range(oracle._get_num_brackets())
    expected = sum(oracle._get_size(bracket, 0) for bracket in brackets)
    assert hyperband_configurations(factor, promotions) == expected


def test_a_space_too_small_for_hyperband_is_told():
    ((place, must, _, _),) = size_problems(TuneSection(space=SMALL))
    assert place == ("oracle",) and "6 combinations" in must and "17" in must
    large = SMALL | {"optimizer.learning_rate": {"float": (0.1, 0.2)}}
    assert list(size_problems(TuneSection(space=large))) == []
    assert list(size_problems(TuneSection(oracle="grid", space=SMALL))) == []


def test_a_range_that_a_grid_cannot_walk_is_told():
    space = SMALL | {"optimizer.learning_rate": {"float": (0.1, 0.2)}}
    ((place, must, _, _),) = size_problems(TuneSection(oracle="grid", space=space))
    assert place == ("space", "optimizer.learning_rate") and "must have a `step`" in must


def test_combinations_leave_out_what_has_no_meaning():
    space = {
        "law": ParameterSection(choice=("poly", "exponential")),
        "rate": ParameterSection(choice=(0.5, 0.9), when={"law": "exponential"}),
        "stairs": ParameterSection(bool=True, when={"law": "exponential"}),
    }
    found = list(combinations(space))
    assert len(found) == 1 + 4 and {"law": "poly"} in found


def test_null_is_a_value_that_a_condition_may_ask_for():
    space = {
        "ema": ParameterSection(choice=(None, 0.9)),
        "seed": ParameterSection(int=(1, 3), when={"ema": None}),
    }
    assert len(list(combinations(space))) == 3 + 1


def test_a_range_has_no_end_of_combinations():
    space = {"rate": ParameterSection(float=(0.5, 0.9))}
    assert len(list(itertools.islice(combinations(space), 100))) == 100


def test_whole_numbers_along_a_logarithmic_range_are_as_many_as_there_are():
    space = {"model.depth": {"int": (2, 4), "scale": "log"}}
    ((place, must, _, _),) = size_problems(TuneSection(space=space))
    assert place == ("oracle",) and "3 combinations" in must


def test_a_hyperband_that_nobody_could_run_is_told_without_counting_to_its_end():
    large = SMALL | {"optimizer.learning_rate": {"float": (0.1, 0.2)}}
    tune = TuneSection(space=large, factor=10, promotions=8)
    ((place, must, _, _),) = size_problems(tune)
    assert place == ("promotions",) and "112,706,319" in must


def test_a_grid_that_would_fill_the_memory_is_told():
    space = SMALL | {"fit.seed": {"int": (0, 20_000_000)}}
    ((place, must, _, _),) = size_problems(TuneSection(oracle="grid", space=space))
    assert place == ("oracle",) and "more than 100,000 combinations" in must
