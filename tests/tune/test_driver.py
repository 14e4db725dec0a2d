"""Whole searches on stub trials, in one process."""

import json
from dataclasses import replace

import pandas as pd
import pytest

from kseg.engine import WorkerDiedError
from kseg.errors import FolderInUseError, KsegError, RecipeError, RunFolderError
from kseg.recipe import load_recipe
from kseg.storage import FolderLock
from tests.tune import stub
from tests.tune.inline import InlineEngine
from tests.tune.searches import RECIPE, a_recipe, outcome, run


def test_the_winner_is_a_recipe_that_loads_and_differs_in_its_values_alone(tmp_path):
    result, said = run(tmp_path)
    assert len(result.records) == 8
    assert result.best.score == max(record.score for record in result.records)
    best = load_recipe(tmp_path / "search" / "best.yaml").recipe
    assert best == result.recipe and best.name == "stub-best" and best.tune is None
    base = a_recipe(tmp_path).recipe
    for section in ("data", "preprocess", "augment", "loss", "fit", "predict", "evaluate"):
        assert getattr(best, section) == getattr(base, section)
    assert best.model.depth == result.best.values["model.depth"]
    assert best.optimizer.learning_rate == result.best.values["optimizer.learning_rate"]
    assert "kseg fit" in said[-1]


def test_the_first_trial_is_the_base_recipe_where_it_lies_in_the_space(tmp_path):
    result, _ = run(tmp_path, "tune.trials=3")
    first = result.records[0].values
    assert (first["model.depth"], first["optimizer.learning_rate"]) == (5, 0.002)
    assert first["patches.size"] == (64, 96, 96) and "schedule.decay_rate" not in first
    other, _ = run(tmp_path / "other", "tune.trials=3", "optimizer.learning_rate=0.5")
    assert other.records[0].values["optimizer.learning_rate"] <= 0.1


def test_the_table_has_a_row_for_each_trial_and_a_column_for_each_key(tmp_path):
    result, _ = run(tmp_path)
    table = pd.read_csv(tmp_path / "search" / "trials.csv")
    assert list(table.trial) == list(range(8)) and set(table.status) == {"completed"}
    assert set(result.recipe.tune or a_recipe(tmp_path).recipe.tune.space) <= set(table.columns)
    for record in result.records:
        row = table.loc[record.trial]
        assert row.score == pytest.approx(record.score) == row.val_dice
        assert row["model.depth"] == record.values["model.depth"]
        assert pd.isna(row["schedule.decay_rate"]) == (record.values["schedule.name"] == "poly")


def test_hyperband_promotes_the_best_third_and_names_what_it_goes_on_with(tmp_path):
    result, _ = run(tmp_path, "tune.oracle=hyperband")
    by_number = {record.trial: record for record in result.records}
    assert len(by_number) == 23
    first = [r for r in result.records if r.share_to < 0.2]
    promoted = [r for r in result.records if r.continues is not None]
    ranked = sorted(first, key=lambda r: -r.score)
    assert {r.continues for r in promoted if r.share_from < 0.2} == {r.trial for r in ranked[:3]}
    for record in promoted:
        earlier = by_number[record.continues]
        assert record.root == earlier.root and record.values == earlier.values
        assert record.share_from == earlier.share_to
    assert result.best.share_to == 1


def test_equal_seeds_give_equal_searches_and_other_seeds_others(tmp_path):
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        run(tmp_path / name, "tune.oracle=hyperband", f"tune.seed={seed}")
    one, same, other = (outcome(tmp_path / name) for name in "abc")
    assert one == same and one != other


@pytest.mark.parametrize("oracle", ["random", "grid", "hyperband"])
def test_a_search_in_parts_ends_as_one_in_a_whole(tmp_path, oracle):
    changes = [f"tune.oracle={oracle}"]
    if oracle == "grid":
        changes += ["tune.space={optimizer.learning_rate: null, schedule.decay_rate: null}"]
    counted = [] if oracle == "hyperband" else ["tune.trials=9"]
    run(tmp_path / "whole", *changes, *counted)

    class Killed(Exception):
        pass

    class Dying(InlineEngine):
        """Ends the process of the search, so to speak, after three jobs."""

        def submit(self, function, *arguments, **options):
            if len(self.submitted) == 3:
                raise Killed
            return super().submit(function, *arguments, **options)

    for _ in range(30):
        try:
            run(tmp_path / "parts", *changes, *counted, engine=Dying())
            break
        except Killed:
            continue
    assert outcome(tmp_path / "parts") == outcome(tmp_path / "whole")


def test_more_trials_may_be_asked_of_a_finished_search(tmp_path):
    run(tmp_path / "whole", "tune.trials=9")
    run(tmp_path / "parts", "tune.trials=4")
    engine = InlineEngine()
    run(tmp_path / "parts", "tune.trials=9", engine=engine)
    assert len(engine.submitted) == 1 + 5
    assert outcome(tmp_path / "parts") == outcome(tmp_path / "whole")


