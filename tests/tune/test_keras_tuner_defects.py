"""What KerasTuner does to its users when nothing stands in between: a test for each known defect.

kseg takes the oracles of KerasTuner and leaves the rest, for these reasons. A test that fails here
is good news: the KerasTuner at hand has mended the defect, and its message says so.
"""

import sys
import threading

import keras
import keras_tuner
import numpy as np
import pytest
from keras_tuner.src.engine.oracle import LOCKS, THREADS

from tests.tune.bare import (
    DICE,
    FloatTuner,
    hide_tensorboard,
    hyperband_oracle,
    mended,
    out_of_memory,
    random_oracle,
    random_search,
    still_raises,
    still_silent,
)


def test_fact_1_without_tensorboard_every_trial_fails(tmp_path, monkeypatch):
    """On a fresh install nothing can be tuned, though nobody asked for TensorBoard's logs."""
    hide_tensorboard(monkeypatch)
    search = random_search(tmp_path, trials=5)
    with still_raises(RuntimeError, "needs tensorboard", match="tensorboard"):
        search.search()
    trials = search.oracle.trials.values()
    assert [trial.status for trial in trials] == ["FAILED"] * 3
    assert all("ModuleNotFoundError" in trial.message for trial in trials)


@pytest.mark.parametrize("metric", ["val_dice", "val_tversky", "val_binary_io_u"])
def test_fact_2_the_direction_of_an_overlap_is_guessed_wrongly(tmp_path, metric):
    """A search for the best Dice hands over the worst, because losses of that name exist."""
    search = FloatTuner(tmp_path, random_oracle(objective=metric), lambda values: values["u"] / 99)
    search.search()
    best = search.get_best_hyperparameters()[0]
    assert best["u"] == min(search.values), mended(f"takes {metric} for something to make small")


def test_fact_7_a_search_goes_on_in_the_space_that_was_changed(tmp_path):
    """A user who widens the range and starts again gets more of the old range, without a word."""
    FloatTuner(tmp_path, random_oracle(3, 9, max_trials=2), lambda values: 0.0).search()
    with still_silent("goes on in a space that was changed"):
        again = FloatTuner(tmp_path, random_oracle(100, 104, max_trials=5), lambda values: 0.0)
    again.search()
    assert len(again.values) == 5
    assert max(again.values) <= 9, mended("resumes in the old space")


def test_fact_7_a_search_goes_on_with_the_settings_that_were_changed(tmp_path):
    """A changed seed or number of epochs is as if it had not been written."""
    FloatTuner(tmp_path / "random", random_oracle(max_trials=1), lambda values: 0.0).search()
    with still_silent("goes on with a seed that was changed"):
        seed = FloatTuner(tmp_path / "random", random_oracle(seed=77)).oracle.seed
    assert seed == 1, mended("resumes with the old seed")

    FloatTuner(tmp_path / "bands", hyperband_oracle(), lambda values: 0.0).search()
    with still_silent("goes on with settings that were changed"):
        epochs = FloatTuner(tmp_path / "bands", hyperband_oracle(max_epochs=64)).oracle.max_epochs
    assert epochs == 2, mended("resumes with the old settings of its oracle")


def test_fact_8_hyperband_starts_the_learning_rate_afresh_on_every_rung(tmp_path):
    """A promoted trial keeps its weights and loses its place in the schedule.

    The rate jumps back to its highest value in mid-training, so that a search over schedules
    compares something that no training of its winner will ever do. So it is with every optimizer
    that keeps moments; plain SGD has none that could be missing when the file is read.
    """
    starts = []

    class Decaying(keras_tuner.HyperModel):
        def build(self, hp):
            hp.Int("u", 0, 99)
            layer = keras.layers.Dense(1, use_bias=False, kernel_initializer="ones")
            model = keras.Sequential([keras.Input((1,)), layer])
            decay = keras.optimizers.schedules.ExponentialDecay(0.1, 1, 0.5)
            model.compile(keras.optimizers.Adam(decay), "mse")
            return model

        def fit(self, hp, model, *args, **kwargs):
            weight = model.layers[0].kernel.numpy().item()
            rate = float(model.optimizer.learning_rate)
            starts.append((hp["tuner/initial_epoch"], weight, rate))
            ones = np.ones((4, 1), "float32")
            return model.fit(ones, 0 * ones, batch_size=1, verbose=0, **kwargs)

    objective = keras_tuner.Objective("loss", "min")
    settings = {"max_epochs": 2, "factor": 2, "directory": tmp_path}
    keras_tuner.Hyperband(Decaying(), objective, **settings).search()
    ((_, weight, rate),) = [start for start in starts if start[0] == 1]
    assert weight < 0.9, "the promoted trial did not go on from the weights of the first rung"
    assert rate == pytest.approx(0.1), mended("restarts the schedule of a promoted trial")


@pytest.mark.parametrize(
    "score", [lambda values: float("nan"), out_of_memory], ids=["nan", "memory"]
)
def test_fact_9_three_failures_in_a_row_end_the_search_and_keep_the_lock(tmp_path, score):
    """Three networks too big for the machine, and the other 97 are never tried.

    Whoever asks the same oracle from another thread, as its own server does, waits for ever.
    """
    oracle = random_oracle(max_trials=100)
    search = FloatTuner(tmp_path, oracle, score)
    with still_raises(RuntimeError, "gives up after three failures", match="consecutive failures"):
        search.search()
    assert search.statuses == ["FAILED"] * 3
    assert LOCKS[oracle].locked(), mended("keeps the oracle locked after an error")

    answers = []
    asking = threading.Thread(target=lambda: answers.append(oracle.create_trial("other")))
    asking.start()
    asking.join(timeout=0.2)
    assert not answers, mended("keeps another thread waiting after an error")
    THREADS[oracle] = None
    LOCKS[oracle].release()
    asking.join(timeout=30)
    assert answers, "it was not the lock that the other thread waited for"


def test_fact_9_networks_that_are_too_large_by_the_users_own_limit_end_the_search(tmp_path):
    """A limit on the size of the networks, meant to skip some, stops the search at the third."""
    search = random_search(tmp_path, trials=100, max_model_size=0.5)
    with still_raises(RuntimeError, "gives up after three networks too large", match="Oversized"):
        search.search()
    assert len(search.oracle.trials) == 3


def test_fact_10_bayesian_search_needs_a_package_that_nobody_installs(monkeypatch):
    """The oracle is offered by name, and ends in an ImportError where scikit-learn is missing."""
    oracle = keras_tuner.oracles.BayesianOptimizationOracle
    monkeypatch.setattr(sys.modules[oracle.__module__], "sklearn", None)
    with still_raises(ImportError, "needs scikit-learn for Bayesian search", match="scikit-learn"):
        oracle(objective=DICE)
