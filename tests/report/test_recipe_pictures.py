from dataclasses import replace

from kseg.recipe import load_recipe
from kseg.report.recipe_pictures import recipe_pictures
from kseg.report.run_files import read_run


def pictures_of(tiny_run, mask_of, data=None, scores=None):
    files = read_run(tiny_run.folder)
    return recipe_pictures(files.locked, scores or files.scores, mask_of, tiny_run.work, data)


def mask_in(folder):
    return lambda case: folder / "validation/masks" / f"{case}.nii.gz"


def test_cases_are_drawn_from_the_scans_of_the_recipe_and_the_masks_given(tiny_run):
    pictures, note = pictures_of(tiny_run, mask_in(tiny_run.folder))
    assert len(pictures) == 2 and note == ""
    assert all(len(shown.planes) == 3 for shown in pictures)


def test_a_case_without_scan_or_mask_is_named(tiny_run, tmp_path):
    pictures, note = pictures_of(tiny_run, mask_in(tmp_path))
    assert pictures == () and note.count("is not shown: its scan was not found") == 2
    strangers = [replace(score, case="x") for score in read_run(tiny_run.folder).scores[:1]]
    _, note = pictures_of(tiny_run, mask_in(tiny_run.folder), scores=strangers)
    assert note.startswith("x (")


def test_scans_that_cannot_be_opened_are_a_sentence_and_no_error(tiny_run, tmp_path):
    pictures, note = pictures_of(tiny_run, mask_in(tiny_run.folder), data=tmp_path / "nowhere")
    assert pictures == () and "could not be opened" in note and "--data" in note
    assert load_recipe(tiny_run.folder / "recipe.lock.yaml").data_root == tiny_run.data
