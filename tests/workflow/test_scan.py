import keras
import nibabel as nib
import numpy as np
import pytest

import kseg
from kseg.errors import ModelFileError, VolumeError
from kseg.predict import keep_largest_component
from kseg.workflow import ScanPredictor
from tests.workflow.tiny import LABELS, body, save, write_model_folder


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """Folder of a model with random weights, for CT."""
    return write_model_folder(tmp_path_factory.mktemp("model"))


def canonical(path):
    """Return a file's voxels (z, y, x), x to the right, by nibabel."""
    return np.asarray(nib.as_closest_canonical(nib.load(path)).dataobj).T


def test_in_python_a_scan_gives_the_labels_of_its_mask_file(tiny_run):
    predictor = kseg.load(tiny_run.folder)
    assert isinstance(predictor, ScanPredictor)
    masks = sorted((tiny_run.folder / "validation/masks").iterdir())
    for mask in masks:
        labels = predictor.predict(tiny_run.data / "imagesTr" / mask.name)
        assert labels.dtype == np.uint8
        np.testing.assert_array_equal(labels, canonical(mask))


def test_a_run_folder_and_its_model_folder_are_the_same_model(tiny_run):
    whole, part = kseg.load(tiny_run.folder), kseg.load(str(tiny_run.folder / "model"))
    assert whole.description == part.description


def test_an_array_with_its_spacing_gives_what_its_file_gives(model, tmp_path):
    voxels, _ = body()
    path = save(tmp_path / "scan.nii.gz", voxels, "LPS", spacing_xyz=(1.0, 1.25, 2.0))
    predictor = kseg.load(model)
    expected = predictor.predict(path)
    assert set(np.unique(expected)) == set(range(len(LABELS)))
    spacing = {"spacing_mm": (2.0, 1.25, 1.0)}
    np.testing.assert_array_equal(predictor.predict(voxels.T, **spacing), expected)
    np.testing.assert_array_equal(predictor.predict(voxels.T[..., None], **spacing), expected)


@pytest.mark.parametrize(
    ("array", "spacing_mm", "message"),
    [
        (np.zeros((4, 4, 4)), None, "`spacing_mm` .z, y, x. must be given"),
        (np.zeros((4, 4, 4)), (1.0, 1.0), "must be 3 floats above 0"),
        (np.zeros((4, 4, 4)), (1.0, 0.0, 1.0), "must be 3 floats above 0"),
        (np.zeros((4, 4)), (1.0, 1.0, 1.0), "must have the axes"),
        (np.zeros((4, 4, 4, 2)), (1.0, 1.0, 1.0), "with 1 channels"),
        (np.full((4, 4, 4), np.nan), (1.0, 1.0, 1.0), "finite"),
    ],
)
def test_an_array_that_cannot_be_used_is_refused(model, array, spacing_mm, message):
    with pytest.raises(ValueError, match=message):
        kseg.load(model).predict(array, spacing_mm=spacing_mm)


def test_a_file_that_cannot_be_used_is_refused_by_name(model, tmp_path):
    (tmp_path / "scan.nii.gz").write_bytes(b"")
    with pytest.raises(VolumeError) as refused:
        kseg.load(model).predict(tmp_path / "scan.nii.gz")
    assert "scan.nii.gz" in refused.value.file
    with pytest.raises(ModelFileError):
        kseg.load(tmp_path)


def test_one_file_a_channel_is_one_scan(tmp_path):
    model = write_model_folder(tmp_path / "model", channels=("FLAIR", "T1"))
    voxels, _ = body()
    files = [save(tmp_path / f"scan_000{n}.nii.gz", voxels + 100 * n) for n in range(2)]
    both = save(tmp_path / "both.nii.gz", np.stack([voxels, voxels + 100], axis=-1))
    predictor = kseg.load(model)
    np.testing.assert_array_equal(predictor.predict(files), predictor.predict(both))


def test_opening_a_model_leaves_the_callers_own_precision_alone(tmp_path):
    model = write_model_folder(tmp_path / "model", precision="bfloat16")
    predictor = kseg.load(model)
    assert keras.config.dtype_policy().name == "float32"
    voxels, _ = body()
    assert predictor.predict(voxels.T, spacing_mm=(2.0, 1.0, 1.0)).any()


def test_keep_largest_and_mirroring_of_the_model_folder_are_followed(model, tmp_path):
    voxels, _ = body()
    plain, one_piece, mirrored = (
        kseg.load(folder).predict(voxels.T, spacing_mm=(2.0, 1.0, 1.0))
        for folder in (
            model,
            write_model_folder(tmp_path / "a", keep_largest=True),
            write_model_folder(tmp_path / "b", mirror_axes=(2,)),
        )
    )
    np.testing.assert_array_equal(one_piece, keep_largest_component(plain))
    assert (one_piece != plain).any() and (mirrored != plain).any()
