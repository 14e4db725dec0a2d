"""A training that goes on with another length than it began with."""

import pytest

from kseg.errors import RecipeError
from kseg.fit import Clock, Stop, Stopped, fit
from kseg.schedules import WarmupExponential
from tests.fit.jobs import (
    Validating,
    a_job,
    all_arrays,
    assert_same_bits,
    column,
    simple_model,
)


def in_stairs(ema=0.5):
    model, _ = simple_model(ema=ema)
    schedule = WarmupExponential(0.02, decay_steps=3, decay_rate=0.5, staircase=True)
    model.optimizer.learning_rate = schedule
    return model, schedule


def test_more_steps_extend_a_finished_training_from_its_trained_weights(tmp_path):
    """With a schedule that asks for no length it ends as if it had been so long from the start."""
    whole = a_job(tmp_path / "whole", in_stairs(), steps=12)
    fit(whole)
    first = a_job(tmp_path / "run", in_stairs(), steps=6)
    fit(first)
    again = a_job(tmp_path / "run", in_stairs(), steps=12)
    state = fit(again)
    assert column(state, "step") == [2, 4, 6, 8, 10, 12] and state.total_steps == 12
    assert_same_bits(all_arrays(again.model), all_arrays(whole.model))


def test_the_best_weights_of_early_stopping_are_not_what_an_extension_goes_on_from(tmp_path):
    def make(steps, folder, scores):
        return a_job(
            tmp_path / folder, in_stairs(), steps=steps, patience_epochs=9, validate=scores
        )

    whole = make(12, "whole", Validating([0.9, 0.1, 0.2, 0.3, 0.4, 0.95]))
    fit(whole)
    fit(make(6, "run", Validating([0.9, 0.1, 0.2])))
    again = make(12, "run", Validating([0.3, 0.4, 0.95]))
    state = fit(again)
    assert (state.best_epoch, state.best_score) == (6, 0.95)
    assert_same_bits(all_arrays(again.model), all_arrays(whole.model))


def test_from_an_extension_on_the_rate_is_that_of_the_new_length_and_that_is_told(tmp_path):
    fit(a_job(tmp_path, steps=6))
    job = a_job(tmp_path, steps=12)
    state = fit(job)
    rates = dict(zip(column(state, "step"), column(state, "learning_rate"), strict=True))
    job_of_12 = a_job(tmp_path / "other", steps=12)
    expected = fit(job_of_12)
    for step, rate in zip(column(expected, "step"), column(expected, "learning_rate"), strict=True):
        assert step <= 6 or rates[step] == rate
    assert rates[6] < 1e-4 < rates[8]
    (told,) = [message for message, _ in job.log if "12 steps long instead of 6" in message]
    assert "learning rate is that of a training of this length: 1e-08 becomes 0.005" in told


def test_an_interrupted_training_can_be_made_longer_and_shorter_too(tmp_path):
    stop = Stop()
    cut = a_job(tmp_path, stop=stop, progress=lambda done, *_: done == 3 and stop.ask("Ctrl-C"))
    with pytest.raises(Stopped):
        fit(cut)
    stop = Stop()
    cut = a_job(
        tmp_path, stop=stop, steps=10, progress=lambda done, *_: done == 5 and stop.ask("Ctrl-C")
    )
    with pytest.raises(Stopped):
        fit(cut)
    assert column(fit(a_job(tmp_path, steps=7)), "step") == [2, 4, 6, 7]


def test_less_than_what_is_done_is_refused_and_changes_nothing(tmp_path):
    fit(a_job(tmp_path, steps=6))
    files = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    with pytest.raises(RecipeError, match="6 steps are done, more than the 5 asked") as refused:
        fit(a_job(tmp_path, steps=5))
    assert refused.value.code == "KS-G16"
    assert files == {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}


def budgeted(folder, seconds, spent=0.0, **changes):
    made = simple_model()
    start = [int(made[0].optimizer.iterations)]
    clock = Clock(now=lambda: spent + 1.0 * (int(made[0].optimizer.iterations) - start[0]))
    job = a_job(folder, made, steps=None, budget_seconds=seconds, clock=clock, **changes)
    return job, start


@pytest.fixture
def one_second_a_step(monkeypatch):
    monkeypatch.setattr("kseg.fit.length.measure_step_seconds", lambda *facts: 1.0)


