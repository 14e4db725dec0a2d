"""What a fault does to a search with KerasTuner alone: a test for each of H01 to H07.

As in `test_keras_tuner_defects.py`, a test that fails here is good news.
"""

import json
from pathlib import Path

import keras
import keras_tuner
import pytest
import tensorflow as tf
from keras_tuner.src import backend
from keras_tuner.src.distribute import oracle_chief

from tests.tune.bare import (
    DICE,
    FloatTuner,
    OneWeight,
    hide_tensorboard,
    hyperband_oracle,
    mended,
    out_of_memory,
    random_oracle,
    random_search,
    still_raises,
    still_silent,
)


def _refuse(word):
    raise ValueError(word)


def test_h01_a_short_search_without_tensorboard_returns_as_if_all_were_well(tmp_path, monkeypatch):
    """Two trials, none of which ran, and the "best values" are those of a trial that failed."""
    hide_tensorboard(monkeypatch)
    search = random_search(tmp_path, trials=2)
    with still_silent("returns when all trials have failed"):
        search.search()
    statuses = [trial.status for trial in search.oracle.trials.values()]
    assert statuses == ["FAILED"] * 2, mended("needs tensorboard")
    best = search.get_best_hyperparameters()
    assert len(best) == 1, mended("gives out a failed trial as the best one")


def test_h02_when_all_trials_failed_the_cause_is_not_told(tmp_path):
    """The best of nothing is a trial that failed, and its network a file that cannot be found."""

    class Refused(OneWeight):
        def fit(self, hp, model, *args, **kwargs):
            raise ValueError("the labels hold 7, and there are 3 classes")

    search = random_search(tmp_path, trials=2, model=Refused())
    search.search()
    best = [trial.status for trial in search.oracle.get_best_trials(1)]
    assert best == ["FAILED"], mended("counts failed trials among the best")
    with still_raises(OSError, "looks for the weights of a failed trial") as caught:
        search.get_best_models()
    assert "labels" not in str(caught.value), mended("hides why the trials failed")


def test_h02_when_there_was_no_trial_the_best_one_is_an_index_error(tmp_path):
    """A search that was told to stop before its first trial ends in `list index out of range`."""
    search = FloatTuner(tmp_path, random_oracle(max_trials=1), lambda values: 0.0)
    search.oracle.populate_space = lambda trial_id: {"status": "STOPPED"}
    search.search()
    with still_raises(IndexError, "gives an empty list of best values"):
        search.get_best_hyperparameters()[0]


def test_h03_a_diverged_trial_counts_as_completed_and_may_even_win(tmp_path):
    """An infinite score is a fine one, the best of all where more is better.

    What is kept of it is not JSON either: a strict reader refuses the word `Infinity`.
    """
    oracle = random_oracle(max_trials=4, objective=DICE)
    scores = iter([0.7, float("inf"), 0.8, float("nan")])
    search = FloatTuner(tmp_path, oracle, lambda values: next(scores))
    search.search()
    expected = ["COMPLETED", "COMPLETED", "COMPLETED", "FAILED"]
    assert search.statuses == expected, mended("takes an infinite score for a completed trial")
    (best,) = oracle.get_best_trials(1)
    assert best.score == float("inf"), mended("ranks an infinite score first")
    kept = (tmp_path / "project" / "trial_1" / "trial.json").read_text()
    with still_raises(ValueError, "writes Infinity into its JSON", match="Infinity"):
        json.loads(kept, parse_constant=_refuse)


def test_h03_one_epoch_that_is_not_a_number_hides_the_good_ones_after_it(tmp_path):
    """The best epoch is looked for from the first, and nothing is better than not a number."""
    history = keras.callbacks.History()
    history.history = {"val_dice": [float("nan"), 0.8, 0.9]}
    search = FloatTuner(tmp_path, random_oracle(max_trials=1, objective=DICE), lambda _: history)
    search.search()
    assert search.statuses == ["FAILED"], mended("fails a trial whose first epoch has no score")


def test_h04_an_error_in_build_is_caught_in_trials_and_not_before(tmp_path):
    """The same error that is one failed trial in the search ends the program before it."""

    class Broken(OneWeight):
        def __init__(self, works):
            super().__init__()
            self.works = works

        def build(self, hp):
            self.works -= 1
            return super().build(hp) if self.works >= 0 else out_of_memory()

    with still_raises(tf.errors.ResourceExhaustedError, "builds a network unguarded"):
        random_search(tmp_path, trials=10, model=Broken(works=0))
    assert not list(tmp_path.glob("*/trial*"))

    search = random_search(tmp_path, trials=10, model=Broken(works=1))
    with still_raises(RuntimeError, "gives up after three failures", match="out of memory"):
        search.search()
    assert len(search.oracle.trials) == 3


