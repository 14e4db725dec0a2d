import numpy as np
import pytest

from kseg.fit import adopt_averages, averaged_weights
from tests.fit.jobs import all_arrays, assert_same_bits, simple_model

MOMENTUM = 0.75


def trained(ema):
    """Train 4 steps by hand and follow the running mean of the kernel alongside."""
    model, schedule = simple_model(ema=ema)
    schedule.set_total_steps(100)
    mean = None
    for gradient in np.random.default_rng(0).normal(size=(4, 1, 1, 1, 1, 3)):
        model.optimizer.apply([gradient, gradient[0, 0, 0, 0]], model.trainable_variables)
        kernel = model.get_layer("head").kernel.numpy()
        mean = kernel if mean is None else MOMENTUM * mean + (1 - MOMENTUM) * kernel
    return model, mean


def test_the_running_mean_is_in_the_model_while_the_block_runs():
    model, mean = trained(MOMENTUM)
    before = all_arrays(model)
    with averaged_weights(model):
        np.testing.assert_allclose(model.get_layer("head").kernel.numpy(), mean, rtol=1e-5)
        assert np.abs(mean - before[next(iter(before))]).max() > 1e-5
    assert_same_bits(all_arrays(model), before)


def test_the_trained_weights_come_back_after_an_error():
    model, _ = trained(MOMENTUM)
    before = all_arrays(model)
    with pytest.raises(RuntimeError), averaged_weights(model):
        raise RuntimeError
    assert_same_bits(all_arrays(model), before)


def test_averages_can_be_adopted_for_good():
    model, mean = trained(MOMENTUM)
    adopt_averages(model)
    np.testing.assert_allclose(model.get_layer("head").kernel.numpy(), mean, rtol=1e-5)


def test_without_a_running_mean_nothing_changes():
    model, _ = trained(None)
    before = all_arrays(model)
    with averaged_weights(model):
        assert_same_bits(all_arrays(model), before)
    adopt_averages(model)
    assert_same_bits(all_arrays(model), before)
