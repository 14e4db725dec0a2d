import json

import pytest

from kseg.errors import RunFolderError
from kseg.workflow.inputs import plan_outputs


def names(scans):
    return [(scan.output.name, [path.name for path in scan.images]) for scan in scans]


def touch(*paths):
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
    return list(paths)


def test_masks_are_named_after_their_scans(tmp_path):
    inputs = touch(tmp_path / "b.nii", tmp_path / "a.nii.gz", tmp_path / "x_0000.nii.gz")
    assert names(plan_outputs(inputs, tmp_path / "out", 1)) == [
        ("b.nii", ["b.nii"]),
        ("a.nii.gz", ["a.nii.gz"]),
        ("x_0000.nii.gz", ["x_0000.nii.gz"]),
    ]


def test_channels_are_put_in_order_and_of_a_folder_only_scans_are_taken(tmp_path):
    touch(*(tmp_path / f"x_{channel:04d}.nii.gz" for channel in (2, 0, 1)))
    touch(tmp_path / "notes.txt", tmp_path / "._x_0000.nii.gz")
    expected = [f"x_{channel:04d}.nii.gz" for channel in range(3)]
    assert names(plan_outputs([tmp_path], tmp_path / "out", 3)) == [("x.nii.gz", expected)]


@pytest.mark.parametrize("numbers", [(1, 6, 10), (0,), (1,), (0, 1, 2)])
def test_numbers_that_are_no_full_set_of_channels_count_scans(tmp_path, numbers):
    inputs = touch(*(tmp_path / f"brain_{number:04d}.nii.gz" for number in numbers))
    expected = [(path.name, [path.name]) for path in inputs]
    assert names(plan_outputs(inputs, tmp_path / "out", 2)) == expected


@pytest.mark.parametrize(
    ("inputs", "channels"),
    [
        (["a/scan.nii.gz", "b/scan.nii.gz"], 1),
        (["a/scan.nii.gz", "a/scan.nii.gz"], 1),
        (["a/x_0000.nii.gz", "a/x_0001.nii.gz", "b/x.nii.gz"], 2),
        (["a/x_0000.nii.gz", "a/x_0001.nii.gz", "b/x_0000.nii.gz", "b/x_0001.nii.gz"], 2),
        (["out/scan.nii.gz"], 1),
        # The mask of the first two would be written over the third.
        (["a/y_0000_0000.nii.gz", "a/y_0000_0001.nii.gz", "out/y_0000.nii.gz"], 2),
    ],
)
def test_masks_that_would_replace_a_scan_or_one_another_are_refused(tmp_path, inputs, channels):
    paths = touch(*(tmp_path / name for name in inputs))
    with pytest.raises(RunFolderError) as refused:
        plan_outputs(paths, tmp_path / "out", channels)
    assert refused.value.code == "KS-I05" and "--out" in refused.value.fix


def test_a_link_to_a_scan_is_that_scan(tmp_path):
    (scan,) = touch(tmp_path / "scans/scan.nii.gz")
    (tmp_path / "out").symlink_to(scan.parent)
    with pytest.raises(RunFolderError, match="would replace"):
        plan_outputs([scan], tmp_path / "out", 1)


def test_a_file_that_kseg_did_not_predict_is_never_replaced(tmp_path):
    (scan,) = touch(tmp_path / "imagesTr/scan.nii.gz")
    touch(tmp_path / "labelsTr/scan.nii.gz")
    with pytest.raises(RunFolderError, match="kseg did not predict it"):
        plan_outputs([scan], tmp_path / "labelsTr", 1)


def test_a_mask_of_an_earlier_prediction_is_predicted_again(tmp_path):
    (scan,) = touch(tmp_path / "imagesTr/scan.nii.gz")
    (mask,) = touch(tmp_path / "out/scan.nii.gz")
    record = {"scans": [{"output": str(mask)}]}
    (tmp_path / "out/predictions.json").write_text(json.dumps(record))
    assert names(plan_outputs([scan], tmp_path / "out", 1)) == [("scan.nii.gz", ["scan.nii.gz"])]


def test_the_channel_number_of_a_one_channel_data_set_is_no_part_of_the_name(tmp_path):
    inputs = touch(tmp_path / "a_0000.nii.gz", tmp_path / "b_0000.nii.gz")
    found = names(plan_outputs(inputs, tmp_path / "out", 1))
    assert [name for name, _ in found] == ["a.nii.gz", "b.nii.gz"]


def test_endings_in_capitals_are_scans_too(tmp_path):
    touch(tmp_path / "A.NII.GZ", tmp_path / "b.nii.gz")
    assert len(plan_outputs([tmp_path], tmp_path / "out", 1)) == 2
