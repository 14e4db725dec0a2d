import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from kseg.fit import BudgetPlan, Pace, plan_budget, seconds_to_train
from kseg.fit.budget import RESERVE_SHARE, VALIDATION_SHARE

SECONDS = st.floats(0, 1e5)
PACES = st.builds(Pace, st.floats(1e-3, 100), st.one_of(st.just(0.0), st.floats(1e-3, 1e4)))
COUNTS = st.integers(1, 500)


def planned(seconds, pace, per_epoch, every):
    return plan_budget(seconds, pace, steps_per_epoch=per_epoch, validate_every_epochs=every)


def spent(plan, pace, per_epoch):
    validations = plan.steps // per_epoch // plan.validate_every_epochs
    return plan.steps * pace.step_seconds + validations * pace.validation_seconds


@given(SECONDS, PACES, COUNTS, COUNTS)
def test_a_plan_never_takes_more_than_the_time(seconds, pace, per_epoch, every):
    plan = planned(seconds, pace, per_epoch, every)
    assert plan.steps >= 1
    if plan.steps > 1:
        assert spent(plan, pace, per_epoch) <= seconds * (1 + 1e-9)


@given(SECONDS, SECONDS, PACES, COUNTS, COUNTS)
def test_more_time_is_never_worth_fewer_steps(seconds, more, pace, per_epoch, every):
    less, greater = (planned(s, pace, per_epoch, every) for s in (seconds, seconds + more))
    assert less.steps <= greater.steps
    assert less.validate_every_epochs == greater.validate_every_epochs


@given(SECONDS, PACES, COUNTS, COUNTS)
def test_a_plan_leaves_hardly_any_time_unused(seconds, pace, per_epoch, every):
    plan = planned(seconds, pace, per_epoch, every)
    assume(pace.validation_seconds == 0)
    assert (plan.steps + 1) * pace.step_seconds >= seconds * (1 - 1e-9)


@given(PACES, COUNTS, COUNTS)
def test_validation_comes_as_asked_for_unless_it_eats_the_time(pace, per_epoch, every):
    plan = planned(1e5, pace, per_epoch, every)
    epoch = per_epoch * pace.step_seconds

    def share(epochs_between):
        return pace.validation_seconds / (pace.validation_seconds + epochs_between * epoch)

    assert share(plan.validate_every_epochs) <= VALIDATION_SHARE * (1 + 1e-9)
    if plan.validate_every_epochs > every:
        assert share(plan.validate_every_epochs - 1) >= VALIDATION_SHARE * (1 - 1e-9)
    else:
        assert plan.validate_every_epochs == every


@pytest.mark.parametrize("seconds", [-100.0, 0.0, 0.01])
def test_without_time_one_step_remains(seconds):
    assert planned(seconds, Pace(0.5, 2.0), 10, 5).steps == 1


def test_hand_worked_numbers_come_out():
    # An epoch of 10 steps takes 5 s, a validation every second epoch 1 s: 5.5 s.
    assert planned(98.0, Pace(0.5, 1.0), 10, 2) == BudgetPlan(178, 2)
    # A validation of 10 s needs 56.7 s of training next to it, which is 12 epochs.
    assert planned(1000.0, Pace(0.5, 10.0), 10, 1).validate_every_epochs == 12


@given(st.floats(1, 1e6), st.floats(0, 1e6))
def test_the_reserve_is_a_share_of_the_whole_budget_to_the_end(budget, elapsed):
    left = seconds_to_train(budget, elapsed)
    assert left >= 0
    if left:
        assert elapsed + left == pytest.approx(budget * (1 - RESERVE_SHARE))
