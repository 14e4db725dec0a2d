import json

import pytest

from kseg.errors import RecipeError
from kseg.recipe import load_recipe
from kseg.tune.best import best_trial, longest_trials, write_best
from tests.tune.searches import a_recipe, run
from tests.tune.test_tables import TUNE, trial


def test_the_best_is_looked_for_among_the_longest_trainings():
    records = [trial(0, 0.9, 1 / 9), trial(1, 0.7), trial(2, 0.8), trial(3, 0.8)]
    assert [r.trial for r in longest_trials(records)] == [1, 2, 3]
    assert best_trial(records, TUNE).trial == 2
    assert best_trial(records[:1], TUNE).trial == 0
    assert best_trial([], TUNE) is None


def test_a_trial_that_was_ended_early_or_failed_is_never_the_best():
    records = [trial(0, 0.9, status="pruned"), trial(1, 0.5), trial(2, None, status="failed")]
    assert best_trial(records, TUNE).trial == 1


def test_the_winner_finds_the_data_of_the_base_recipe_from_everywhere(tmp_path):
    (tmp_path / "scans").mkdir()
    loaded = a_recipe(tmp_path, "data.root=null")
    loaded = load_recipe(loaded.path, ["tune.trials=1"], {"data.root": str(tmp_path / "scans")})
    (tmp_path / "out").mkdir()
    best = trial(0, 0.5, values={"model.depth": 3, "schedule.name": "exponential"})
    write_best(tmp_path / "out", loaded, best)
    again = load_recipe(tmp_path / "out" / "best.yaml")
    assert again.data_root == tmp_path / "scans"
    assert again.recipe.schedule.name == "exponential" and again.recipe.schedule.power is None
    assert again.recipe.fit.steps == 900 and again.recipe.model.depth == 3
    assert "trial 0" in (tmp_path / "out" / "best.yaml").read_text()


NARROW = """
kseg: 1
name: stub
fit: {steps: 900, steps_per_epoch: 100}
patches: {size: [32, 48, 32]}
model: {depth: 4}
tune:
  oracle: grid
  trial: {patches.size: [64, 64, 64], fit.steps: 9, optimizer.clip_norm: 3}
  space:
    model.depth: {int: [3, 6]}
    optimizer.learning_rate: {choice: [0.001, 0.003]}
"""


def test_a_winner_that_needs_what_all_trials_took_is_written_with_it_but_for_the_length(tmp_path):
    loaded = a_recipe(tmp_path, text=NARROW)
    write_best(tmp_path, loaded, trial(0, 0.5, values={"model.depth": 3}))
    fits = load_recipe(tmp_path / "best.yaml").recipe
    assert (fits.patches.size, fits.optimizer.clip_norm, fits.fit.steps) == ((32, 48, 32), 12, 900)
    write_best(tmp_path, loaded, trial(0, 0.5, values={"model.depth": 6}))
    needs = load_recipe(tmp_path / "best.yaml").recipe
    assert (needs.patches.size, needs.optimizer.clip_norm, needs.fit.steps) == ((64,) * 3, 3, 900)
    assert "its values do not fit without it" in (tmp_path / "best.yaml").read_text()


def test_a_search_whose_best_trial_needs_what_all_trials_took_comes_to_its_end(tmp_path):
    text = NARROW.replace("{int: [3, 6]}", "{choice: [5, 6]}").replace("depth: 4", "depth: 3")
    result, _ = run(tmp_path, text=text)
    assert len(result.records) == 4
    assert result.recipe.model.depth == result.best.values["model.depth"]


def test_a_winner_from_before_an_accepted_change_is_told_apart(tmp_path):
    run(tmp_path, "tune.trials=3")
    best = tmp_path / "search" / "best.yaml"
    assert "has changed" not in best.read_text()
    run(tmp_path, "tune.trials=3", "optimizer.weight_decay=0.5", accept_changes=True)
    assert "The recipe has changed since that trial ran" in best.read_text()
    assert load_recipe(best).recipe.optimizer.weight_decay == 0.5


def test_a_winner_that_fits_no_recipe_of_today_is_told_at_the_end_and_ends_nothing(tmp_path):
    text = NARROW.replace("  trial: {patches.size: [64, 64, 64], fit.steps: 9,", "  trial: {")
    run(
        tmp_path,
        text=text.replace("[32, 48, 32]", "[64, 64, 64]").replace("int: [3, 6]", "int: [5, 6]"),
    )
    pages = []

    def write_report(folder):
        pages.append(folder)
        return folder / "report.html"

    today = text.replace("int: [3, 6]", "int: [2, 3]").replace("[32, 48, 32]", "[16, 16, 16]")
    today = today.replace("depth: 4", "depth: 3")
    with pytest.raises(RecipeError, match="is the best, but its values do not fit the recipe"):
        run(tmp_path, text=today, accept_changes=True, write_report=write_report)
    assert len(pages) == 1 and len(list((tmp_path / "search/trials").iterdir())) > 4


def test_a_recipe_of_the_winner_that_cannot_be_read_ends_nothing(tmp_path):
    result, _ = run(tmp_path, "tune.trials=3")
    trial = tmp_path / "search" / "trials" / f"{result.best.root:04d}" / "recipe.yaml"
    trial.write_text("{")
    again, _ = run(tmp_path, "tune.trials=3")
    assert again.recipe == result.recipe
    assert "has changed" in (tmp_path / "search" / "best.yaml").read_text()


def test_where_the_first_weights_lie_is_no_change_of_the_recipe(tmp_path):
    for place in ("one", "two"):
        (tmp_path / place).mkdir()
        (tmp_path / place / "first.keras").touch()
    words = ("tune.trials=2", "fit.init=first.keras")
    run(tmp_path / "one", *words)
    (tmp_path / "one" / "search").rename(tmp_path / "two" / "search")
    run(tmp_path / "two", *words)
    assert "has changed" not in (tmp_path / "two" / "search" / "best.yaml").read_text()


def test_an_objective_that_older_trials_did_not_measure_costs_them_nothing_for_good(tmp_path):
    run(tmp_path, "tune.trials=3")
    for file in (tmp_path / "search" / "trials").glob("*/trial.json"):
        record = json.loads(file.read_text())
        del record["metrics"]["loss"]
        file.write_text(json.dumps(record))
    other = "tune.objective={metric: loss, direction: min}"
    result, _ = run(tmp_path, "tune.trials=4", other, accept_changes=True)
    assert [r.status for r in result.records] == [*["failed"] * 3, "completed"]
    result, _ = run(tmp_path, "tune.trials=4", accept_changes=True)
    assert [r.status for r in result.records] == ["completed"] * 4
