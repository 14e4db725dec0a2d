import json
import shutil
from pathlib import Path


def scans_of(run, folder):
    """Copy the run's validation scans to a folder of their own."""
    folder.mkdir()
    masks = sorted((run.folder / "validation/masks").iterdir())
    return [Path(shutil.copy(run.data / "imagesTr" / mask.name, folder)) for mask in masks]


def test_the_runs_own_masks_are_written_and_the_end_is_0(kseg_command, tiny_run, tmp_path):
    scans = scans_of(tiny_run, tmp_path / "scans")
    ended = kseg_command("predict", tiny_run.folder, *scans, "--out", tmp_path / "masks")
    assert ended.code == 0 and "2/2" in ended.out
    for mask in (tiny_run.folder / "validation/masks").iterdir():
        assert (tmp_path / "masks" / mask.name).read_bytes() == mask.read_bytes()


def test_scans_that_fail_are_told_and_the_end_is_3(kseg_command, tiny_run, tmp_path):
    first, second = scans_of(tiny_run, tmp_path / "scans")
    first.write_bytes(first.read_bytes()[:500])
    ended = kseg_command("predict", tiny_run.folder, tmp_path / "scans", "--out", tmp_path / "out")
    assert ended.code == 3
    assert "1 scan failed" in ended.err and str(first) in ended.out
    record = json.loads((tmp_path / "out/predictions.json").read_text())
    assert [scan["status"] for scan in record["scans"]] == ["failed", "done"]
    assert (tmp_path / "out" / second.name).is_file()


def test_a_mask_over_its_own_scan_is_refused_before_anything(kseg_command, tiny_run, tmp_path):
    first, _ = scans_of(tiny_run, tmp_path / "scans")
    before = first.read_bytes()
    ended = kseg_command("predict", tiny_run.folder, first, "--out", tmp_path / "scans")
    assert ended.code == 2 and "KS-I05" in ended.err
    assert first.read_bytes() == before
    assert not (tmp_path / "scans/predictions.json").exists()


def test_a_folder_that_is_no_model_ends_with_2(kseg_command, tmp_path):
    ended = kseg_command("predict", tmp_path, tmp_path / "a.nii.gz", "--out", tmp_path / "out")
    assert ended.code == 2 and "model.json" in ended.err
