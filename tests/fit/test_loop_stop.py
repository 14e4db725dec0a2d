"""A training that is asked to stop: it finishes the step, saves, and goes on with the same bits."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from kseg.fit import Clock, Stop, Stopped, TrainingDivergedError, fit, read_checkpoint
from kseg.metrics import CaseDice
from kseg.schedules import WarmupExponential
from tests.fit.jobs import (
    a_job,
    all_arrays,
    assert_equal_outcome,
    assert_same_bits,
    batches,
    column,
    real_model,
    simple_model,
)

SCORES = [0.5, 0.7, 0.6, 0.7, 0.1]


def measured():
    return simple_model(ema=0.5, metrics=[CaseDice([1, 2])])


def in_stairs():
    model, _ = measured()
    schedule = WarmupExponential(
        0.02, decay_steps=5, decay_rate=0.25, staircase=True, warmup_steps=5
    )
    model.optimizer.learning_rate = schedule
    return model, schedule


def stopped(folder, make, at, **changes):
    """Ask to stop after the step `at`; then go on with a fresh model as a new process would."""
    stop = Stop()

    def progress(done, total, what):
        if done == at:
            stop.ask("Ctrl-C")

    job = a_job(folder, make(), stop=stop, progress=progress, **changes)
    with pytest.raises(Stopped):
        fit(job)
    saved = read_checkpoint(job.checkpoints, job.log)
    assert saved.state.step == at
    again = a_job(folder, make(), **changes)
    return again, fit(again)


@pytest.mark.parametrize("at", [1, 3, 5, 7])
def test_G07_a_stop_in_the_middle_of_an_epoch_changes_no_bit(tmp_path, at):
    """Nor does one at the end of an epoch, or after the very last step."""
    changes = {"steps": 7, "steps_per_epoch": 3}
    whole = a_job(tmp_path / "whole", measured(), **changes)
    outcome = (whole, fit(whole))
    assert_equal_outcome(outcome, stopped(tmp_path / "stopped", measured, at, **changes))


def test_G07_a_whole_network_goes_on_from_within_an_epoch_with_the_same_bits(tmp_path):
    """Traced, with dropout, running means, weight decay and auxiliary heads."""
    make = lambda: real_model(0, dropout=0.2)  # noqa: E731
    whole = a_job(tmp_path / "whole", make(), steps=4)
    outcome = (whole, fit(whole))
    resumed = stopped(tmp_path / "stopped", make, 3, steps=4)
    assert column(resumed[1], "step") == [2, 4]
    assert_equal_outcome(outcome, resumed)


class ByEpoch:
    """A validation whose scores depend on the step alone, whichever sitting asks."""

    def __init__(self, then=lambda: None):
        self.seen = 0
        self.then = then

    def __call__(self, model):
        self.seen += 1
        self.then()
        score = SCORES[int(model.optimizer.iterations) // 2 - 1]
        return {"val_dice": score, "val_dice_liver": score / 2}


@pytest.mark.parametrize("at", [3, 4, 6, 7])
def test_warm_up_stairs_and_early_stopping_go_on_as_if_nothing_had_been(tmp_path, at):
    changes = {"steps": 20, "patience_epochs": 2, "validate": ByEpoch()}
    whole = a_job(tmp_path / "whole", in_stairs(), **changes)
    outcome = (whole, fit(whole))
    assert outcome[1].stopped_early and (outcome[1].best_epoch, outcome[1].step) == (2, 8)
    rates = column(outcome[1], "learning_rate")
    assert rates[0] < rates[1] and rates[-1] < rates[1]  # it rose, and fell by a stair
    assert_equal_outcome(outcome, stopped(tmp_path / "stopped", in_stairs, at, **changes))


@pytest.mark.parametrize("ask", [Stop.ask, lambda stop, _: (stop._file.touch(), stop.check())])
def test_G07_a_validation_that_is_cut_short_is_done_anew_with_the_same_bits(tmp_path, ask):
    changes = {"steps": 8, "patience_epochs": 3}
    whole = a_job(tmp_path / "whole", measured(), validate=ByEpoch(), **changes)
    outcome = (whole, fit(whole))
    stop = Stop(tmp_path / "stop")
    cut = ByEpoch(lambda: ask(stop, "Ctrl-C") if cut.seen == 2 else None)
    job = a_job(tmp_path / "cut", measured(), stop=stop, validate=cut, **changes)
    with pytest.raises(Stopped):
        fit(job)
    saved = read_checkpoint(job.checkpoints, job.log)
    # The trained weights are saved, not their running means that were being validated.
    assert saved.state.step == 4 and saved.state.epoch == 1 and saved.state.epoch_logs["loss"] > 0
    assert_same_bits(
        all_arrays(job.model), {n: a for n, a in saved.arrays.items() if "best/" not in n}
    )
    again = a_job(tmp_path / "cut", measured(), validate=ByEpoch(), **changes)
    assert_equal_outcome(outcome, (again, fit(again)))


def test_G05_no_checkpoint_is_written_where_a_stop_meets_a_loss_that_is_no_number(tmp_path):
    stop = Stop()
    job = a_job(
        tmp_path, stream=lambda step: batches(step, nan_at=3), steps=8, stop=stop,
        progress=lambda done, total, what: None,
    )  # fmt: skip
    cases = job.cases_of_step
    job = dataclasses.replace(job, cases_of_step=lambda step: (stop.ask("Ctrl-C"), cases(step))[1])
    with pytest.raises(TrainingDivergedError, match="after step 3"):
        fit(job)
    assert [path.name for path in job.checkpoints.iterdir()] == ["generation-000001"]


def test_G05_weights_that_are_no_numbers_are_not_saved_by_a_stop_within_an_epoch(tmp_path):
    stop = Stop()

    def progress(done, total, what):
        if done == 3:
            job.model.get_layer("head").bias.assign([np.nan, 0.0, 0.0])
            stop.ask("Ctrl-C")

    job = a_job(tmp_path, steps=8, steps_per_epoch=4, stop=stop, progress=progress)
    with pytest.raises(TrainingDivergedError, match="not all weights were finite"):
        fit(job)
    assert read_checkpoint(job.checkpoints, job.log) is None


def test_a_long_epoch_is_saved_on_the_way(tmp_path, monkeypatch):
    monkeypatch.setattr("kseg.fit.loop.LONGEST_UNSAVED_SECONDS", 2.5)
    whole = a_job(tmp_path / "whole", measured(), steps=8, steps_per_epoch=8)
    outcome = (whole, fit(whole))
    model, schedule = measured()
    seconds = lambda: float(model.optimizer.iterations)  # noqa: E731
    cut = a_job(
        tmp_path / "cut", (model, schedule), steps=8, steps_per_epoch=8, clock=Clock(now=seconds),
        stream=lambda step: batches(step, stop_at=5),
    )  # fmt: skip
    with pytest.raises(tf.errors.InvalidArgumentError):
        fit(cut)
    assert read_checkpoint(cut.checkpoints, cut.log).state.step == 3
    again = a_job(tmp_path / "cut", measured(), steps=8, steps_per_epoch=8)
    assert_equal_outcome(outcome, (again, fit(again)))


def test_metrics_that_were_changed_start_anew_within_an_epoch(tmp_path):
    with pytest.raises(Stopped):
        stop = Stop()
        stop_at_3 = lambda done, *_: stop.ask("x") if done == 3 else None  # noqa: E731
        fit(a_job(tmp_path, measured(), stop=stop, progress=stop_at_3))
    job = a_job(tmp_path, simple_model(ema=0.5), accepted=["fit.metrics: a -> b"])
    state = fit(job)
    assert any("metrics start anew" in message for message, _ in job.log)
    assert column(state, "step") == [2, 4, 6] and "patch_dice" not in state.history[1]
