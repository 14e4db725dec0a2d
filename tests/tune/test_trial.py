"""Trials that are trainings, in this process."""

import json

import pytest

from kseg.errors import RecipeError
from kseg.fit import FitState, read_checkpoint
from kseg.recipe import PruneSection, TuneSection
from kseg.tune import trial
from kseg.tune.task import Task
from kseg.tune.trial import prepare, rows_of_part, run_trial
from tests.workflow.tiny import RECIPE, leave_lock_of_a_lost_job, write_data, write_recipe

TUNE = TuneSection(oracle="grid", space={"model.depth": {"int": (3, 5)}})
# Nine epochs of one step, with a learning rate that falls at each.
STEPS = RECIPE.replace(
    "schedule: {warmup_steps: 2}",
    "schedule: {name: exponential, decay_rate: 0.5, decay_every_epochs: 1, warmup_steps: 0}",
).replace(
    "fit: {steps: 8, steps_per_epoch: 4, validate_every_epochs: 1, precision: float32}",
    "fit: {steps: 9, steps_per_epoch: 1, validate_every_epochs: 4, precision: float32, ema: 0.9}",
)


def row(epoch, score):
    seconds = 20.0 * epoch
    return {
        "epoch": epoch,
        "step": 10 * epoch,
        "val_dice": score,
        "val_x": None,
        "seconds": seconds,
    }


def test_of_a_training_that_has_gone_on_the_epochs_of_the_part_count():
    history = [row(1, None), row(2, 0.5), row(3, None), row(4, 0.6), row(5, 0.7)]
    state = FitState(total_steps=60, history=history)

    def epochs(share):
        return [r["epoch"] for r in rows_of_part(state, share)]

    assert (epochs(1 / 3), epochs(0.6), epochs(1)) == ([2], [2, 4], [2, 4, 5])
    # A budget ends a part by the clock, if the steps were slower than planned.
    state.budget_seconds = 120.0
    assert (epochs(0.6), epochs(1)) == ([2, 4], [2, 4, 5])
    state.total_steps = 600
    assert (epochs(1 / 3), epochs(0.6), epochs(1)) == ([2], [2, 4], [2, 4, 5])


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with a few tiny scans and a recipe for them."""
    folder = tmp_path_factory.mktemp("trials")
    write_data(folder / "data", cases=3)
    write_recipe(folder, STEPS)
    return folder


def a_task(place, name, share=1.0, tune=TUNE, recipe="tiny.yaml", **fields):
    return Task(place / recipe, place / name, place / "work", share, tune, **fields)


def saved(place, name):
    return read_checkpoint(place / name / "checkpoints", print)


def rates(outcome):
    lines = [line.split(",") for line in outcome.history.splitlines()]
    column = lines[0].index("learning_rate")
    return [float(line[column]) for line in lines[1:]]


def test_fact_8_a_promotion_goes_on_with_weights_optimizer_and_learning_rate(place):
    whole = run_trial(a_task(place, "whole"))
    shares, outcomes = (1 / 9, 1 / 3, 1), []
    for share in shares:
        outcomes.append(run_trial(a_task(place, "parts", share)))
        found = saved(place, "parts")
        steps = round(9 * share)
        assert found.state.step == steps
        (updates,) = [v for name, v in found.arrays.items() if name.endswith("iteration")]
        assert int(updates) == steps
    assert [outcome.metrics["steps"] for outcome in outcomes] == [1, 3, 9]
    # The rate halves with each step, across the promotions too.
    assert rates(outcomes[-1]) == pytest.approx([2e-3 * 0.5**step for step in range(1, 10)])
    assert rates(outcomes[-1]) == rates(whole)
    # The machine of a trial is lost, and it is begun again on another one.
    leave_lock_of_a_lost_job(place / "parts")
    assert run_trial(a_task(place, "parts")).metrics["steps"] == 9
    one, other = saved(place, "whole").arrays, saved(place, "parts").arrays
    assert one.keys() == other.keys()
    assert all(one[name].tobytes() == other[name].tobytes() for name in one)
    assert outcomes[-1].metrics["val_dice"] == whole.metrics["val_dice"]


def test_a_trial_that_is_run_again_measures_the_same_even_after_it_was_promoted(place):
    first = run_trial(a_task(place, "again", 1 / 3))
    run_trial(a_task(place, "again", 1))
    again = run_trial(a_task(place, "again", 1 / 3))
    changing = {"seconds_per_scan", "memory_gib"}
    kept = {name: value for name, value in first.metrics.items() if name not in changing}
    assert kept == {name: v for name, v in again.metrics.items() if name not in changing}
    assert first.curve == again.curve


def test_what_is_measured_has_names_that_an_objective_can_take(place):
    metrics = run_trial(a_task(place, "again", 1 / 3)).metrics
    names = {"val_dice", "val_dice_organ", "val_dice_lesion", "loss", "patch_dice", "steps"}
    names |= {"seconds", "seconds_per_scan", "memory_gib", "parameters", "learning_rate"}
    assert names == set(metrics)
    assert metrics["parameters"] > 1000 and 0.1 < metrics["memory_gib"] < 16
    assert metrics["seconds_per_scan"] > 0


def test_a_trial_behind_the_median_ends_early_and_says_so(place):
    tune = TUNE.model_copy(update={"prune": PruneSection(after_trials=2, after_share=0.1)})
    ahead = (((4 / 9, 2.0), (1.0, 2.0)),) * 2
    outcome = run_trial(a_task(place, "pruned", 1, tune, curves=ahead))
    assert outcome.is_pruned and outcome.metrics["steps"] == 4
    again = run_trial(a_task(place, "pruned", 1, tune, curves=ahead))
    assert again.is_pruned and again.metrics["val_dice"] == outcome.metrics["val_dice"]
    behind = (((4 / 9, -1.0), (1.0, -1.0)),) * 2
    assert not run_trial(a_task(place, "pruned", 1, tune, curves=behind)).is_pruned


def test_H04_a_trial_that_could_not_fit_is_refused_before_it_computes(place):
    with pytest.raises(RecipeError, match="does not fit") as refused:
        run_trial(a_task(place, "large", memory_bytes=100_000))
    assert refused.value.code == "KS-H04" and not (place / "large" / "checkpoints").exists()


def test_the_data_are_prepared_once_and_told(place):
    prepared = prepare(place / "tiny.yaml", place / "work")
    assert prepared.told == "tiny (3 cases: 2 train, 1 validate)" and not prepared.phantom
    assert json.dumps(prepared.identity) and set(prepared.identity["train"])


def test_a_search_without_validation_cases_is_refused(place):
    (place / "all.yaml").write_text(STEPS.replace("folds: 3", "fold: all"))
    with pytest.raises(RecipeError, match="needs cases to validate on"):
        prepare(place / "all.yaml", place / "work")


def test_a_trial_has_its_share_of_the_memory_unless_the_recipe_says_how_much(place, monkeypatch):
    monkeypatch.setattr(trial, "usable_memory_bytes", lambda: 2000)
    assert trial._memory_limit(a_task(place, "any")) == 2000
    assert trial._memory_limit(a_task(place, "any", memory_bytes=5)) == 5
