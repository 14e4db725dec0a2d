import json
import shutil

import pytest

from kseg.report.run_content import run_content
from kseg.report.run_files import read_run


@pytest.fixture
def run(tiny_run, tmp_path):
    """A copy of a finished run that a test may change."""
    return shutil.copytree(tiny_run.folder, tmp_path / "run")


def content(folder, tiny_run, data=None):
    return run_content(read_run(folder), tiny_run.work, data)


def test_a_finished_run_tells_what_was_trained_on_what_and_how_well(tiny_run):
    page = content(tiny_run.folder, tiny_run)
    assert page.phantom and page.title == "tiny"
    facts = {fact.name: fact.value for fact in page.facts}
    assert facts["Data"] == "tiny, synthetic scans (phantom)"
    assert (facts["Trained on"], facts["Validated on"]) == ("4 cases", "2 cases")
    assert facts["Steps"] == "8 in 2 epochs"
    assert "mean Dice" in page.lead and page.summary.cases == 2
    assert page.labels == ("organ", "lesion") and page.tolerance_mm["organ"] == 2.0
    assert len(page.pictures) == 2 and page.pictures_note == ""
    assert any(line.origin == "default" for line in page.recipe)
    assert any(fact.name == "threads" for fact in page.environment)
    # Labels are as large as in training: four cases hold each.
    assert [size.cases for size in page.classes] == [4, 4]
    assert any("too few" in warning for warning in page.warnings)


def test_scans_that_have_moved_are_found_by_data(run, tiny_run, tmp_path):
    moved = shutil.copytree(tiny_run.data, tmp_path / "moved")
    lock = run / "recipe.lock.yaml"
    lock.write_text(lock.read_text().replace(str(tiny_run.data), "/nowhere"))
    page = content(run, tiny_run)
    assert page.pictures == () and "--data" in page.pictures_note
    page = content(run, tiny_run, moved)
    assert len(page.pictures) == 2 and page.pictures_note == ""


def test_a_mask_that_is_gone_is_said_beside_the_pictures(run, tiny_run):
    masks = sorted((run / "validation/masks").iterdir())
    masks[0].unlink()
    page = content(run, tiny_run)
    assert len(page.pictures) == 1 and "is not shown" in page.pictures_note


def test_a_training_that_is_not_finished_says_how_to_go_on(run, tiny_run):
    (run / "recipe.lock.yaml").unlink()
    shutil.rmtree(run / "validation")
    page = content(run, tiny_run)
    assert "not finished" in page.lead and page.summary is None and page.pictures == ()
    assert any("again to go on" in warning for warning in page.warnings)
    assert page.charts and {fact.name: fact.value for fact in page.facts}["Steps"] == (
        "8 in 2 epochs, of 8 planned"
    )


def test_a_training_that_was_extended_says_what_is_of_the_shorter_one(run, tiny_run):
    row = {"message": "epoch 3", "epoch": 3, "step": 12, "total_steps": 16, "loss": 0.5}
    with (run / "log.jsonl").open("a") as log:
        log.write(json.dumps(row) + "\n")
    page = content(run, tiny_run)
    assert any("of the shorter training" in warning for warning in page.warnings)
    facts = {fact.name: fact.value for fact in page.facts}
    assert facts["Steps"] == "12 in 3 epochs, of 16 planned"


def test_a_training_on_all_cases_says_that_nothing_judged_it(run, tiny_run):
    shutil.rmtree(run / "validation")
    page = content(run, tiny_run)
    assert "no case validated it" in page.lead
    assert any("nothing is known of how good" in warning for warning in page.warnings)


def test_notes_on_damaged_headers_stand_among_the_warnings(run, tiny_run):
    with (run / "log.jsonl").open("a") as log:
        log.write(json.dumps({"message": "repair  a.nii: two forms", "code": "KS-B02"}) + "\n")
    assert "repair  a.nii: two forms" in content(run, tiny_run).warnings


def test_a_run_of_an_older_version_is_shown_as_far_as_it_goes(run, tiny_run):
    for name in ("data.json", "recipe.origins.json"):
        (run / name).unlink()
    page = content(run, tiny_run)
    assert {line.origin for line in page.recipe} == {"not recorded"}
    # Without the record of training, sizes are those of the cases that were judged.
    assert page.phantom and [size.cases for size in page.classes] == [2, 2]
