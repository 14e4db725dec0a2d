"""A search, on stub trials, in which a choice holds null: a part of training that may be off."""

import csv

import pytest

from kseg.recipe import load_recipe
from kseg.report.search.files import read_search
from kseg.report.search.gather import search_content
from tests.tune.searches import outcome, run

RECIPE = """
kseg: 1
name: stub
fit: {steps: 900, steps_per_epoch: 100}
optimizer: {clip_norm: null}
tune:
  oracle: random
  space:
    model.depth: {int: [3, 5]}
    optimizer.clip_norm: {choice: [null, 12]}
    fit.ema: {choice: [0.99, null], when: {optimizer.clip_norm: null}}
"""


@pytest.mark.parametrize("oracle", ["random", "grid", "bayesian"])
def test_a_search_with_null_in_a_choice_goes_on_as_if_never_stopped(tmp_path, oracle):
    changes = [f"tune.oracle={oracle}"]
    whole, _ = run(tmp_path / "whole", *changes, "tune.trials=8", text=RECIPE)
    run(tmp_path / "parts", *changes, "tune.trials=4", text=RECIPE)
    run(tmp_path / "parts", *changes, "tune.trials=8", text=RECIPE)
    assert outcome(tmp_path / "parts") == outcome(tmp_path / "whole")
    tried = [record.values for record in whole.records]
    # The base recipe lies in the space: its clipping is off, and off is a value.
    assert tried[0] == {"model.depth": 5, "optimizer.clip_norm": None, "fit.ema": None}
    assert {values["optimizer.clip_norm"] for values in tried} == {None, 12}
    assert all(("fit.ema" in v) == (v["optimizer.clip_norm"] is None) for v in tried)
    best = load_recipe(whole.folder / "best.yaml").recipe
    assert best.optimizer.clip_norm == whole.best.values["optimizer.clip_norm"]


def test_null_is_seen_in_the_table_and_on_the_page(tmp_path):
    result, _ = run(tmp_path, "tune.oracle=grid", "tune.trials=9", text=RECIPE)
    with (result.folder / "trials.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["optimizer.clip_norm"] for row in rows} == {"null", "12"}
    assert {row["fit.ema"] for row in rows if row["optimizer.clip_norm"] == "12"} == {""}
    page = search_content(read_search(result.folder))
    clipping = next(line for line in page.settings if line.key == "optimizer.clip_norm")
    assert (clipping.searched, clipping.base) == ("null or 12", "null")
    decay = next(line for line in page.settings if line.key == "fit.ema")
    assert decay.searched == "0.99 or null; only where optimizer.clip_norm is null"
    assert [chart.title for chart in page.values] == [line.key for line in page.settings]
    assert "fit.ema" in (result.folder / "importance.csv").read_text()
