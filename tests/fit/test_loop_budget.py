"""Trainings that are given seconds instead of steps, on a clock that moves with the steps."""

import pytest
import tensorflow as tf

from kseg.errors import RecipeError
from kseg.fit import Clock, fit, measure_step_seconds
from tests.fit.jobs import (
    a_job,
    assert_equal_outcome,
    batches,
    column,
    simple_model,
)


class StepClock:
    """A clock that moves by `step_seconds` each step and `validation_seconds` each validation."""

    def __init__(self, model, step_seconds, validation_seconds=0.0):
        self.model = model
        self.step_seconds = step_seconds
        self.validation_seconds = validation_seconds
        self.validations = 0
        self.steps_before = 0

    def __call__(self):
        steps = max(0, int(self.model.optimizer.iterations) - self.steps_before)
        return steps * self.step_seconds + self.validations * self.validation_seconds

    def validate(self, model):
        self.validations += 1
        return {"val_dice": 0.5}


class Estimated:
    def __init__(self, function, seconds):
        self.function = function
        self.seconds = seconds

    def __call__(self, model):
        return self.function(model)

    def estimate_seconds(self, model):
        return self.seconds


@pytest.fixture
def one_second_a_step(monkeypatch):
    """Let the rehearsal do all that it does and then say that a step takes 1 second."""

    def measured(model, dataset, at_most_seconds):
        assert at_most_seconds <= 15
        assert measure_step_seconds(model, dataset, 0.0) > 0
        return 1.0

    monkeypatch.setattr("kseg.fit.length.measure_step_seconds", measured)


def budgeted(
    folder, step_seconds, *, budget=40.0, spent=0.0, before=0, validation=(0.0, 0.0), **changes
):
    made = simple_model()
    time = StepClock(made[0], step_seconds, validation[1])
    time.steps_before = before
    clock = Clock(now=time)
    clock.spent_before = spent
    validate = Estimated(time.validate, validation[0]) if validation[1] else None
    return a_job(
        folder, made, steps=None, budget_seconds=budget, clock=clock, validate=validate, **changes
    )


def test_a_budget_becomes_a_number_of_steps(tmp_path, one_second_a_step):
    job = budgeted(tmp_path, 1.0, spent=10.0)
    state = fit(job)
    # 98 % of the 30 s that are left.
    assert state.total_steps == state.step == 29
    assert job.clock.elapsed_seconds() == pytest.approx(39) and not state.stopped_early
    assert any("the budget is worth 29 steps of 1.000 s" in message for message, _ in job.log)


def test_a_budget_trains_as_its_number_of_steps_would(tmp_path, one_second_a_step):
    job = budgeted(tmp_path / "budget", 1.0, budget=10.0)
    state = fit(job)
    plain = a_job(tmp_path / "steps", steps=state.total_steps)
    assert_equal_outcome((job, state), (plain, fit(plain)))


def test_a_machine_that_gets_slower_shortens_the_training(tmp_path, one_second_a_step):
    lengths = []
    made = simple_model()
    time = StepClock(made[0], 3.0)

    def set_total_steps(steps):
        lengths.append(steps)
        made[1].set_total_steps(steps)

    job = a_job(
        tmp_path, made, steps=None, budget_seconds=100.0, clock=Clock(now=time), steps_per_epoch=5,
        set_total_steps=set_total_steps,
    )  # fmt: skip
    state = fit(job)
    # 85 s are left after 5 steps of 3 s.
    assert lengths[:2] == [98, 5 + int(85 * 0.98 / 3)]
    assert state.total_steps == state.step == lengths[-1]
    assert 90 < job.clock.elapsed_seconds() <= 100
    assert any("a step takes 3.000 s now: 32 steps in all" in told for told, _ in job.log)
    assert column(state, "learning_rate")[-1] < 1e-4  # the schedule still came to its end


def test_a_machine_that_gets_faster_uses_the_whole_budget(tmp_path, one_second_a_step):
    job = budgeted(tmp_path, 0.5)
    state = fit(job)
    assert state.step == state.total_steps > 74
    assert 37 < job.clock.elapsed_seconds() <= 40


def test_a_budget_spent_before_training_is_refused(tmp_path, one_second_a_step):
    job = budgeted(tmp_path, 1.0, spent=41.0)
    with pytest.raises(RecipeError, match="took 41 s, all of the budget of 40 s") as caught:
        fit(job)
    assert caught.value.code == "KS-G15" and "--budget" in caught.value.fix
    assert not job.checkpoints.exists()


def test_steps_a_little_slower_change_nothing(tmp_path, one_second_a_step):
    job = budgeted(tmp_path, 1.004)
    assert fit(job).total_steps == 39


def test_a_validation_slower_than_expected_comes_less_often(tmp_path, one_second_a_step):
    """Regression: it kept coming as often, and ate up the time of the training."""
    job = budgeted(tmp_path, 1.0, budget=60.0, validation=(0.1, 2.0))
    state = fit(job)
    # 2 s of validation want 11.3 s of training, which are 6 epochs of 2 s.
    assert state.validate_every_epochs == 6
    validated = [row["epoch"] for row in state.history if row["val_dice"] is not None]
    assert validated[0] == 1 and {epoch % 6 for epoch in validated[1:]} == {0}
    assert state.step > 45 and job.clock.elapsed_seconds() <= 60


def test_a_resumed_budget_keeps_its_steps_and_counts_the_time_already_spent(
    tmp_path, one_second_a_step, monkeypatch
):
    first = budgeted(tmp_path, 1.0, stream=lambda step: batches(step, stop_at=21))
    with pytest.raises(tf.errors.InvalidArgumentError):
        fit(first)
    monkeypatch.setattr("kseg.fit.length.measure_step_seconds", None)
    again = budgeted(tmp_path, 1.0, before=20)
    state = fit(again)
    assert state.total_steps == state.step == 39
    assert again.clock.spent_before == state.history[9]["seconds"] == 20.0
