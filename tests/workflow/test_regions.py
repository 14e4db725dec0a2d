"""A whole run on overlapping regions with voxels to ignore, as a `dataset.json` declares them."""

import csv
import json
import shutil

import nibabel as nib
import numpy as np
import pytest

from kseg.dataset import check_cases, open_recipe_data
from kseg.evaluate import (
    EvaluateSettings,
    MaskReading,
    find_pairs,
    find_truth,
    join_as_recorded,
)
from kseg.evaluate.judge import judge_pair
from kseg.recipe import load_recipe
from kseg.workflow.cohort import predict_cohort
from tests.workflow.tiny import change_json, train_tiny, write_data, write_recipe

DECLARED = {
    "labels": {"background": 0, "whole": [1, 2], "core": 2, "ignore": 3},
    "regions_class_order": [1, 2],
}
IGNORED = np.s_[:, :, -4:]


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    root = tmp_path_factory.mktemp("regions")
    data = write_data(root / "data", synthetic=True)
    change_json(data / "dataset.json", **DECLARED)
    for path in (data / "labelsTr").iterdir():
        mask = nib.load(path)
        voxels = np.asarray(mask.dataobj).copy()
        voxels[IGNORED] = 3
        nib.save(nib.Nifti1Image(voxels, mask.affine, mask.header), path)
    return train_tiny(root, ["fit.steps=8", "fit.metrics=[patch_dice]"], data=data)


def rows(path):
    return list(csv.DictReader(path.read_text().splitlines()))


def test_regions_are_learned_and_judged_by_name(run):
    row = rows(run.folder / "history.csv")[0]
    assert {"val_dice", "val_dice_whole", "val_dice_core", "patch_dice"} <= set(row)
    judged = rows(run.folder / "validation/cases.csv")
    assert {each["label"] for each in judged if each["label"] != "mean over labels"} == {
        "whole", "core",
    }  # fmt: skip
    record = json.loads((run.folder / "data.json").read_text())
    assert record["labels"] == ["whole", "core"]
    pairs = zip(*record["train_volumes_ml"].values(), strict=True)
    assert all(whole > core > 0 for whole, core in pairs)


def test_the_model_has_an_output_a_region_and_says_how_they_are_painted(run):
    described = json.loads((run.folder / "model/model.json").read_text())
    assert described["format"] == 2 and described["labels"] == ["background", "label 1", "core"]
    assert described["regions"] == {
        "labels": {"whole": [1, 2], "core": [2]}, "regions_class_order": [1, 2],
    }  # fmt: skip
    from kseg.bundle import load_network, read_model

    assert load_network(read_model(run.folder)).output["out"].shape[-1] == 2


def test_voxels_to_ignore_are_judged_in_no_mask(run):
    """Against nibabel and NumPy alone: the rest of the truth, in the file's own order."""
    for row in rows(run.folder / "validation/cases.csv"):
        if row["label"] != "whole":
            continue
        truth = np.asarray(nib.load(run.data / f"labelsTr/{row['case']}.nii.gz").dataobj)
        mask = nib.load(run.folder / f"validation/masks/{row['case']}.nii.gz")
        predicted = np.asarray(mask.dataobj) > 0
        assert int(row["truth_voxels"]) == np.isin(truth, (1, 2)).sum()
        assert int(row["predicted_voxels"]) == (predicted & (truth != 3)).sum()


def test_a_run_is_judged_by_its_regions_where_the_truth_knows_labels_alone(run, tmp_path):
    """Against the run's own table, which it wrote from the truth that it was given."""
    plain = shutil.copytree(run.data, tmp_path / "plain")
    labels = {"background": 0, "label 1": 1, "core": 2, "ignore": 3}
    change_json(plain / "dataset.json", labels=labels)
    truth, told = join_as_recorded(find_truth(plain), [run.folder])
    assert told and truth.labels.names == ("whole", "core") and truth.labels.ignore == 3
    pairing = find_pairs(truth, run.folder)
    pair = min(pairing.pairs, key=lambda pair: pair.case.id)
    case = judge_pair(pair, truth.labels, EvaluateSettings(), MaskReading())
    table = rows(run.folder / "validation/cases.csv")
    for score in case.scores:
        row = next(r for r in table if (r["case"], r["label"]) == (score.case, score.label))
        assert float(row["dice"]) == pytest.approx(score.dice, abs=1e-4)


def test_masks_of_a_model_without_its_run_are_judged_by_its_regions_too(run, tmp_path):
    from kseg.bundle import read_model

    plain = shutil.copytree(run.data, tmp_path / "plain")
    change_json(
        plain / "dataset.json", labels={"background": 0, "label 1": 1, "core": 2, "ignore": 3}
    )
    model = shutil.copytree(run.folder / "model", tmp_path / "shared")
    scan, masks = run.data / "imagesTr/case0.nii.gz", tmp_path / "masks"
    predict_cohort(read_model(model), [scan], masks, lambda line: None)
    for predictions in ([masks], [masks, run.folder]):
        truth, told = join_as_recorded(find_truth(plain), predictions)
        assert len(told) == 1 and "whole = label 1 + core, core = core" in told[0]
        # All that the run alone leads to.
        assert truth == join_as_recorded(find_truth(plain), [run.folder])[0]


def test_a_prediction_holds_plain_labels_and_counts_regions(run, tmp_path):
    scan = run.data / "imagesTr/case0.nii.gz"
    from kseg.bundle import read_model

    assert (
        predict_cohort(read_model(run.folder), [scan], tmp_path / "masks", lambda line: None) == 0
    )
    record = json.loads((tmp_path / "masks/predictions.json").read_text())
    voxels = record["scans"][0]["voxels"]
    mask = np.asarray(nib.load(tmp_path / "masks/case0.nii.gz").dataobj)
    assert set(np.unique(mask)) <= {0, 1, 2}
    assert voxels == {
        "background": int((mask == 0).sum()),
        "whole": int((mask > 0).sum()),
        "core": int((mask == 2).sum()),
    }
    assert record["regions"]["regions_class_order"] == [1, 2]


def test_a_recipe_may_make_other_regions_and_leave_labels_out(run, tmp_path):
    settings = ["data.regions={core: [core]}"]
    loaded = load_recipe(write_recipe(tmp_path), settings, {"data.root": str(run.data)})
    opened = open_recipe_data(loaded.recipe.data, loaded.data_root, tmp_path)
    assert opened.dataset.targets == ("core",) and opened.dataset.outputs == 1
    # What no region holds is background, and what is ignored stays so.
    assert opened.options.joined == (0, 0, 2, 3) and opened.options.ignore == 3
    named = opened.dataset.label_names
    findings = check_cases(opened.dataset.cases, named, ("CT",), full=True, options=opened.options,
                           split=opened.split, regions=opened.dataset.regions)  # fmt: skip
    assert not [found for found in findings if found.severity == "refuse"]


def test_joined_labels_take_the_place_of_declared_regions(run, tmp_path):
    settings = ["data.labels={all: [1, 2]}"]
    loaded = load_recipe(write_recipe(tmp_path), settings, {"data.root": str(run.data)})
    opened = open_recipe_data(loaded.recipe.data, loaded.data_root, tmp_path)
    assert opened.dataset.regions is None and opened.dataset.label_names == ("background", "all")
    assert opened.options.joined == (0, 1, 1, 2) and opened.dataset.ignore == 2
