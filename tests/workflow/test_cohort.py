import json
import os
import shutil
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from kseg.bundle import read_model
from kseg.errors import ModelFileError, RunFolderError, VolumeError
from kseg.workflow import predict_cohort
from kseg.workflow.scan import ScanPredictor
from tests.volume.make import ALL_ORIENTATIONS
from tests.workflow.tiny import LABELS, body, save, write_model_folder


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """Folder of a model with random weights, for CT."""
    return write_model_folder(tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="module")
def two_channel_model(tmp_path_factory):
    return write_model_folder(tmp_path_factory.mktemp("model"), channels=("FLAIR", "T1"))


def predict(model, inputs, out, tell=lambda line: None):
    return predict_cohort(read_model(model), inputs, out, tell)


def records(out):
    return json.loads((out / "predictions.json").read_text())


def geometry(path):
    """Return all that places a file's voxels in space, as stored."""
    header = nib.load(path).header
    names = ["qform_code", "sform_code", "xyzt_units", "srow_x", "srow_y", "srow_z"]
    names += [f"quatern_{axis}" for axis in "bcd"] + [f"qoffset_{axis}" for axis in "xyz"]
    stored = {name: header[name].tobytes() for name in names}
    return stored | {"dim": header["dim"][:4].tobytes(), "pixdim": header["pixdim"][:4].tobytes()}


def test_the_runs_own_validation_masks_come_out_bit_for_bit(tiny_run, tmp_path):
    masks = sorted((tiny_run.folder / "validation/masks").iterdir())
    scans = [tiny_run.data / "imagesTr" / mask.name for mask in masks]
    assert predict(tiny_run.folder, scans, tmp_path) == 0
    for mask in masks:
        assert (tmp_path / mask.name).read_bytes() == mask.read_bytes()
        assert len(np.unique(nib.load(mask).dataobj)) > 1


def test_masks_lie_on_the_grid_of_their_scan_in_all_48_orientations(model, tmp_path):
    voxels, _ = body()
    for number, code in enumerate(ALL_ORIENTATIONS):
        ending = ".nii" if number % 2 else ".nii.gz"
        # Codes, spacing and origin are to come back as they were, whatever they say.
        codes = {"qform": 1 + number % 2, "sform": number % 3 and 4}
        save(tmp_path / "scans" / f"{code}{ending}", voxels, code, (1.0, 1.2, 2.0), **codes)
    assert predict(model, [tmp_path / "scans"], tmp_path / "masks") == 0
    scans = sorted((tmp_path / "scans").iterdir())
    assert len(scans) == 48
    bodies = set()
    for scan in scans:
        mask = tmp_path / "masks" / scan.name
        assert geometry(mask) == geometry(scan)
        image = nib.load(mask)
        assert image.shape == nib.load(scan).shape
        np.testing.assert_array_equal(image.affine, nib.load(scan).affine)
        labels = np.asarray(nib.as_closest_canonical(image).dataobj)
        assert set(np.unique(labels)) == set(range(len(LABELS)))
        bodies.add(labels.astype(np.uint8).tobytes())
    # However the scan is stored, it is the same body, and so the same labels.
    assert len(bodies) == 1