@pytest.mark.parametrize("file", ["oracle.json", "trial.json"])
def test_h05_a_search_that_was_killed_while_it_wrote_cannot_be_opened_again(
    tmp_path, monkeypatch, file
):
    """One half-written file, and the results of all the trials before it are out of reach."""

    class HalfWritten:
        def __init__(self, path):
            self.path = path

        def __enter__(self):
            return self

        def __exit__(self, *error):
            return False

        def write(self, text):
            Path(self.path).write_text(text[: len(text) // 2])
            raise KeyboardInterrupt

    def killed_in_the_second_trial(values):
        if len(search.values) == 2:
            write = backend.io.File
            monkeypatch.setattr(
                backend.io,
                "File",
                lambda path, mode: HalfWritten(path) if file in str(path) else write(path, mode),
            )
        return 0.5

    search = FloatTuner(tmp_path, random_oracle(), killed_in_the_second_trial)
    with pytest.raises(KeyboardInterrupt):
        search.search()
    monkeypatch.undo()
    with still_raises(json.JSONDecodeError, f"leaves half of {file} under its final name"):
        FloatTuner(tmp_path, random_oracle())


def test_h06_the_chief_waits_for_ever_for_a_worker_that_was_killed(tmp_path):
    """One dead worker, and the search never ends; its trial is given to nobody else."""
    oracle = random_oracle(max_trials=2)
    FloatTuner(tmp_path, oracle)
    lost = oracle.create_trial("killed")
    while (trial := oracle.create_trial("alive")).status == "RUNNING":
        oracle.update_trial(trial.trial_id, {"default_objective": 0.5})
        trial.status = "COMPLETED"
        oracle.end_trial(trial)
    assert trial.status == "STOPPED"
    assert lost.status == "RUNNING", mended("forgets the trial of a worker that was killed")
    assert not oracle_chief.exit_chief(oracle), mended("waits for a worker that was killed")


def test_h06_two_searches_in_one_folder_write_over_each_other(tmp_path):
    """Two users, or one who started twice, lose half of their trials without a warning."""
    first = FloatTuner(tmp_path, random_oracle(max_trials=2), lambda values: 0.1)
    second = FloatTuner(tmp_path, random_oracle(max_trials=2), lambda values: 0.2)
    with still_silent("lets two searches share a folder"):
        first.search()
        second.search()
    kept = [json.loads(path.read_text())["score"] for path in tmp_path.glob("*/trial_*/*.json")]
    assert kept == [0.2, 0.2], mended("lets two searches share a folder")


def test_h06_a_search_that_is_interrupted_in_its_first_trial_starts_over(tmp_path):
    """What was drawn for the first trial, hours ago, is written over by the next start."""

    def interrupted(values):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        FloatTuner(tmp_path, random_oracle(seed=1), interrupted).search()
    assert (tmp_path / "project" / "trial_00" / "trial.json").exists()
    again = FloatTuner(tmp_path, random_oracle(seed=2))
    assert not again.oracle.trials, mended("forgets a trial that was interrupted first of all")


def test_h07_old_scores_are_sorted_by_the_new_objective(tmp_path):
    """Whoever goes from the smallest loss to the largest Dice gets the network with most loss."""
    loss = keras_tuner.Objective("val_loss", "min")
    oracle = random_oracle(max_trials=5, objective=loss)
    FloatTuner(tmp_path, oracle, lambda values: values["u"] / 10).search()
    with still_silent("goes on with another objective"):
        again = FloatTuner(tmp_path, random_oracle(objective=DICE))
    best = again.get_best_hyperparameters()[0]
    assert best["u"] == max(again.values), mended("sorts old scores by a new objective")


def test_h07_another_oracle_takes_the_folder_over_or_bids_to_delete_it(tmp_path):
    """One way round nobody notices; the other way the only advice is to throw all away."""
    FloatTuner(tmp_path / "bands", hyperband_oracle(), lambda values: 0.5).search()
    with still_silent("lets another oracle take a folder over"):
        taken = FloatTuner(tmp_path / "bands", random_oracle())
    assert len(taken.oracle.trials) == 5, mended("lets another oracle take a folder over")

    FloatTuner(tmp_path / "random", random_oracle(max_trials=1), lambda values: 0.5).search()
    with still_raises(RuntimeError, "bids to delete the search", match="overwrite=True"):
        FloatTuner(tmp_path / "random", hyperband_oracle())
