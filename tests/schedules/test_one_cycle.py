import math

import keras
import numpy as np
import pytest

from kseg.schedules import OneCycle

STEPS = [0, 1, 10, 25, 29, 30, 31, 65, 99, 100, 1000]


def by_hand(t, curve, share=0.3, start=25.0, final=1e4, steps=100):
    """Return the factor in float64, phase by phase."""
    form = {"linear": lambda x: x, "cosine": lambda x: (1 - math.cos(math.pi * x)) / 2}[curve]
    done = min(t / steps, 1)
    if done <= share:
        return 1 / start + (1 - 1 / start) * form(done / share)
    return 1 - (1 - 1 / final) * form((done - share) / (1 - share))


@pytest.mark.parametrize("curve", ["cosine", "linear"])
@pytest.mark.parametrize("numbers", [{}, {"rise_share": 0.6, "start_factor": 4, "final_factor": 9}])
def test_rates_follow_the_formula(curve, numbers):
    schedule = OneCycle(0.2, total_steps=100, curve=curve, **numbers)
    expected = [0.2 * by_hand(t, curve, *numbers.values()) for t in STEPS]
    np.testing.assert_allclose([float(schedule(t)) for t in STEPS], expected, rtol=1e-4)


def test_hand_worked_rates_on_straight_lines():
    schedule = OneCycle(
        1.0, total_steps=10, rise_share=0.4, start_factor=5, final_factor=10, curve="linear"
    )
    expected = [0.2, 0.4, 0.6, 0.8, 1.0, 0.85, 0.7, 0.55, 0.4, 0.25, 0.1]
    np.testing.assert_allclose([float(schedule(t)) for t in range(11)], expected, rtol=1e-5)


@pytest.mark.parametrize("curve", ["cosine", "linear"])
def test_the_fall_of_a_cosine_is_that_of_keras(curve):
    """Keras knows the fall alone, from the height at step 30 on."""
    schedules = keras.optimizers.schedules
    keras_fall = {
        "cosine": schedules.CosineDecay(0.2, 70, alpha=1e-4),
        "linear": schedules.PolynomialDecay(0.2, 70, end_learning_rate=0.2e-4),
    }[curve]
    schedule = OneCycle(0.2, total_steps=100, curve=curve)
    for t in range(0, 71, 7):
        assert float(schedule(30 + t)) == pytest.approx(float(keras_fall(t)), rel=1e-3)


@pytest.mark.parametrize("curve", ["cosine", "linear"])
def test_the_cycle_is_that_of_torch(curve):
    torch = pytest.importorskip("torch", reason="torch's OneCycleLR is not here to compare with")
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    # Theirs reaches its height at step share * total - 1 and its end at step total - 1.
    theirs = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, max_lr=0.2, total_steps=101, pct_start=31 / 101, div_factor=25,
        final_div_factor=400, anneal_strategy={"cosine": "cos"}.get(curve, curve),
        cycle_momentum=False,
    )  # fmt: skip
    schedule = OneCycle(0.2, total_steps=100, curve=curve)
    for t in range(101):
        assert float(schedule(t)) == pytest.approx(theirs.get_last_lr()[0], rel=1e-3), t
        optimizer.step()
        if t < 100:
            theirs.step()


def test_a_new_length_moves_the_height():
    schedule = OneCycle(0.2, total_steps=100)
    schedule.set_total_steps(1000)
    rates = [float(schedule(t)) for t in range(0, 1001, 50)]
    assert rates.index(max(rates)) == 6 and max(rates) == pytest.approx(0.2)
    assert rates[-1] == pytest.approx(0.2e-4, rel=1e-4)


def test_a_round_trip_keeps_every_rate():
    schedule = OneCycle(0.2, total_steps=9, rise_share=0.5, final_factor=7, curve="linear")
    schedule.set_total_steps(77)
    config = keras.optimizers.schedules.serialize(schedule)
    again = keras.optimizers.schedules.deserialize(config)
    assert again.get_config() == schedule.get_config()
    assert [float(again(t)) for t in STEPS] == [float(schedule(t)) for t in STEPS]


def test_wrong_arguments_are_refused():
    for name, wrong in [
        ("rise_share", 0.0),
        ("rise_share", 1.0),
        ("start_factor", 0.5),
        ("final_factor", 2e6),
        ("curve", "square"),
        ("total_steps", 0),
    ]:
        with pytest.raises(ValueError, match=f"`{name}` must be"):
            OneCycle(0.1, **{"total_steps": 10, name: wrong})
