"""A run that joined labels, judged by its own data set, whose masks hold them apart."""

import json
import shutil

import pytest

from tests.evaluate.mask_folders import declare
from tests.workflow.tiny import train_tiny


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    joined = ["data.labels={body: [organ, 2]}", "fit.steps=2", "fit.steps_per_epoch=2"]
    return train_tiny(tmp_path_factory.mktemp("joined"), joined)


TOLD = "note: the true labels were joined as the run recorded it: body = organ + lesion\n"


def test_a_run_is_judged_by_the_labels_that_it_learned(kseg_command, run, tmp_path):
    words = ["--partial", "--report", "--out", tmp_path]
    ended = kseg_command("evaluate", run.data, run.folder, *words)
    assert ended.code == 0 and ended.err == "" and ended.out.startswith(TOLD)
    # The very table that the run made of itself.
    table = (run.folder / "validation/cases.csv").read_bytes()
    assert (tmp_path / "cases.csv").read_bytes() == table and b",body,0." in table
    page = (tmp_path / "report.html").read_text()
    assert "body = organ + lesion" in page and "is not shown" not in page


def test_its_predictions_are_judged_so_too_and_compared_with_it(kseg_command, run, tmp_path):
    for model in ("", "model"):
        masks = tmp_path / f"masks{model}"
        scans = run.data / "imagesTr"
        assert kseg_command("predict", run.folder / model, scans, "--out", masks).code == 0
        words = ["--against", run.folder, "--partial"]
        ended = kseg_command("evaluate", run.data, masks, *words)
        assert ended.code == 0 and ended.out.startswith(TOLD) and "body " in ended.out


def test_a_model_that_was_taken_out_of_its_run_cannot_tell_and_that_is_said(
    kseg_command, run, tmp_path
):
    model = shutil.copytree(run.folder / "model", tmp_path / "model")
    masks, scan = tmp_path / "masks", run.data / "imagesTr/case0.nii.gz"
    kseg_command("predict", model, scan, "--out", masks)
    assert "joined" not in json.loads((masks / "predictions.json").read_text())
    ended = kseg_command("evaluate", run.data, masks, "--partial")
    assert "made for the labels body, and the truth has organ, lesion" in ended.out


def test_labels_given_by_hand_come_before_what_was_recorded(kseg_command, run, tmp_path):
    names = declare(tmp_path / "labels.json", {"background": 0, "lesion": [2], "whole": [1, 2]})
    words = ["--partial", "--labels", names, "--out", tmp_path / "out"]
    ended = kseg_command("evaluate", run.data, run.folder, *words)
    assert ended.code == 0 and "joined" not in ended.out
    summary = json.loads((tmp_path / "out/summary.json").read_text())
    assert list(summary["labels"]) == ["lesion", "whole"]
