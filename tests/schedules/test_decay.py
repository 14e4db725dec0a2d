import math

import keras
import numpy as np
import pytest

from kseg.schedules import WarmupConstant, WarmupCosine, WarmupExponential, WarmupPolynomial

STEPS = [0, 1, 4, 5, 9, 10, 19, 20, 50, 99, 100, 1000]


def every_schedule(warmup_steps=0):
    return [
        WarmupConstant(0.1, warmup_steps=warmup_steps),
        WarmupExponential(0.1, decay_steps=10, decay_rate=0.5, warmup_steps=warmup_steps),
        WarmupPolynomial(0.1, total_steps=100, power=0.9, warmup_steps=warmup_steps),
        WarmupCosine(0.1, total_steps=100, warmup_steps=warmup_steps),
    ]


FORMULAE = [
    lambda t: 0.1,
    lambda t: 0.1 * 0.5 ** (t / 10),
    lambda t: 0.1 * max(max(1 - t / 100, 0) ** 0.9, 1e-6),
    lambda t: 0.1 * max(0.5 * (1 + math.cos(math.pi * min(t / 100, 1))), 1e-6),
]


@pytest.mark.parametrize("warmup_steps", [0, 5])
@pytest.mark.parametrize("which", range(4))
def test_rates_follow_the_formula(which, warmup_steps):
    schedule = every_schedule(warmup_steps)[which]
    rates = [float(schedule(t)) for t in STEPS]
    rise = [min((t + 1) / warmup_steps, 1) if warmup_steps else 1 for t in STEPS]
    expected = [factor * FORMULAE[which](t) for factor, t in zip(rise, STEPS, strict=True)]
    np.testing.assert_allclose(rates, expected, rtol=1e-4)
    assert min(rates) > 0


def test_stairs_change_at_whole_multiples_only():
    schedule = WarmupExponential(0.1, decay_steps=500, decay_rate=0.9, staircase=True)
    for stair in (1, 7, 199):
        assert float(schedule(500 * stair - 1)) == pytest.approx(0.1 * 0.9 ** (stair - 1), 1e-4)
        assert float(schedule(500 * stair)) == pytest.approx(0.1 * 0.9**stair, 1e-4)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (
            WarmupExponential(0.1, decay_steps=7, decay_rate=0.9),
            keras.optimizers.schedules.ExponentialDecay(0.1, 7, 0.9),
        ),
        (
            WarmupExponential(0.1, decay_steps=7, decay_rate=0.9, staircase=True),
            keras.optimizers.schedules.ExponentialDecay(0.1, 7, 0.9, staircase=True),
        ),
        (
            WarmupPolynomial(0.1, total_steps=100, power=0.9),
            keras.optimizers.schedules.PolynomialDecay(0.1, 100, 0.0, power=0.9),
        ),
        (WarmupCosine(0.1, total_steps=100), keras.optimizers.schedules.CosineDecay(0.1, 100)),
    ],
)
def test_rates_are_those_of_keras_own_schedules(ours, theirs):
    expected = [float(theirs(t)) for t in range(100)]
    np.testing.assert_allclose([float(ours(t)) for t in range(100)], expected, rtol=1e-4)


@pytest.mark.parametrize("staircase", [False, True])
def test_the_decay_is_that_of_the_seed_system(staircase):
    """`learning_rate * decay_rate ** (step / decay_steps)`, the quotient cut in stairs."""
    schedule = WarmupExponential(2e-4, decay_steps=30, decay_rate=0.5, staircase=staircase)
    assert float(schedule(75)) == pytest.approx(2e-4 * (0.25 if staircase else 2**-2.5))


@pytest.mark.parametrize("which", range(4))
def test_a_round_trip_keeps_every_rate(which):
    schedule = every_schedule(5)[which]
    schedule.set_total_steps(77)
    config = keras.optimizers.schedules.serialize(schedule)
    again = keras.optimizers.schedules.deserialize(config)
    assert again.get_config() == schedule.get_config()
    assert [float(again(t)) for t in STEPS] == [float(schedule(t)) for t in STEPS]


def test_rates_are_the_same_under_a_bfloat16_policy():
    expected = [[float(schedule(t)) for t in STEPS] for schedule in every_schedule(5)]
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        rates = [[float(schedule(t)) for t in STEPS] for schedule in every_schedule(5)]
    finally:
        keras.config.set_dtype_policy(before)
    assert rates == expected


def test_a_step_may_be_a_variable():
    step = keras.Variable(50, dtype="int32", trainable=False)
    assert float(WarmupPolynomial(0.1, total_steps=100, power=1.0)(step)) == pytest.approx(0.05)


def test_wrong_arguments_are_refused():
    with pytest.raises(ValueError, match="`learning_rate` must be"):
        WarmupConstant(0.0)
    with pytest.raises(ValueError, match="`warmup_steps` must be"):
        WarmupConstant(0.1, warmup_steps=-1)
    with pytest.raises(ValueError, match="`decay_steps` must be"):
        WarmupExponential(0.1, decay_steps=2.5, decay_rate=0.9)
    with pytest.raises(ValueError, match="`decay_rate` must be"):
        WarmupExponential(0.1, decay_steps=2, decay_rate=1.1)
    with pytest.raises(ValueError, match="`total_steps` must be"):
        WarmupCosine(0.1, total_steps=0)
    with pytest.raises(ValueError, match="`power` must be"):
        WarmupPolynomial(0.1, total_steps=10, power=0)
