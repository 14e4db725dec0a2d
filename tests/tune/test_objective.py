import math

import pytest

from kseg.recipe import TuneSection
from kseg.tune.objective import (
    NotFiniteError,
    UnknownMetricError,
    is_better,
    maximises,
    score,
    weights_of,
)

SPACE = {"model.depth": {"int": (3, 5)}}
METRICS = {"val_dice": 0.9, "seconds_per_scan": 2.0, "val_dice_lesion": None, "loss": math.nan}


def tune(objective):
    return TuneSection(oracle="grid", objective=objective, space=SPACE)


def test_a_single_metric_is_the_score_and_has_the_direction_that_the_recipe_says():
    most = tune({"metric": "val_dice", "direction": "max"})
    least = tune({"metric": "seconds_per_scan", "direction": "min"})
    assert (score(most, METRICS), score(least, METRICS)) == (0.9, 2.0)
    assert maximises(most) and not maximises(least)
    assert is_better(most, 0.9, 0.8) and is_better(least, 0.8, 0.9)
    assert not is_better(most, 0.9, 0.9) and not is_better(least, 0.9, 0.9)


def test_weights_make_a_sum_that_shall_be_large():
    both = tune({"val_dice": 1.0, "seconds_per_scan": -0.1})
    assert score(both, METRICS) == pytest.approx(0.7) and maximises(both)
    assert weights_of(both) == {"val_dice": 1.0, "seconds_per_scan": -0.1}


@pytest.mark.parametrize("name", ["val_dice_lesion", "loss"])
def test_H03_what_is_no_finite_number_is_no_score(name):
    with pytest.raises(NotFiniteError, match=name):
        score(tune({"metric": name, "direction": "max"}), METRICS)
    with pytest.raises(NotFiniteError):
        score(tune({"val_dice": 1.0, name: 0.5}), METRICS)


def test_a_metric_that_nothing_measures_is_a_mistake_of_the_recipe():
    with pytest.raises(UnknownMetricError, match="val_score") as refused:
        score(tune({"metric": "val_score", "direction": "max"}), METRICS)
    assert "val_dice" in refused.value.fix
