"""`kseg tune`, with trials that are trainings in processes of their own."""

import json

import pandas as pd
import pytest

from kseg.recipe import load_recipe
from tests.workflow.tiny import RECIPE, write_data

SPACE = """
tune:
  oracle: random
  trials: 2
  space:
    model.filters: {choice: [4, 6, 8]}
    optimizer.learning_rate: {float: [1e-4, 1e-2], scale: log}
"""


@pytest.fixture
def words(tmp_path):
    write_data(tmp_path / "data", cases=3, synthetic=True)
    (tmp_path / "tiny.yaml").write_text(RECIPE + SPACE)
    return [
        "tune", tmp_path / "tiny.yaml", "--out", tmp_path / "out", "--work", tmp_path / "work",
        "--workers", "2",
    ]  # fmt: skip


def test_a_search_ends_with_a_recipe_that_kseg_fit_runs_as_it_is(kseg_command, words, tmp_path):
    ended = kseg_command(*words)
    assert ended.code == 0, ended.err
    assert "phantom" in ended.out and "train it with: kseg fit" in ended.out.splitlines()[-1]
    table = pd.read_csv(tmp_path / "out" / "trials.csv")
    assert list(table.status) == ["completed", "completed"] and table.val_dice.notna().all()
    assert (tmp_path / "out" / "report.html").is_file()
    best = load_recipe(tmp_path / "out" / "best.yaml")
    assert best.data_root == tmp_path / "data" and best.recipe.fit.steps == 8
    fitted = kseg_command(
        "fit", tmp_path / "out" / "best.yaml", "--out", tmp_path / "run", "--work",
        tmp_path / "work",
    )  # fmt: skip
    assert fitted.code == 0 and "tiny-best" in (tmp_path / "run" / "recipe.yaml").read_text()


@pytest.mark.parametrize(
    ("more", "code", "told"),
    [
        (["--set", "tune.trials=0"], 2, "tune.trials: must be an integer"),
        (["--set", "tune.space={model.dpth: {int: [1, 2]}}"], 2, "Did you mean `depth`?"),
        (["--engine", "slurm"], 2, "is not one of"),
        (["--address", "head:1"], 2, "--address is for --engine ray"),
        (["--budget", "soon"], 2, "tune.budget: must be text such as 90s"),
        (["--data", "/nowhere"], 4, "/nowhere"),
    ],
)
def test_mistakes_are_told_before_any_trial(kseg_command, words, tmp_path, more, code, told):
    ended = kseg_command(*words, *more)
    assert ended.code == code and told in ended.err
    assert not (tmp_path / "out" / "trials").exists()


def test_a_recipe_without_a_space_says_what_is_missing(kseg_command, words, tmp_path):
    (tmp_path / "tiny.yaml").write_text(RECIPE)
    ended = kseg_command(*words)
    assert ended.code == 2 and "no `tune` section" in ended.err


def test_a_budget_on_the_command_line_is_that_of_the_search(kseg_command, words, tmp_path):
    ended = kseg_command(*words, "--budget", "1s")
    # Whether one was begun depends on how soon the data were ready.
    assert ended.code == 2 and "no trial" in ended.err and "KS-H02" in ended.err
    ledger = json.loads((tmp_path / "out" / "search.json").read_text())
    assert ledger["budget_seconds"] == 1
