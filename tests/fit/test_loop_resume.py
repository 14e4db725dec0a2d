"""A training that was interrupted, and one that two devices share, against the plain one."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import tensorflow as tf

from kseg.errors import RunFolderError
from kseg.fit import fit
from tests.fit.jobs import (
    Validating,
    a_job,
    all_arrays,
    assert_equal_outcome,
    assert_same_bits,
    batches,
    column,
    newest,
    real_model,
    simple_model,
)
from tests.models.tiny import dtype_policy

ROOT = Path(__file__).parents[2]
SCORES = [0.5, 0.7, 0.6, 0.7, 0.1]


def interrupted(folder, make, stop_at, **changes):
    """Lose the power at `stop_at`, then go on with a fresh model as a new process would."""
    job = a_job(folder, make(), stream=lambda step: batches(step, stop_at=stop_at), **changes)
    with pytest.raises(tf.errors.InvalidArgumentError, match="the power went"):
        fit(job)
    again = a_job(folder, make(), **changes)
    return again, fit(again)


def test_interrupted_equals_uninterrupted_bit_for_bit(tmp_path):
    """3 epochs and a half, then 3 more in a new process, equal 6 epochs: running means included."""
    seeds = iter([0, 0, 99])  # the fresh model of the second sitting starts from other weights
    whole = a_job(tmp_path / "whole", real_model(next(seeds), dropout=0.2), steps=12)
    whole_state = fit(whole)
    resumed = interrupted(
        tmp_path / "resumed", lambda: real_model(next(seeds), dropout=0.2), stop_at=7, steps=12
    )
    assert column(resumed[1], "step") == [2, 4, 6, 8, 10, 12]
    assert_equal_outcome((whole, whole_state), resumed)


def test_G02_it_can_be_interrupted_anywhere(tmp_path):
    changes = {"steps": 7, "steps_per_epoch": 3}
    whole = a_job(tmp_path / "whole", simple_model(ema=0.5), **changes)
    outcome = (whole, fit(whole))
    for step in (1, 5, 6):
        resumed = interrupted(
            tmp_path / str(step), lambda: simple_model(ema=0.5), stop_at=step, **changes
        )
        assert_equal_outcome(outcome, resumed)


def test_a_training_with_loss_scaling_resumes_with_the_same_bits(tmp_path):
    with dtype_policy("mixed_float16"):
        whole = a_job(tmp_path / "whole", simple_model(ema=0.5))
        outcome = (whole, fit(whole))
        assert type(whole.model.optimizer).__name__ == "LossScaleOptimizer"
        resumed = interrupted(tmp_path / "resumed", lambda: simple_model(ema=0.5), stop_at=3)
    assert_equal_outcome(outcome, resumed)


def test_a_damaged_newest_checkpoint_costs_one_epoch_and_no_bits(tmp_path):
    whole = a_job(tmp_path / "whole")
    outcome = (whole, fit(whole))
    broken = a_job(tmp_path / "broken", stream=lambda step: batches(step, stop_at=5))
    with pytest.raises(tf.errors.InvalidArgumentError):
        fit(broken)
    (newest(broken) / "state.safetensors").write_bytes(b"cut off")
    again = a_job(tmp_path / "broken", simple_model(seed=5))
    assert_equal_outcome(outcome, (again, fit(again)))


def test_a_finished_training_is_not_trained_again(tmp_path):
    job = a_job(tmp_path, simple_model(ema=0.5))
    state = fit(job)

    def no_stream(step):
        raise AssertionError("nothing is left to train")

    again = a_job(tmp_path, simple_model(seed=3, ema=0.5), stream=no_stream)
    assert fit(again) == state
    assert_same_bits(all_arrays(again.model), all_arrays(job.model))


def test_G10_another_recipe_or_data_set_does_not_go_on_in_the_same_folder(tmp_path):
    fit(a_job(tmp_path))
    with pytest.raises(RunFolderError, match="another recipe, data or version") as caught:
        fit(a_job(tmp_path, identity={"recipe": 2}))
    assert caught.value.code == "KS-G10" and "--out" in caught.value.fix


def test_G03_early_stopping_remembers_the_best_through_an_interruption(tmp_path):
    changes = {"steps": 20, "patience_epochs": 2}
    whole = a_job(tmp_path / "whole", simple_model(ema=0.5), validate=Validating(SCORES), **changes)
    outcome = (whole, fit(whole))
    resumed = interrupted(
        tmp_path / "resumed",
        lambda: simple_model(ema=0.5),
        stop_at=7,
        # The scores go on where the first sitting left them.
        validate=Validating(SCORES),
        **changes,
    )
    assert_equal_outcome(outcome, resumed)


def test_two_devices_train_as_one(tmp_path):
    """Two logical CPUs share each batch; loss, penalties, weights and checkpoints agree."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.fit.two_devices"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    report = json.loads(done.stdout)
    assert report["devices"] == [1, 2]
    assert report["losses"][1] == pytest.approx(report["losses"][0], rel=1e-4)
    assert report["weights"] < 1e-4
