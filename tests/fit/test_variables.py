import numpy as np
import pytest

from kseg.fit import metric_variables, restore_arrays, training_variables
from kseg.fit.variables import misfits, read_variables
from kseg.metrics import CaseDice
from tests.fit.jobs import all_arrays, assert_same_bits, batches, real_model, simple_model


def test_every_variable_that_training_changes_has_a_name_of_its_own():
    model, _ = real_model(norm="batch", dropout=0.2)
    variables = training_variables(model)
    assert len(variables) == len(model.variables) + len(model.optimizer.variables)
    names = " ".join(variables)
    for part in ("seed_generator_state", "moving_mean", "iteration", "momentum", "average"):
        assert part in names


def test_restored_variables_have_the_bits_of_the_arrays():
    model, _ = simple_model(seed=1, ema=0.9)
    arrays = all_arrays(model)
    other, _ = simple_model(seed=2, ema=0.9)
    restore_arrays(training_variables(other), {**arrays, "best/more": np.zeros(1)})
    assert_same_bits(all_arrays(other), arrays)


@pytest.mark.parametrize("change", ["missing", "shape"])
def test_arrays_that_do_not_fit_are_refused_by_name(change):
    model, _ = simple_model()
    arrays = all_arrays(model)
    name = next(iter(arrays))
    arrays[name] = arrays[name][..., :1]
    if change == "missing":
        del arrays[name]
    with pytest.raises(ValueError, match=f"`arrays` must hold {name} of shape"):
        restore_arrays(training_variables(model), arrays)


def test_nothing_is_restored_where_something_does_not_fit():
    model, _ = simple_model()
    before = all_arrays(model)
    arrays = {name: array + 1 for name, array in before.items()}
    del arrays[list(arrays)[-1]]
    with pytest.raises(ValueError, match="must hold"):
        restore_arrays(training_variables(model), arrays)
    assert_same_bits(all_arrays(model), before)


def test_what_does_not_fit_is_named_with_both_shapes():
    variables = training_variables(simple_model()[0])
    arrays = read_variables(variables)
    assert misfits(variables, arrays) == []
    kernel = "model/00000/kernel"
    arrays[kernel] = arrays[kernel][..., :1]
    arrays["optimizer/9/ghost"] = np.zeros(3)
    assert misfits(variables, arrays) == [
        f"{kernel}: (1, 1, 1, 1, 1) -> (1, 1, 1, 1, 3)",
        "optimizer/9/ghost: (3,) -> nothing",
    ]


def test_the_metrics_of_an_epoch_are_the_loss_and_all_that_is_measured():
    model, _ = simple_model(metrics=[CaseDice([1, 2])])
    model.fit(batches(0), steps_per_epoch=2, verbose=0, shuffle=False)
    names = [name.split("/")[0] for name in metric_variables(model)]
    assert set(names) == {"metrics"} and len(names) == len(model.metrics_variables) >= 4
