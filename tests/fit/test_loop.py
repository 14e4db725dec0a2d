import keras
import numpy as np
import pytest
import tensorflow as tf

from kseg.fit import TrainingDivergedError, fit, read_checkpoint
from kseg.metrics import CaseDice
from tests.fit.jobs import (
    Log,
    Validating,
    a_job,
    all_arrays,
    assert_same_bits,
    batches,
    column,
    simple_model,
)


@pytest.mark.parametrize(
    ("steps", "per_epoch", "ends"),
    [(6, 3, [3, 6]), (7, 3, [3, 6, 7]), (2, 5, [2]), (3, 1, [1, 2, 3])],
)
def test_steps_are_exact_and_the_last_epoch_may_be_shorter(tmp_path, steps, per_epoch, ends):
    job = a_job(tmp_path, steps=steps, steps_per_epoch=per_epoch)
    state = fit(job)
    assert column(state, "step") == ends
    assert column(state, "epoch") == list(range(1, len(ends) + 1))
    assert int(job.model.optimizer.iterations) == state.step == state.total_steps == steps


class Accuracies(Validating):
    """A validation that scores by another column than scans do."""

    def __call__(self, model):
        return {"val_accuracy": super().__call__(model)["val_dice"]}


def test_the_job_names_the_column_that_is_watched(tmp_path):
    validate = Accuracies([0.5, 0.25, 0.75])
    job = a_job(tmp_path, validate=validate, score="val_accuracy", patience_epochs=1)
    state = fit(job)
    assert state.stopped_early and (state.best_epoch, state.best_score) == (1, 0.5)
    assert column(state, "val_accuracy") == [0.5, 0.25]
    assert all("val_dice" not in row for row in state.history)
    assert any("val_accuracy 0.2500" in message for message, _ in job.log)


def test_the_last_epoch_is_validated_where_that_is_asked_for(tmp_path):
    validate = Validating([0.5, 0.25, 0.75])
    state = fit(a_job(tmp_path, validate=validate, validate_last=True))
    assert column(state, "val_dice") == [0.5, 0.25, 0.75]


class MeanOfLabels(keras.losses.Loss):
    """A loss that tells which labels it was given."""

    def call(self, y_true, y_pred):
        labels = keras.ops.cast(y_true, "float32")
        return keras.ops.mean(labels, (1, 2, 3)) + 0 * keras.ops.mean(y_pred, (1, 2, 3, 4))


def test_every_step_sees_its_own_batch_also_in_the_shorter_epoch(tmp_path):
    starts = []

    def stream(step):
        starts.append(step)
        return batches(step)

    job = a_job(
        tmp_path, simple_model(loss=MeanOfLabels()), steps=5, steps_per_epoch=2, stream=stream
    )
    means = [float(np.mean(labels)) for _, labels in batches(0).take(5)]
    expected = [np.mean(means[0:2]), np.mean(means[2:4]), means[4]]
    assert column(fit(job), "loss") == pytest.approx(expected, rel=1e-5)
    assert starts == [0, 4]


def test_progress_is_told_after_every_step(tmp_path):
    told = []
    fit(a_job(tmp_path, steps=3, progress=lambda *facts: told.append(facts)))
    assert told == [(1, 3, "training"), (2, 3, "training"), (3, 3, "training")]


def test_the_history_holds_one_row_an_epoch_with_the_learning_rate(tmp_path):
    made = simple_model(metrics=[CaseDice([1, 2])])
    validate = Validating([0.25, 0.75])
    state = fit(a_job(tmp_path, made, steps=5, validate=validate, validate_every_epochs=2))
    columns = {"epoch", "step", "loss", "patch_dice", "learning_rate", "val_dice", "seconds"}
    assert columns <= set(state.history[0])
    assert set(state.history[1]) - set(state.history[0]) == {"val_dice_liver"}
    assert column(state, "val_dice") == [None, 0.25, None]
    rates = [float(made[1](step)) for step in column(state, "step")]
    assert column(state, "learning_rate") == pytest.approx(rates)
    assert column(state, "seconds") == sorted(column(state, "seconds"))


@pytest.mark.parametrize(
    ("patience", "epochs"), [(None, [2, 4]), (9, [2, 4, 5])], ids=["without", "with patience"]
)
def test_validation_comes_every_few_epochs_and_last_only_if_it_may_decide(
    tmp_path, patience, epochs
):
    changes = {"steps": 10, "validate_every_epochs": 2, "patience_epochs": patience}
    state = fit(a_job(tmp_path, validate=Validating(), **changes))
    assert [row["epoch"] for row in state.history if row["val_dice"] is not None] == epochs