def test_a_longer_budget_extends_a_finished_training_at_the_pace_that_was_measured(
    tmp_path, one_second_a_step, monkeypatch
):
    job, _ = budgeted(tmp_path, 20.0)
    assert fit(job).step == 19
    monkeypatch.setattr("kseg.fit.length.measure_step_seconds", None)
    job, start = budgeted(tmp_path, 40.0)
    start[0] = 19  # the clock of a new sitting begins at its first step
    state = fit(job)
    assert state.step == state.total_steps == pytest.approx(39, abs=1)
    assert state.budget_seconds == 40.0
    # The same budget again: there is nothing to do.
    job, _ = budgeted(tmp_path, 40.0)
    assert fit(job).step == state.step


def test_a_budget_shorter_than_what_is_spent_is_refused(tmp_path, one_second_a_step):
    job, _ = budgeted(tmp_path, 20.0)
    fit(job)
    job, _ = budgeted(tmp_path, 18.0)
    with pytest.raises(RecipeError, match="19 s are spent, all of the 18 s asked for"):
        fit(job)


def test_a_budget_can_be_followed_by_steps_and_steps_by_a_budget(tmp_path, one_second_a_step):
    job, _ = budgeted(tmp_path, 10.0)
    done = fit(job).step
    assert fit(a_job(tmp_path, steps=done + 2)).step == done + 2
    job, start = budgeted(tmp_path, 60.0)
    start[0] = done + 2
    assert fit(job).step > done + 10


def test_a_budget_that_ends_within_an_epoch_ends_the_training_there(tmp_path, monkeypatch):
    """The machine became ten times slower than in the rehearsal, and the first epoch is long."""
    monkeypatch.setattr("kseg.fit.length.measure_step_seconds", lambda *facts: 0.1)
    job, _ = budgeted(tmp_path, 20.0, steps_per_epoch=100)
    state = fit(job)
    assert state.step == state.total_steps == 20 and state.finished
    assert column(state, "step") == [20]
    assert any("the budget is over after step 20 of 196" in message for message, _ in job.log)


def test_a_training_that_stopped_early_goes_on_only_with_more_patience(tmp_path):
    scores = [0.5, 0.4, 0.3, 0.6, 0.7, 0.8]
    stopped = fit(a_job(tmp_path, steps=8, patience_epochs=1, validate=Validating(scores)))
    assert stopped.stopped_early and stopped.step == 4
    longer = a_job(tmp_path, steps=12, patience_epochs=1, validate=Validating(scores))
    assert fit(longer).step == 4
    patient = a_job(
        tmp_path,
        steps=12,
        patience_epochs=3,
        validate=Validating(scores[2:]),
        accepted=["patience"],
    )
    state = fit(patient)
    assert state.step == 12 and not state.stopped_early and state.best_epoch == 6


def test_a_budget_run_that_stopped_early_stays_the_run_it_is_when_it_is_repeated(
    tmp_path, one_second_a_step
):
    """Regression: each repetition fitted its rest to the time left and changed its length."""
    settings = {"patience_epochs": 1, "steps_per_epoch": 1}
    job, _ = budgeted(tmp_path, 20.0, validate=Validating([0.5, 0.4]), **settings)
    stopped = fit(job)
    assert stopped.stopped_early and stopped.step == 2
    job, _ = budgeted(tmp_path, 20.0, validate=Validating(), **settings)
    again = fit(job)
    assert again.total_steps == stopped.total_steps and again.step == 2
    assert len(list(job.checkpoints.iterdir())) == 2


def test_another_length_of_a_training_that_stopped_early_is_told_to_change_nothing(tmp_path):
    scores = [0.5, 0.4]
    fit(a_job(tmp_path, steps=8, patience_epochs=1, validate=Validating(scores)))
    job = a_job(tmp_path, steps=12, patience_epochs=1, validate=Validating())
    state = fit(job)
    told = [message for message, _ in job.log]
    assert (state.step, state.total_steps) == (4, 8)
    assert "larger fit.patience_epochs, with --accept-changes" in told[0]
    assert (
        told[1] == ("the training is finished: 4 of 8 steps are done, since it stopped early")
        and len(told) == 2
    )
    again = a_job(tmp_path, steps=8, patience_epochs=1, validate=Validating())
    fit(again)
    assert [message for message, _ in again.log] == told[1:]


def test_an_epoch_that_the_budget_cut_short_is_timed_by_the_steps_that_it_did(
    tmp_path, monkeypatch
):
    """Regression: 20 s were divided by the 100 steps that were planned."""
    monkeypatch.setattr("kseg.fit.length.measure_step_seconds", lambda *facts: 0.1)
    job, _ = budgeted(tmp_path, 20.0, steps_per_epoch=100)
    assert fit(job).step_seconds == pytest.approx(1.0, rel=0.1)
