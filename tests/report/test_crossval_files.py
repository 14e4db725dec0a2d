import json
import math
import shutil

import pytest

from kseg.errors import RunFolderError
from kseg.report.crossval_files import is_crossval, read_crossval
from tests.workflow.tiny import change_json


@pytest.fixture
def folder(tiny_crossval, tmp_path):
    """A copy of a finished cross-validation that a test may change."""
    return shutil.copytree(tiny_crossval.out, tmp_path / "cv")


def test_a_cross_validation_is_known_by_its_record(folder, tiny_run, tmp_path):
    assert is_crossval(folder)
    assert not is_crossval(tiny_run.folder) and not is_crossval(tmp_path)


def test_what_it_was_and_what_came_of_it_is_read(folder):
    files = read_crossval(folder)
    assert (files.name, files.data_set, files.labels) == ("tiny", "tiny", ("organ", "lesion"))
    assert files.complete and files.phantom and files.missing == ()
    assert [fold.line.fold for fold in files.folds] == [0, 1]
    assert [fold.folder for fold in files.folds] == [folder / "fold_0", folder / "fold_1"]
    assert all(fold.line.steps == 2 and fold.line.trouble == "" for fold in files.folds)
    assert len({score.case for score in files.pooled.scores}) == 6


def test_a_fold_that_failed_has_no_numbers_and_its_cases_are_missing(folder):
    record = json.loads((folder / "crossval.json").read_text())
    blank = {"mean_dice": None, "dice": {}, "steps": None, "seconds": None}
    record["folds"][1] |= {"status": "failed", "reason": "it does not fit", **blank}
    change_json(folder / "crossval.json", folds=record["folds"], complete=False)
    cases = folder / "validation/cases.csv"
    lost = record["folds"][1]["cases"]
    kept = [row for row in cases.read_text().splitlines() if row.split(",")[0] not in lost]
    cases.write_text("\n".join(kept) + "\n")
    files = read_crossval(folder)
    line = files.folds[1].line
    assert line.trouble == "failed: it does not fit" and line.steps is None
    assert math.isnan(line.mean_dice) and math.isnan(line.minutes)
    assert files.missing == tuple(sorted(lost)) and not files.complete


@pytest.mark.parametrize(
    "content",
    ["{", "[]", "{}", '{"labels": 3}'],
)
def test_a_damaged_record_is_told_with_its_place(folder, content):
    (folder / "crossval.json").write_text(content)
    with pytest.raises(RunFolderError) as refused:
        read_crossval(folder)
    assert refused.value.code == "KS-V11" and refused.value.file.endswith("crossval.json")


@pytest.mark.parametrize("name", ["../fold_0", "javascript:alert(1)", "/etc", "fold_0/..", "fold_"])
def test_a_fold_that_lies_elsewhere_is_refused(folder, name):
    record = json.loads((folder / "crossval.json").read_text())
    record["folds"][0]["folder"] = name
    change_json(folder / "crossval.json", folds=record["folds"])
    with pytest.raises(RunFolderError, match="a fold lies in fold_0"):
        read_crossval(folder)
