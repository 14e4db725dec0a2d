import json

import pytest

from kseg.errors import RunFolderError
from kseg.workflow.record import PredictionRecord, read_earlier

HEADER = {"model": {"name": "a", "sha256": "1"}, "trained_on": "x", "labels": ["background", "one"]}
OTHER_MODEL = HEADER | {"model": {"name": "b", "sha256": "2"}, "trained_on": "y"}


def predict(out, *names, header=HEADER, failed=()):
    """Write masks as a prediction does, and return the record's scans."""
    out.mkdir(exist_ok=True)
    record = PredictionRecord(out, header, [out / name for name in names])
    record.remove_stale()
    for name in names:
        entry = {"output": name, "status": "failed" if name in failed else "done"}
        (out / name).unlink(missing_ok=True)
        if name not in failed:
            (out / name).write_bytes(json.dumps(header["model"]).encode())
        record.add(entry)
    return stored(out)["scans"]


def stored(out):
    return json.loads((out / "predictions.json").read_text())


def names(scans):
    return [scan["output"] for scan in scans]


def test_entries_of_an_earlier_prediction_stay_while_their_masks_are_there(tmp_path):
    predict(tmp_path, "a.nii", "b.nii", "c.nii", "d.nii", failed=["d.nii"])
    (tmp_path / "b.nii").unlink()
    scans = predict(tmp_path, "e.nii", "a.nii")
    assert names(scans) == ["c.nii", "e.nii", "a.nii"]
    assert all("model" not in scan for scan in scans)


def test_a_scan_that_fails_this_time_is_told_once(tmp_path):
    predict(tmp_path, "a.nii", "b.nii")
    scans = predict(tmp_path, "a.nii", failed=["a.nii"])
    assert [(scan["output"], scan["status"]) for scan in scans] == [
        ("b.nii", "done"),
        ("a.nii", "failed"),
    ]


def test_a_prediction_that_is_cut_short_still_tells_of_every_mask(tmp_path):
    predict(tmp_path, "a.nii", "b.nii")
    record = PredictionRecord(tmp_path, HEADER, [tmp_path / "a.nii", tmp_path / "b.nii"])
    record.add({"output": "a.nii", "status": "done"})
    assert names(stored(tmp_path)["scans"]) == ["b.nii", "a.nii"]


def test_a_mask_of_another_model_with_the_same_labels_says_so_as_long_as_it_is_another(tmp_path):
    predict(tmp_path, "a.nii")
    first, second = predict(tmp_path, "b.nii", header=OTHER_MODEL)
    assert (first["model"], first["trained_on"]) == (HEADER["model"], "x")
    assert "model" not in second and stored(tmp_path)["model"] == OTHER_MODEL["model"]
    first, second, third = predict(tmp_path, "c.nii")
    assert names([first, second, third]) == ["a.nii", "b.nii", "c.nii"]
    assert "model" not in first and "model" not in third
    assert (second["model"], second["trained_on"]) == (OTHER_MODEL["model"], "y")


@pytest.mark.parametrize(
    "change", [{"labels": ["background", "two"]}, {"regions": {"labels": {}}}, {"joined": {}}]
)
def test_masks_whose_values_mean_something_else_are_not_mixed(tmp_path, change):
    predict(tmp_path, "a.nii", "b.nii")
    before = stored(tmp_path)
    with pytest.raises(RunFolderError, match="a.nii, hold other labels") as refused:
        predict(tmp_path, "b.nii", header=OTHER_MODEL | change)
    assert refused.value.code == "KS-I06" and "--out" in refused.value.fix
    assert stored(tmp_path) == before and (tmp_path / "b.nii").exists()
    # All anew is no mixture, at no time.
    PredictionRecord(
        tmp_path, OTHER_MODEL | change, [tmp_path / "a.nii", tmp_path / "b.nii"]
    ).remove_stale()
    assert not list(tmp_path.glob("*.nii"))


def test_what_a_run_tells_of_joined_labels_outlives_a_prediction_by_a_copy_of_its_model(tmp_path):
    joined = {"joined": {"labels": {"one": [1]}}}
    predict(tmp_path, "a.nii", header=HEADER | joined)
    predict(tmp_path, "b.nii")
    assert stored(tmp_path)["joined"] == joined["joined"]
    predict(tmp_path / "other", "a.nii")
    predict(tmp_path / "other", "b.nii", header=HEADER | joined)
    assert stored(tmp_path / "other")["joined"] == joined["joined"]


NO_JSON = '{"scans": [{"output": "a.nii", "status": "done", "voxels": NaN}]}'


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"scans": 1}', NO_JSON, "[" * 9999])
def test_a_record_that_cannot_be_read_tells_of_no_mask(tmp_path, text):
    (tmp_path / "predictions.json").write_text(text)
    (tmp_path / "a.nii").write_bytes(b"")
    assert read_earlier(tmp_path) == {"scans": []}
    assert names(predict(tmp_path, "b.nii")) == ["b.nii"]