def test_a_trial_that_was_killed_goes_on_and_costs_a_retry_alone(tmp_path):
    run(tmp_path / "whole")
    engine = InlineEngine(faults=[None, None, WorkerDiedError(-9), None])
    result, said = run(tmp_path / "killed", engine=engine)
    assert result.records[1].attempts == 2
    assert any("trial 1 was killed from outside" in line for line in said)
    assert outcome(tmp_path / "killed") == outcome(tmp_path / "whole")


def test_a_trial_that_is_killed_again_has_failed_with_the_signal_named(tmp_path):
    engine = InlineEngine(faults=[None, WorkerDiedError(-9), WorkerDiedError(-9)])
    result, _ = run(tmp_path, engine=engine)
    assert result.records[0].status == "failed" and "SIGKILL" in result.records[0].reason
    assert [r.status for r in result.records[1:]] == ["completed"] * 7


def test_values_that_do_not_fit_together_are_a_failed_trial_and_start_no_process(tmp_path):
    text = RECIPE + "    model.deep_supervision: {int: [2, 4]}\n"
    engine = InlineEngine()
    result, _ = run(tmp_path, "model.deep_supervision=2", engine=engine, text=text)
    failed = [r for r in result.records if r.status == "failed"]
    assert failed and len(engine.submitted) == 1 + 8 - len(failed)
    for record in failed:
        assert record.values["model.deep_supervision"] >= record.values["model.depth"]
        assert "model.deep_supervision: must be less than" in record.reason


def test_a_promotion_of_a_failed_trial_fails_and_hyperband_still_ends(tmp_path):
    faults = [None] + [ValueError("odd")] * 8
    result, _ = run(tmp_path, "tune.oracle=hyperband", engine=InlineEngine(faults=faults))
    reasons = [r.reason for r in result.records if r.continues is not None and r.reason]
    assert any("it would go on with trial" in reason for reason in reasons)
    assert result.best.share_to == 1 and len(result.records) == 23


def test_a_search_whose_first_ten_trials_fail_ends_with_the_first_cause(tmp_path):
    engine = InlineEngine(faults=[None, ValueError("no such thing"), *[KeyError("x")] * 99])
    pages = []

    def write_report(folder):
        pages.append(json.loads((folder / "search.json").read_text())["ended"])
        return folder / "report.html"

    with pytest.raises(KsegError, match="no such thing") as refused:
        run(tmp_path, "tune.trials=100", engine=engine, write_report=write_report)
    assert refused.value.code == "KS-H02" and len(engine.submitted) == 11
    # No process of its own has run here, so that there is no log to point to.
    assert refused.value.file == str(tmp_path / "search")
    assert pages == ["the first 10 trials failed"]
    again = InlineEngine(faults=[None, *[KeyError("x")] * 99])
    with pytest.raises(KsegError, match="no such thing"):
        run(tmp_path, "tune.trials=100", engine=again)
    assert len(again.submitted) == 2
    # With more memory, say, the same search comes to its end.
    result, _ = run(tmp_path, "tune.trials=14", "tune.memory=64G")
    assert [record.status for record in result.records[11:]] == ["completed"] * 3


def test_an_objective_that_no_trial_measures_is_told_at_once(tmp_path):
    engine = InlineEngine()
    with pytest.raises(KsegError, match="does not measure val_dice_lver") as refused:
        run(tmp_path, "tune.objective={metric: val_dice_lver, direction: max}", engine=engine)
    # Once the data are known, and with them the names of the labels.
    assert "val_dice" in refused.value.fix and len(engine.submitted) == 1


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (
            "tune.space={model.depth: {int: [3, 4]}}",
            "tune.space.model.depth: {int: [3, 5]} -> {int",
        ),
        ("tune.objective={metric: loss, direction: min}", "tune.objective: "),
        ("tune.seed=2", "tune.seed: 1 -> 2"),
        ("tune.oracle=hyperband", "tune.oracle: random -> hyperband"),
        ("model.norm=batch", "model.norm: instance -> batch"),
        ("fit.steps=100", "fit.steps: 900 -> 100"),
        ("tune.trial={fit.steps: 300}", "tune.trial.fit.steps: null -> 300"),
    ],
)
def test_H07_what_has_changed_is_refused_by_name(tmp_path, change, told):
    run(tmp_path, "tune.trials=3")
    engine = InlineEngine()
    length = () if "hyperband" in change else ("tune.trials=3",)
    with pytest.raises(RunFolderError) as refused:
        run(tmp_path, *length, change, engine=engine)
    assert told in refused.value.why and refused.value.code == "KS-H07"
    assert engine.submitted == []


