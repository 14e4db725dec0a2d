import numpy as np
import pytest

from kseg.errors import RunFolderError
from kseg.fit import fit, read_checkpoint, read_standing
from tests.fit.jobs import Validating, a_job, all_arrays, assert_same_bits, simple_model


def test_G10_changes_that_were_accepted_are_kept_with_their_step_even_if_nothing_is_left_to_train(
    tmp_path,
):
    fit(a_job(tmp_path, validate=Validating()))
    changes = ["optimizer.learning_rate: 0.001 -> 0.002"]
    taken_up = []
    job = a_job(
        tmp_path, identity={"recipe": 2}, accepted=changes, taken_up=lambda: taken_up.append(1)
    )
    state = fit(job)
    assert state.accepted == [{"step": 6, "changes": changes}] and taken_up == [1]
    # From now on the training is that of the changed recipe.
    found = read_checkpoint(job.checkpoints, job.log)
    assert found.identity == {"recipe": 2} and found.state.accepted == state.accepted
    assert fit(a_job(tmp_path, identity={"recipe": 2})).accepted == state.accepted
    with pytest.raises(RunFolderError, match="another recipe, data or version"):
        fit(a_job(tmp_path, taken_up=lambda: taken_up.append(2)))
    assert taken_up == [1]


def test_G10_another_network_or_optimizer_is_refused_though_accepted_with_what_does_not_fit(
    tmp_path,
):
    fit(a_job(tmp_path))
    job = a_job(tmp_path, simple_model(ema=0.5), accepted=["fit.ema: null -> 0.5"])
    with pytest.raises(RunFolderError, match="has other weights with it") as refused:
        fit(job)
    assert "nothing -> " in refused.value.why and "fit.ema: null -> 0.5" in refused.value.why
    assert refused.value.code == "KS-G10" and "fit.init" in refused.value.fix


def test_the_best_weights_are_forgotten_where_early_stopping_is_turned_off(tmp_path):
    def job(**changes):
        return a_job(tmp_path, validate=Validating([0.9, 0.1, 0.1]), **changes)

    stopped = job(patience_epochs=9)
    fit(stopped)
    last = {
        name: array
        for name, array in read_checkpoint(stopped.checkpoints, print).arrays.items()
        if not name.startswith("best/")
    }
    plain = job(accepted=["fit.patience_epochs: 9 -> null"])
    fit(plain)
    assert_same_bits(all_arrays(plain.model), last)
    arrays = read_checkpoint(plain.checkpoints, print).arrays
    assert not [name for name in arrays if name.startswith("best/")]


def test_early_stopping_that_is_turned_on_later_looks_for_a_best_of_its_own(tmp_path):
    """Nothing was kept of the epoch that was the best before."""
    fit(a_job(tmp_path, steps=4, validate=Validating([0.9, 0.9])))
    job = a_job(
        tmp_path, steps=8, patience_epochs=5, validate=Validating([0.2, 0.1]), accepted=["patience"]
    )
    state = fit(job)
    assert (state.best_epoch, state.best_score) == (3, 0.2)
    best = read_checkpoint(job.checkpoints, job.log).arrays
    for weight in job.model.weights:
        np.testing.assert_array_equal(best[f"best/{weight.path}"], weight.numpy())


def test_the_best_of_another_validation_is_forgotten_and_that_is_told(tmp_path):
    """Regression: the score on the data of before ruled over all that came after."""
    fit(a_job(tmp_path, steps=4, patience_epochs=2, validate=Validating([0.9, 0.1])))
    job = a_job(
        tmp_path, steps=8, patience_epochs=2, validate=Validating([0.2, 0.3]),
        accepted=["case v: its files changed"], judged_otherwise=True,
    )  # fmt: skip
    state = fit(job)
    assert (state.best_epoch, state.best_score, state.step) == (4, 0.3, 8)
    told = " ".join(message for message, _ in job.log)
    assert "epoch 1 is no longer the best, with its score 0.9000" in told


def test_a_training_that_stopped_early_by_another_validation_goes_on(tmp_path):
    scores = Validating([0.9, 0.1, 0.1, 0.2])
    assert fit(a_job(tmp_path, steps=8, patience_epochs=1, validate=scores)).stopped_early
    job = a_job(
        tmp_path, steps=8, patience_epochs=1, validate=Validating([0.2, 0.3]),
        accepted=["case v: its files changed"], judged_otherwise=True,
    )  # fmt: skip
    state = fit(job)
    assert (state.best_epoch, state.step, state.stopped_early) == (4, 8, False)


def test_G10_all_that_was_ever_trained_on_is_saved_from_the_first_checkpoint_on(tmp_path):
    fit(a_job(tmp_path, trained_on={"a": ("1", "2")}))
    assert read_standing(tmp_path / "checkpoints")[0].trained_on == {"a": ["1", "2"]}
    both = {"a": ["1", "2"], "b": ["3"]}
    fit(a_job(tmp_path, accepted=["case b: not there -> it trained"], trained_on=both))
    assert read_standing(tmp_path / "checkpoints")[0].trained_on == both
