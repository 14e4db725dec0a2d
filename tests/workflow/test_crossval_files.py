import csv
import json

import numpy as np
import pytest

from kseg.errors import KsegError
from kseg.storage import sha256_json
from kseg.workflow.crossval_files import (
    begin_files,
    deviation_over_folds,
    write_folds,
    write_pool,
    write_record,
)
from kseg.workflow.crossval_job import FoldEnd
from kseg.workflow.crossval_outcome import FAILED, FINISHED, WAITING, FoldOutcome
from kseg.workflow.crossval_pool import judged
from kseg.workflow.identity import recipe_identity
from tests.workflow.crossvals import LABELS, planned, scores_of


@pytest.fixture
def crossval(tmp_path):
    return planned(tmp_path)


def finished(fold):
    from kseg.evaluate import write_tables

    write_tables(fold.folder / "validation", scores_of(fold.cases, seed=fold.number))
    return judged(FoldOutcome(fold, FINISHED, FoldEnd(8, 61.26)), LABELS)


def test_the_record_tells_what_has_come_of_each_fold_so_far(crossval):
    error = KsegError(why="it does not fit", code="KS-G06")
    first, second, third = crossval.folds
    outcomes = [finished(first), FoldOutcome(second, FAILED, error=error)]
    write_record(crossval, [*outcomes, FoldOutcome(third, WAITING)])
    record = json.loads((crossval.folder / "crossval.json").read_text())
    assert [fold["status"] for fold in record["folds"]] == ["finished", "failed", "waiting"]
    assert record["folds"][1]["reason"] == "it does not fit"
    assert record["folds"][0]["seconds"] == 61.3 and record["folds"][2]["steps"] is None
    assert not record["complete"] and record["mean_dice"] is None
    assert (record["data"], record["data_set"], record["recipe"]) == ("phantom", "tiny", "tiny")


def test_the_digest_is_of_the_recipe_whichever_fold_it_names(crossval, tmp_path):
    def digest(crossval):
        write_record(crossval, [])
        return json.loads((crossval.folder / "crossval.json").read_text())["recipe_sha256"]

    assert digest(crossval) == digest(planned(tmp_path, "data.fold=2"))
    assert digest(crossval) != digest(planned(tmp_path, "model.filters=6"))
    fold = crossval.folds[0].loaded.recipe
    assert digest(crossval) != sha256_json(recipe_identity(fold))


def test_a_label_may_hold_what_a_table_parts_its_cells_by(tmp_path):
    labels = ("background", "left, upper", 'the "other"')
    crossval = planned(tmp_path, labels=labels)
    write_folds(crossval, [FoldOutcome(crossval.folds[0], WAITING)])
    with (crossval.folder / "folds.csv").open(newline="") as file:
        row = next(csv.DictReader(file))
    assert row["dice_left, upper"] == "" and row['dice_the "other"'] == ""
    assert (row["status"], row["cases"], row["data"]) == ("waiting", "2", "phantom")


def test_what_was_made_of_all_folds_together_goes_when_they_begin_again(crossval):
    outcomes = [finished(fold) for fold in crossval.folds]
    scores = [score for outcome in outcomes for score in outcome.scores]
    write_pool(crossval, outcomes, scores, ())
    write_folds(crossval, outcomes)
    (crossval.folder / "report.html").touch()
    begin_files(crossval)
    left = {path.name for path in crossval.folder.rglob("*") if "fold_" not in str(path)}
    assert left == {"recipe.yaml", "recipe.origins.json", "validation"}
    assert (crossval.folds[0].folder / "validation/cases.csv").is_file()


def test_the_deviation_over_folds_is_numpys_with_one_degree_less(crossval):
    outcomes = [finished(fold) for fold in crossval.folds]
    means = [outcome.summary.mean_dice for outcome in outcomes]
    assert deviation_over_folds(outcomes) == pytest.approx(np.std(means, ddof=1))
    assert np.isnan(deviation_over_folds(outcomes[:1]))