def test_one_bad_scan_does_not_end_the_others(model, tmp_path):
    voxels, _ = body()
    scans = [save(tmp_path / f"scan{n}.nii.gz", voxels) for n in range(4)]
    whole = scans[1].read_bytes()
    scans[1].write_bytes(whole[: len(whole) // 2])
    scans[2].write_bytes(whole[:999] + bytes([whole[999] ^ 1]) + whole[1000:])
    told = []
    assert predict(model, scans, tmp_path / "out", told.append) == 2
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "predictions.json",
        "scan0.nii.gz",
        "scan3.nii.gz",
    ]
    entries = records(tmp_path / "out")["scans"]
    assert [entry["status"] for entry in entries] == ["done", "failed", "failed", "done"]
    for entry, scan in zip(entries[1:3], scans[1:3], strict=True):
        assert entry["input"] == [scan.name] == [entry["file"]]
        assert entry["code"].startswith("KS-A0") and entry["why"] and entry["fix"]
        assert any(str(scan) in line and "FAILED" in line and entry["why"] in line for line in told)


def test_a_fault_of_another_kind_does_not_end_the_others_either(model, tmp_path, monkeypatch):
    voxels, _ = body()
    scans = [save(tmp_path / f"scan{n}.nii.gz", voxels) for n in range(2)]
    predict_volume = ScanPredictor.predict_volume

    def fail_once(self, volume):
        monkeypatch.setattr(ScanPredictor, "predict_volume", predict_volume)
        raise MemoryError("9 GB")

    monkeypatch.setattr(ScanPredictor, "predict_volume", fail_once)
    assert predict(model, scans, tmp_path / "out") == 1
    first, second = records(tmp_path / "out")["scans"]
    assert first["code"] == "KS-I01" and "MemoryError: 9 GB" in first["why"] and first["fix"]
    assert second["status"] == "done"


def test_the_record_says_what_was_found_and_by_which_model(model, tmp_path):
    voxels, _ = body()
    predict(model, [save(tmp_path / "scan.nii.gz", voxels)], tmp_path / "out")
    record = records(tmp_path / "out")
    assert "research use only" in record["notice"] and record["labels"] == list(LABELS)
    assert record["trained_on"] == "noise" and len(record["model"]["sha256"]) == 64
    mask = np.asarray(nib.load(tmp_path / "out/scan.nii.gz").dataobj)
    counts = {name: int((mask == value).sum()) for value, name in enumerate(LABELS)}
    assert record["scans"][0]["voxels"] == counts and sum(counts.values()) == voxels.size


def test_masks_of_a_model_that_learned_on_synthetic_scans_say_so(tiny_run, tmp_path):
    scan = next((tiny_run.data / "imagesTr").iterdir())
    predict(tiny_run.folder, [scan], tmp_path)
    assert records(tmp_path)["trained_on"] == "tiny (phantom)"
    told = []
    predict(
        tiny_run.folder, [scan, save(tmp_path / "more/b.nii.gz", body()[0])], tmp_path, told.append
    )
    assert [("synthetic scans" in line) for line in told] == [True, False, False]


def test_files_of_two_channels_make_one_scan(two_channel_model, tmp_path):
    voxels, _ = body()
    for scan, channel in [("a", 0), ("a", 1), ("b", 0), ("b", 1), ("lone", 0)]:
        save(tmp_path / "scans" / f"{scan}_{channel:04d}.nii.gz", voxels + 50 * channel)
    save(tmp_path / "scans/whole.nii.gz", np.stack([voxels, voxels + 50], axis=-1))
    assert predict(two_channel_model, [tmp_path / "scans"], tmp_path / "out") == 1
    entries = {Path(entry["output"]).name: entry for entry in records(tmp_path / "out")["scans"]}
    assert {name: entry["status"] for name, entry in entries.items()} == {
        "a.nii.gz": "done",
        "b.nii.gz": "done",
        "lone_0000.nii.gz": "failed",
        "whole.nii.gz": "done",
    }
    assert [Path(path).name for path in entries["a.nii.gz"]["input"]] == [
        "a_0000.nii.gz",
        "a_0001.nii.gz",
    ]
    assert "channel" in entries["lone_0000.nii.gz"]["why"]
    by_file, at_once = (nib.load(tmp_path / f"out/{name}.nii.gz") for name in ("a", "whole"))
    np.testing.assert_array_equal(by_file.dataobj, at_once.dataobj)


def test_a_refused_cohort_writes_nothing_at_all(model, tmp_path):
    voxels, _ = body()
    first = save(tmp_path / "a/scan.nii.gz", voxels)
    shutil.copytree(first.parent, tmp_path / "b")
    with pytest.raises(RunFolderError):
        predict(model, [first, tmp_path / "b"], tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_failed_scan_leaves_no_mask_of_an_earlier_prediction(model, tmp_path):
    voxels, _ = body()
    scan = save(tmp_path / "scan.nii.gz", voxels)
    predict(model, [scan], tmp_path / "out")
    assert (tmp_path / "out/scan.nii.gz").exists()
    scan.write_bytes(scan.read_bytes()[:-40])
    assert predict(model, [scan], tmp_path / "out") == 1
    assert not (tmp_path / "out/scan.nii.gz").exists()


def test_a_second_prediction_into_a_folder_keeps_what_is_told_of_the_first(model, tmp_path):
    voxels, _ = body()
    scans = [save(tmp_path / f"scan{n}.nii.gz", voxels) for n in range(3)]
    predict(model, scans[:2], tmp_path / "out")
    first = records(tmp_path / "out")
    told = []
    predict(model, scans[1:], tmp_path / "out", told.append)
    both = records(tmp_path / "out")
    assert both | {"scans": []} == first | {"scans": []}
    assert [entry["output"] for entry in both["scans"]] == [scan.name for scan in scans]
    assert both["scans"][:2] == first["scans"]
    assert not any("synthetic" in line for line in told)
    # Each of them may be predicted again: it is known to be a prediction.
    assert predict(model, scans[:1], tmp_path / "out") == 0


def test_a_folder_without_scans_and_a_missing_model_are_refused(model, tmp_path):
    with pytest.raises(VolumeError, match="no NIfTI file"):
        predict(model, [tmp_path], tmp_path / "out")
    with pytest.raises(ModelFileError):
        predict(tmp_path, [tmp_path], tmp_path / "out")


@pytest.mark.skipif("KSEG_TEST_DATA" not in os.environ, reason="KSEG_TEST_DATA is not set")
@pytest.mark.parametrize("folder", ["hippocampus", "brain_tumour"])
def test_masks_of_real_scans_lie_on_the_grid_of_their_scan(tmp_path, folder):
    images = Path(os.environ["KSEG_TEST_DATA"]) / folder / "imagesTr"
    scan = min(images.glob("*.nii.gz"), key=lambda path: path.stat().st_size)
    channels = ("FLAIR", "T1")[: nib.load(scan).ndim - 2]
    settings = {"spacing_mm": (4.0, 4.0, 4.0), "overlap": 0.0}
    model = write_model_folder(tmp_path / "model", channels, **settings)
    assert predict(model, [scan], tmp_path / "out") == 0
    assert geometry(tmp_path / "out" / scan.name)["srow_x"] == geometry(scan)["srow_x"]
    assert nib.load(tmp_path / "out" / scan.name).shape == nib.load(scan).shape[:3]
    np.testing.assert_array_equal(
        nib.load(tmp_path / "out" / scan.name).affine, nib.load(scan).affine
    )
