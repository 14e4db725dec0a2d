import json
import shutil
import statistics

import pytest

from kseg.report.crossval_content import crossval_content
from kseg.report.crossval_files import read_crossval
from tests.workflow.tiny import change_json


@pytest.fixture
def folder(tiny_crossval, tmp_path):
    """A copy of a finished cross-validation that a test may change."""
    return shutil.copytree(tiny_crossval.out, tmp_path / "cv")


def content(folder, tiny_crossval, data=None):
    return crossval_content(read_crossval(folder), tiny_crossval.root / "work", data)


def lose_fold_1(folder):
    """Let the second fold have failed; return its cases."""
    record = json.loads((folder / "crossval.json").read_text())
    blank = {"mean_dice": None, "dice": {}, "steps": None, "seconds": None}
    record["folds"][1] |= {"status": "failed", "reason": "it does not fit", **blank}
    change_json(folder / "crossval.json", folds=record["folds"], complete=False)
    lost, cases = record["folds"][1]["cases"], folder / "validation/cases.csv"
    kept = [row for row in cases.read_text().splitlines() if row.split(",")[0] not in lost]
    cases.write_text("\n".join(kept) + "\n")
    return lost


def test_the_page_tells_of_all_cases_and_of_each_fold(folder, tiny_crossval):
    page = content(folder, tiny_crossval)
    assert page.title == "tiny, 2 folds" and page.phantom
    assert "2 networks trained on tiny" in page.lead and "over 6 cases" in page.lead
    means = [line.mean_dice for line in page.folds]
    assert f"Standard deviation over folds {statistics.stdev(means):.3f}" in page.lead
    facts = {fact.name: fact.value for fact in page.facts}
    assert facts["Cases"] == "6 in 2 folds" and facts["Steps of a fold"] == "2"
    assert page.summary.cases == 6 and page.labels == ("organ", "lesion")
    assert page.tolerance_mm["organ"] == 2.0
    # The worst and the best case may be of different folds: each mask is found in its own.
    assert len(page.pictures) == 3 and page.pictures_note == ""
    assert any(fact.name == "threads" for fact in page.environment)
    fold = next(line for line in page.recipe if line.key == "data.fold")
    assert (fold.value, fold.origin) == ("each of 0, 1", "kseg crossval")
    assert any(line.key == "model.depth" for line in page.recipe)


def test_without_a_fold_the_page_tells_no_mean_and_says_so_first(folder, tiny_crossval):
    lost = lose_fold_1(folder)
    page = content(folder, tiny_crossval)
    assert page.summary is None and "mean Dice" not in page.lead
    assert "1 of 2 folds are finished" in page.lead
    assert page.warnings[0].startswith("This cross-validation is incomplete: 3 of 6 cases")
    assert all(case in page.warnings[0] for case in lost)
    assert page.warnings[1] == "Fold 1 failed: it does not fit."
    assert len({score.case for score in page.scores}) == 3 and len(page.pictures) == 3


def test_a_fold_that_went_on_with_changes_is_said_to(folder, tiny_crossval):
    record = json.loads((folder / "crossval.json").read_text())
    record["folds"][0]["accepted"] = ["from step 2 on: optimizer.clip_norm: 12.0 -> 5.0"]
    change_json(folder / "crossval.json", folds=record["folds"])
    told = [line for line in content(folder, tiny_crossval).warnings if "changes" in line]
    assert told == [
        "Fold 0 went on with changes, from step 2 on: optimizer.clip_norm: 12.0 -> 5.0."
    ]


def test_scans_that_have_moved_are_found_by_data(folder, tiny_crossval, tmp_path):
    moved = shutil.copytree(tiny_crossval.data, tmp_path / "moved")
    for number in range(2):
        lock = folder / f"fold_{number}/recipe.lock.yaml"
        lock.write_text(lock.read_text().replace(str(tiny_crossval.data), "/nowhere"))
    page = content(folder, tiny_crossval)
    assert page.pictures == () and "--data" in page.pictures_note
    assert len(content(folder, tiny_crossval, moved).pictures) == 3


def test_one_that_has_only_begun_has_a_page_too(folder, tiny_crossval):
    lose_fold_1(folder)
    record = json.loads((folder / "crossval.json").read_text())
    record["folds"][0] |= record["folds"][1] | {"fold": 0, "status": "waiting", "reason": None}
    change_json(folder / "crossval.json", folds=record["folds"])
    shutil.rmtree(folder / "validation")
    page = content(folder, tiny_crossval)
    assert page.scores == () and page.pictures == () and page.environment == ()
    assert "0 of 2 folds" in page.lead and page.folds[0].trouble == "has not ended"
