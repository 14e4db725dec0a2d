import json

import pytest

from kseg.evaluate.folders import evaluate_pairs
from kseg.evaluate.judged import compare_judged, join_judged, summarise_judged
from kseg.evaluate.pairs import find_pairs
from kseg.evaluate.score import EvaluateSettings
from kseg.evaluate.truth import find_truth
from tests.evaluate.mask_folders import BALL, block, moved, two_folders, write

SETTINGS = EvaluateSettings(overlap_only=True)


def judged(truth, *predictions):
    pairings = [find_pairs(find_truth(truth), path) for path in predictions]
    return join_judged(pairings, [evaluate_pairs(one, SETTINGS) for one in pairings])


@pytest.fixture
def folders(tmp_path):
    truth, predicted = two_folders(tmp_path, "abcdef")
    for name in "abcdef":
        write(tmp_path / f"far/{name}.nii.gz", moved(BALL, 3))
        write(tmp_path / f"x/predicted/{name}.nii.gz", moved(BALL, 3))
    return truth, predicted


def test_two_predictions_keep_their_names_or_get_names_that_differ(folders, tmp_path):
    both = judged(*folders, tmp_path / "far")
    assert [one.name for one in both] == ["predicted", "far"]
    assert compare_judged(both).names == ("predicted", "far")
    namesakes = judged(*folders, tmp_path / "x/predicted")
    assert [one.name for one in namesakes] == ["PREDICTED", "OTHER"]


def test_one_prediction_is_compared_with_nothing(folders):
    assert compare_judged(judged(*folders)) is None


def test_nothing_is_compared_where_one_of_the_two_has_no_score(folders, tmp_path):
    for path in (tmp_path / "far").iterdir():
        path.write_bytes(b"")
    assert compare_judged(judged(*folders, tmp_path / "far")) is None


def test_what_is_written_and_what_is_only_told_are_the_same_summary(folders, tmp_path):
    (one,) = judged(*folders)
    told = summarise_judged((one,), SETTINGS, None, None)
    assert summarise_judged((one,), SETTINGS, None, tmp_path / "out") == told
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "cases.csv",
        "summary.json",
    ]


def test_the_summary_tells_what_was_left_out_of_both(folders, tmp_path):
    truth, predicted = folders
    (predicted / "a.nii.gz").unlink()
    write(predicted / "z.nii.gz")
    (tmp_path / "far/b.nii.gz").write_bytes(b"nothing")
    both = judged(truth, predicted, tmp_path / "far")
    summarise_judged(both, SETTINGS, compare_judged(both), tmp_path / "out")
    content = json.loads((tmp_path / "out/summary.json").read_text())
    assert (content["cases"], content["missing"], content["unused"]) == (5, ["a"], ["z.nii.gz"])
    against = content["against"]
    assert (against["name"], against["cases"], against["missing"]) == ("far", 5, [])
    assert [failure["case"] for failure in against["failed"]] == ["b"]
    assert str(tmp_path) not in json.dumps(content)


@pytest.mark.parametrize("out", [None, "out"])
def test_cases_without_any_label_are_counted(tmp_path, out):
    (one,) = judged(*two_folders(tmp_path, "abc", block()))
    folder = None if out is None else tmp_path / out
    assert summarise_judged((one,), SETTINGS, None, folder).cases == 3
    if folder is not None:
        assert json.loads((folder / "summary.json").read_text())["cases"] == 3
