"""KerasTuner as it comes, with next to nothing to tune: what the tests of its defects share."""

import contextlib
import sys

import keras
import keras_tuner
import pytest
import tensorflow as tf

DICE = keras_tuner.Objective("val_dice", "max")


def mended(what):
    """Word the failure of a test whose defect is gone."""
    return (
        f"KerasTuner {keras_tuner.__version__} no longer {what}. "
        "Good news: see whether kseg still needs its way round it, then drop this test."
    )


@contextlib.contextmanager
def still_raises(error, what, match=None):
    """Expect an error, and tell of good news where KerasTuner raises another one or none."""
    with pytest.raises(error, match=match) as caught:
        with still_silent(what, but=error):
            yield caught
        pytest.fail(mended(what))


@contextlib.contextmanager
def still_silent(what, but=()):
    """Expect no error where there should be one, and tell of good news where there is."""
    try:
        yield
    except but:
        raise
    except Exception as error:
        pytest.fail(f"{mended(what)} It now raises {error!r}")


def space_of(low, high):
    """Give a search space of one whole number, `u`."""
    space = keras_tuner.HyperParameters()
    space.Int("u", low, high)
    return space


def random_oracle(low=0, high=99, **settings):
    """Give an oracle that draws `u` at random, for as many trials as it is told."""
    settings = {"max_trials": 10, "seed": 1, **settings}
    return keras_tuner.oracles.RandomSearchOracle(hyperparameters=space_of(low, high), **settings)


def hyperband_oracle(**settings):
    """Give an oracle of one bracket of three trials, and a second one of two."""
    settings = {"max_epochs": 2, "factor": 2, "seed": 1, **settings}
    return keras_tuner.oracles.HyperbandOracle(hyperparameters=space_of(0, 99), **settings)


class FloatTuner(keras_tuner.Tuner):
    """Tuner whose trials train nothing: `score(values)` gives the objective at once."""

    def __init__(self, folder, oracle, score=None):
        super().__init__(oracle, directory=folder, project_name="project")
        self.score = score

    def run_trial(self, trial):
        return self.score(trial.hyperparameters.values)

    @property
    def values(self):
        return [trial.hyperparameters.values["u"] for trial in self.oracle.trials.values()]

    @property
    def statuses(self):
        return [trial.status for trial in self.oracle.trials.values()]


class OneWeight(keras_tuner.HyperModel):
    """A network of one weight that is built for real, and only said to be trained."""

    def build(self, hp):
        hp.Int("u", 0, 99)
        return keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, use_bias=False)])

    def fit(self, hp, model, *args, **kwargs):
        return 0.5


def random_search(folder, trials, model=None, **settings):
    """Give KerasTuner's own random search, which builds a network and calls its `fit`."""
    settings = {"max_trials": trials, "seed": 1, "directory": folder, **settings}
    return keras_tuner.RandomSearch(model or OneWeight(), project_name="project", **settings)


def out_of_memory(*_):
    """Fail as TensorFlow does where a network is too big for the machine."""
    raise tf.errors.ResourceExhaustedError(None, None, "out of memory")


def hide_tensorboard(monkeypatch):
    """Let tensorboard be missing, which neither TensorFlow nor KerasTuner installs."""
    loaded = [name for name in sys.modules if name.split(".")[0] == "tensorboard"]
    for name in {"tensorboard", *loaded}:
        monkeypatch.setitem(sys.modules, name, None)