def test_accepted_changes_keep_all_results_and_are_told(tmp_path):
    before, _ = run(tmp_path, "tune.trials=3")
    after, said = run(tmp_path, "tune.trials=6", "tune.seed=2", accept_changes=True)
    assert after.records[:3] == before.records and len(after.records) == 6
    ledger = json.loads((tmp_path / "search" / "search.json").read_text())
    assert ledger["accepted"] == ["tune.seed: 1 -> 2"]
    assert any("changes that were accepted" in line for line in said)


def test_with_an_accepted_objective_all_trials_are_scored_by_it(tmp_path):
    run(tmp_path, "tune.trials=4")
    change = "tune.objective={metric: seconds_per_scan, direction: min}"
    result, _ = run(tmp_path, "tune.trials=6", change, accept_changes=True)
    for record in result.records:
        assert (
            record.score == record.metrics["seconds_per_scan"] == 0.1 * record.values["model.depth"]
        )
    assert result.best.score == min(record.score for record in result.records)


def test_with_an_accepted_space_no_value_is_taken_for_another(tmp_path):
    grid = ["tune.oracle=grid", "tune.space={optimizer.learning_rate: null, model.depth: null}",
            "tune.space={schedule.name: null, schedule.decay_rate: null, schedule.staircase: null}",
            "tune.space={patches.size: null}"]  # fmt: skip
    first = "tune.space={model.filters: {choice: [8, 16, 24]}}"
    second = "tune.space={model.filters: {choice: [8, 32, 24]}}"
    run(tmp_path, *grid, first, "tune.trials=2", "model.filters=8")
    result, _ = run(
        tmp_path, *grid, second, "tune.trials=4", "model.filters=8", accept_changes=True
    )
    tried = [record.values["model.filters"] for record in result.records]
    assert tried[:2] == [8, 16] and 32 in tried


def test_a_search_that_went_another_way_once_does_not_go_back_at_each_start(tmp_path):
    run(tmp_path, "tune.trials=2")
    for trials in (4, 6, 8):
        run(tmp_path, f"tune.trials={trials}", "tune.seed=7", accept_changes=True)
    records = outcome(tmp_path)[2]
    tried = [str(sorted(record["values"].items(), key=str)) for record in records.values()]
    assert len(set(tried)) == 8


def test_trials_of_a_search_with_accepted_changes_accept_them_too(tmp_path):
    run(tmp_path, "tune.trials=2")
    for options in ({"accept_changes": True}, {}):
        engine = InlineEngine()
        run(tmp_path, "tune.trials=4", "tune.seed=7", engine=engine, **options)
        assert all(task.accept_changes for _, (task, *_) in engine.submitted[1:])


def test_the_winner_must_be_a_recipe_without_what_trials_alone_take(tmp_path):
    text = RECIPE.replace("  space:\n", "  trial: {schedule.name: cosine}\n  space:\n")
    text = text.replace("    schedule.name: {choice: [poly, exponential]}\n", "")
    with pytest.raises(RecipeError, match="tune.space.schedule.decay_rate"):
        run(tmp_path, text=text)
    both = "tune.trial={fit.steps: 5, fit.budget: 3m}"
    with pytest.raises(RecipeError, match="tune.trial: do not fit together"):
        run(tmp_path / "both", both)


def test_changed_data_are_refused(tmp_path, monkeypatch):
    run(tmp_path, "tune.trials=3")
    prepared = stub.prepare(None, None)
    other = prepared.identity | {"train": {"a": "9"}}

    def prepare(recipe, work):
        return replace(prepared, identity=other)

    monkeypatch.setattr(stub, "prepare", prepare)
    with pytest.raises(RunFolderError, match="case a: its files changed"):
        run(tmp_path, "tune.trials=3")


def test_a_recipe_without_a_space_is_refused(tmp_path):
    (tmp_path / "plain.yaml").write_text("kseg: 1\nname: a\nfit: {steps: 3}\n")
    from kseg.tune import search

    with pytest.raises(RecipeError, match="no `tune` section"):
        search(load_recipe(tmp_path / "plain.yaml"), tmp_path, tmp_path, InlineEngine(), print)


def test_a_folder_in_use_is_refused(tmp_path):
    (tmp_path / "search").mkdir()
    with FolderLock(tmp_path / "search"), pytest.raises(FolderInUseError):
        run(tmp_path)


def test_checkpoints_are_kept_of_the_best_alone(tmp_path):
    result, _ = run(tmp_path, "tune.oracle=hyperband")
    kept = {p.parts[-3] for p in (tmp_path / "search").glob("trials/*/run/checkpoints")}
    short = {f"{r.root:04d}" for r in result.records if r.share_to < 1}
    long = {f"{r.root:04d}" for r in result.records if r.share_to == 1}
    assert kept - (short - long) == {f"{result.best.root:04d}"}
