import csv

import keras
import nibabel as nib
import numpy as np
import pytest

from kseg.bundle import load_network, read_model
from kseg.predict import WindowSettings
from kseg.recipe import load_recipe
from kseg.workflow import validate
from kseg.workflow.log import RunLog
from kseg.workflow.material import gather_material
from kseg.workflow.validate import CachedValidation
from tests.workflow.tiny import LABELS


@pytest.fixture(scope="module")
def material(tiny_run):
    loaded = load_recipe(tiny_run.recipe, [], {"data.root": str(tiny_run.data)})
    return gather_material(loaded, tiny_run.work, RunLog(None, str))


class Brightness(keras.layers.Layer):
    """Calls bright voxels organ and very bright ones lesion: right but for noise and rounding."""

    def call(self, inputs):
        x = inputs[..., 0]
        return keras.ops.stack([0 * x, 2 * x + 0.2, 4 * x - 1.6], axis=-1)


WINDOWS = WindowSettings((16, 16, 16))


def validation(material, **kwargs):
    return CachedValidation(material, WINDOWS, keep_largest=kwargs.get("keep_largest", False))


def test_scores_are_means_over_whole_cases_and_labels(material):
    scores = validation(material)(keras.Sequential([Brightness()]))
    assert set(scores) == {"val_dice", "val_dice_organ", "val_dice_lesion"}
    assert scores["val_dice"] == pytest.approx(
        (scores["val_dice_organ"] + scores["val_dice_lesion"]) / 2
    )
    assert scores["val_dice_organ"] > 0.3


def test_a_second_validation_sees_the_weights_of_then(material):
    model = keras.Sequential([keras.Input((16, 16, 16, 1)), keras.layers.Conv3D(3, 1)])
    judge = validation(material)
    before = judge(model)
    model.set_weights([np.zeros((1, 1, 1, 1, 3)), np.array([0.0, 1.0, 0.0])])
    after = judge(model)
    assert after["val_dice_organ"] > 0 and after["val_dice_lesion"] == 0 and after != before


def test_a_label_that_no_case_holds_is_blank_and_does_not_hide_the_others(material, monkeypatch):
    class NoLesion(keras.layers.Layer):
        def call(self, inputs):
            x = inputs[..., 0]
            return keras.ops.stack([0 * x, x, 0 * x - 1e9], axis=-1)

    read = validate.read_labels

    def without_lesion(*args, **kwargs):
        volume = read(*args, **kwargs)
        volume.voxels[volume.voxels == 2] = 1
        return volume

    monkeypatch.setattr(validate, "read_labels", without_lesion)
    scores = validation(material)(keras.Sequential([NoLesion()]))
    assert scores["val_dice_lesion"] is None
    assert scores["val_dice"] == scores["val_dice_organ"] > 0


def test_the_time_of_a_validation_is_told_beforehand(material):
    model = keras.Sequential([Brightness()])
    assert 0 < validation(material).estimate_seconds(model) < 60


def test_the_last_training_validation_and_the_final_one_agree(tiny_run, material):
    scores = validation(material)(load_network(read_model(tiny_run.folder)))
    final = tiny_run.result.summary
    # Training keeps scans as float16 and so does prediction: the very same numbers.
    assert scores["val_dice"] == pytest.approx(final.mean_dice, abs=1e-6)


def test_final_scores_are_those_of_the_masks_and_the_truth(tiny_run):
    with (tiny_run.folder / "validation/cases.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        name, value = f"{row['case']}.nii.gz", LABELS.index(row["label"])
        mask, truth = (
            np.asarray(nib.load(folder / name).dataobj) == value
            for folder in (tiny_run.folder / "validation/masks", tiny_run.data / "labelsTr")
        )
        expected = 2 * (mask & truth).sum() / (mask.sum() + truth.sum())
        assert float(row["dice"]) == pytest.approx(expected)
        assert int(row["predicted_voxels"]) == mask.sum()