def test_validation_sees_the_running_means_and_leaves_training_alone(tmp_path):
    plain = a_job(tmp_path / "plain", simple_model(ema=0.5))
    fit(plain)
    validate = Validating([0.1, 0.2, 0.3])
    judged = a_job(tmp_path / "judged", simple_model(ema=0.5), validate=validate, patience_epochs=9)
    fit(judged)
    assert_same_bits(all_arrays(judged.model), all_arrays(plain.model))
    # The last validation saw what the training ended with.
    for seen, final in zip(validate.weights[-1], plain.model.get_weights(), strict=True):
        np.testing.assert_array_equal(seen, final)


SCORES = [0.5, 0.7, 0.6, 0.7, 0.1]


def test_early_stopping_keeps_the_best_weights(tmp_path):
    validate, log = Validating(SCORES), Log()
    job = a_job(
        tmp_path, simple_model(ema=0.5), steps=20, validate=validate, patience_epochs=2, log=log
    )
    state = fit(job)
    assert (state.best_score, state.best_epoch, state.stopped_early) == (0.7, 2, True)
    assert state.epoch == 4 and state.finished and state.step == 8
    for best, final in zip(validate.weights[1], job.model.get_weights(), strict=True):
        np.testing.assert_array_equal(best, final)
    assert any("since epoch 2: stopping early" in message for message, _ in log)


def test_without_patience_the_last_weights_stay(tmp_path):
    plain = a_job(tmp_path / "plain")
    fit(plain)
    judged = a_job(tmp_path / "judged", validate=Validating([0.9, 0.1]))
    state = fit(judged)
    assert state.best_score == 0.9 and not state.stopped_early
    assert_same_bits(all_arrays(judged.model), all_arrays(plain.model))


def test_G05_a_loss_that_is_no_number_stops_at_its_step_and_names_the_cases(tmp_path):
    """G05: nothing is written after that step, and the training before it is kept."""
    job = a_job(tmp_path, stream=lambda step: batches(step, nan_at=3), steps=8)
    with pytest.raises(TrainingDivergedError) as caught:
        fit(job)
    error = caught.value
    # The gradient of the step before may be at fault, so its cases are named too.
    assert error.why == (
        "the loss was nan after step 3; the patches of the last steps came from: "
        "case_2, liver_1, case_3"
    )
    assert error.code == "KS-G05" and error.file == str(tmp_path)
    assert "learning_rate" in error.fix and "warmup_steps" in error.fix
    assert error.fix.endswith("the last checkpoint is from before this step")
    assert [path.name for path in job.checkpoints.iterdir()] == ["generation-000001"]
    kept = read_checkpoint(job.checkpoints, job.log)
    assert kept.state.step == 2
    assert all(np.isfinite(array).all() for array in kept.arrays.values())


class SteepAtZero(keras.losses.Loss):
    """A finite loss whose gradient is no number where the labels are 0 throughout."""

    def call(self, y_true, y_pred):
        some = keras.ops.cast(keras.ops.max(y_true, (1, 2, 3)) > 0, "float32")
        first = keras.ops.mean(y_pred[..., 0], (1, 2, 3))
        return keras.ops.sqrt(keras.ops.square(some * first))


def test_G05_weights_spoilt_by_the_last_step_of_an_epoch_are_not_saved(tmp_path):
    """G05: the loss of that step is a number; only the next one would show it."""

    def stream(step):
        dataset = tf.data.Dataset.range(step, 100)
        image = tf.random.stateless_normal((2, 4, 4, 4, 1), (1, 2))
        return dataset.map(
            lambda index: (image, tf.fill((2, 4, 4, 4), tf.cast(index != 3, tf.uint8)))
        )

    job = a_job(tmp_path, simple_model(loss=SteepAtZero()), stream=stream, steps=8)
    with pytest.raises(TrainingDivergedError, match="after step 3; .* liver_1, case_3"):
        fit(job)
    assert read_checkpoint(job.checkpoints, job.log).state.step == 2


def test_an_epoch_without_anything_to_measure_leaves_a_blank(tmp_path):
    """Regression: a metric without a single pair is NaN, which ended the run in a traceback."""
    model, schedule = simple_model(metrics=[CaseDice([1, 2])])
    model.get_layer("head").bias.assign([50.0, 0.0, 0.0])
    log = Log()
    job = a_job(
        tmp_path,
        (model, schedule),
        stream=lambda step: batches(step, labels=1),
        validate=lambda model: {"val_dice": 0.5, "val_dice_liver": None},
        log=log,
    )
    state = fit(job)
    assert column(state, "patch_dice") == [None] * 3
    assert state.history[0]["val_dice_liver"] is None
    assert read_checkpoint(job.checkpoints, job.log).state == state
    assert "patch_dice" not in log[-1][0]
