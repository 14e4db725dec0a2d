from kseg.report.search.files import read_search
from kseg.report.search.settings import base_trial, settings, told_of_trials, winner
from tests.report.search.samples import (
    BASE,
    SPACE,
    dice_at,
    hyperband_trials,
    random_trials,
    trial,
    write_search,
)


def by_key(files):
    return {line.key: line for line in settings(files)}


def test_the_best_values_stand_beside_those_of_the_base_recipe(tmp_path):
    lines = by_key(read_search(write_search(tmp_path)))
    assert list(lines) == list(SPACE)
    rate = lines["optimizer.learning_rate"]
    assert (rate.base, rate.best, rate.differs) == ("0.004", "0.00670741", True)
    depth = lines["model.depth"]
    assert (depth.base, depth.best, depth.differs, depth.note) == ("4", "4", False, "")
    # Not read where the schedule is another, and not in the base recipe.
    decay = lines["schedule.decay_rate"]
    assert (decay.base, decay.best, decay.differs) == ("", "", False)


def test_a_best_value_at_the_end_of_its_range_is_noted(tmp_path):
    trials = random_trials(2)
    trials[0] |= {"model.depth": 5, "score": 0.99}
    note = by_key(read_search(write_search(tmp_path, trials=trials)))["model.depth"].note
    assert note == "at the upper end of its range: better values may lie beyond"


def test_the_winner_has_a_command_only_if_there_is_its_recipe(tmp_path):
    folder = write_search(tmp_path)
    assert winner(read_search(folder)).command == "kseg fit best.yaml"
    (folder / "best.yaml").unlink()
    found = winner(read_search(folder))
    assert (found.trial, found.score, found.base_score, found.command) == (8, "0.8865", "", "")


def test_what_only_the_trials_took_is_told(tmp_path):
    folder = write_search(tmp_path, trial={"fit.budget": "3m", "fit.patience_epochs": None})
    files = read_search(folder)
    assert told_of_trials(files.record) == "fit.budget 3m, fit.patience_epochs null"
    assert winner(files).trial_keys == told_of_trials(files.record)
    assert told_of_trials(read_search(write_search(tmp_path)).record) == ""


def test_the_base_recipes_score_is_told_where_its_values_were_tried(tmp_path):
    trials = [*random_trials(3), trial(3, BASE, 1.0)]
    files = read_search(write_search(tmp_path, trials=trials))
    assert base_trial(files).number == 3
    assert winner(files).base_score == f"{dice_at(BASE, 1.0):.4f} (trial 3)"


def test_a_shorter_training_of_the_base_recipe_is_not_held_against_the_best(tmp_path):
    trials = [*random_trials(3), trial(3, BASE, 1 / 3)]
    assert base_trial(read_search(write_search(tmp_path, trials=trials))) is None


def test_without_a_completed_trial_there_is_no_winner_but_the_space_is_told(tmp_path):
    trials = [row | {"status": "failed", "score": None} for row in hyperband_trials()]
    files = read_search(write_search(tmp_path, trials=trials))
    assert winner(files) is None
    assert {line.best for line in settings(files)} == {""}
    assert by_key(files)["model.depth"].searched == "3 to 5, whole numbers"
