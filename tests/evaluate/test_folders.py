import math
import threading
import time

import pytest

from kseg.evaluate import folders
from kseg.evaluate.folders import MOST_AT_ONCE, evaluate_pairs, share_labels
from kseg.evaluate.pairs import find_pairs
from kseg.evaluate.score import EvaluateSettings
from kseg.evaluate.truth import find_truth
from kseg.evaluate.voxel_budget import VoxelBudget
from tests.evaluate.mask_folders import block, declare, moved, two_folders, write

SETTINGS = EvaluateSettings()


def evaluated(truth, predicted, **options):
    return evaluate_pairs(find_pairs(find_truth(truth), predicted), SETTINGS, **options)


def test_scores_come_in_the_order_of_the_cases_whatever_the_threads(tmp_path):
    names = [f"c{number:02d}" for number in range(12)]
    done = []
    folders_of = two_folders(tmp_path, names)
    many = evaluated(*folders_of, threads=4, progress=lambda *state: done.append(state))
    assert [score.case for score in many.scores] == names and many.cases == 12
    assert many == evaluated(*folders_of, threads=1)
    assert done == [(number, 12) for number in range(1, 13)]


def test_a_failing_case_does_not_end_the_others(tmp_path):
    truth, predicted = two_folders(tmp_path)
    (predicted / "b.nii.gz").write_bytes(b"nothing")
    found = evaluated(truth, predicted)
    assert [score.case for score in found.scores] == ["a", "c"]
    assert [failure.case for failure in found.failures] == ["b"]


def test_each_value_of_any_case_has_a_row_in_every_case(tmp_path):
    truth, predicted = two_folders(tmp_path, ("a", "b"))
    write(truth / "c.nii.gz", block((11, 1, 1, 1)))
    write(predicted / "c.nii.gz", block((2, 1, 1, 1)))
    found = evaluated(truth, predicted)
    assert [label.name for label in found.labels] == ["1", "2", "11"]
    assert len(found.scores) == 9
    blank = next(score for score in found.scores if (score.case, score.label) == ("a", "11"))
    assert math.isnan(blank.dice) and math.isnan(blank.hd_mm) and blank.truth_voxels == 0
    assert found.scores[3].subject == "b"


def test_declared_labels_keep_their_order(tmp_path):
    truth, predicted = two_folders(tmp_path)
    declare(truth / "labels.json", {"zebra": 5, "ant": 1})
    assert [label.name for label in evaluated(truth, predicted).labels] == ["zebra", "ant"]


def test_two_evaluations_are_given_the_same_labels(tmp_path):
    truth, predicted = two_folders(tmp_path)
    other = tmp_path / "other"
    for name in "abc":
        write(other / f"{name}.nii.gz", moved(block((1, 1, 1, 1), (4, 2, 2, 2))))
    first, second = share_labels(evaluated(truth, predicted), evaluated(truth, other))
    assert [label.name for label in first.labels] == ["1", "4"] == [s.name for s in second.labels]
    assert [score.label for score in first.scores] == ["1", "4"] * 3
    assert math.isnan(first.scores[1].dice) and second.scores[1].dice == 0


def test_cases_without_anything_in_their_masks_are_judged_all_the_same(tmp_path):
    empty = two_folders(tmp_path / "empty", voxels=block())
    found = evaluated(*empty)
    assert found.cases == 3 and found.subjects == {"a": "a", "b": "b", "c": "c"}
    assert found.scores == () and found.labels == () and found.failures == ()
    # Another prediction brings a label in, of which these cases then have blank rows.
    other = tmp_path / "other"
    for name in "abc":
        write(other / f"{name}.nii.gz", block((1, 1, 1, 1)))
    first, second = share_labels(found, evaluated(empty[0], other))
    assert [(score.case, score.subject, score.label) for score in first.scores] == [
        (name, name, "1") for name in "abc"
    ]
    assert math.isnan(first.scores[0].dice) and second.scores[0].dice == 0


def test_a_failed_case_is_not_counted_as_judged(tmp_path):
    truth, predicted = two_folders(tmp_path, voxels=block())
    (predicted / "b.nii.gz").write_bytes(b"nothing")
    found = evaluated(truth, predicted)
    assert found.cases == 2 and list(found.subjects) == ["a", "c"]


def test_large_cases_wait_for_one_another(tmp_path, monkeypatch):
    """Masks of 480 voxels each, of which only two fit."""
    monkeypatch.setattr(folders, "VoxelBudget", lambda: VoxelBudget(1000))
    at_work, most, lock = 0, 0, threading.Lock()
    judge_pair, both_here = folders.judge_pair, threading.Barrier(2, timeout=60)

    def counted(*arguments):
        nonlocal at_work, most
        with lock:
            at_work += 1
            most = max(most, at_work)
        both_here.wait()
        # Long enough for a third to be seen, if it were let in.
        time.sleep(0.02)
        try:
            return judge_pair(*arguments)
        finally:
            with lock:
                at_work -= 1

    monkeypatch.setattr(folders, "judge_pair", counted)
    assert evaluated(*two_folders(tmp_path, "abcdefgh"), threads=6).cases == 8
    assert most == 2


def test_many_processors_do_not_mean_many_cases_in_memory(tmp_path, monkeypatch):
    asked = []
    pool = folders.ThreadPoolExecutor
    monkeypatch.setattr(folders, "usable_cpus", lambda: 64)
    monkeypatch.setattr(folders, "ThreadPoolExecutor", lambda n: asked.append(n) or pool(n))
    pair = two_folders(tmp_path, "a")
    evaluated(*pair)
    evaluated(*pair, threads=20)
    assert asked == [MOST_AT_ONCE, 20] == [8, 20]


def test_no_more_cases_are_in_work_at_a_time_than_asked_for(tmp_path, monkeypatch):
    at_work, most, lock = 0, 0, threading.Lock()
    judge_pair, both_here = folders.judge_pair, threading.Barrier(2, timeout=60)

    def counted(*arguments):
        nonlocal at_work, most
        with lock:
            at_work += 1
            most = max(most, at_work)
        both_here.wait()
        try:
            return judge_pair(*arguments)
        finally:
            with lock:
                at_work -= 1

    monkeypatch.setattr(folders, "judge_pair", counted)
    assert evaluated(*two_folders(tmp_path, "abcdef"), threads=2).cases == 6
    assert most == 2


def test_an_interruption_begins_no_further_case(tmp_path, monkeypatch):
    begun = []

    def interrupted(pair, *rest):
        begun.append(pair)
        if len(begun) > 1:
            time.sleep(0.2)
        raise KeyboardInterrupt

    monkeypatch.setattr(folders, "judge_pair", interrupted)
    with pytest.raises(KeyboardInterrupt):
        evaluated(*two_folders(tmp_path, [f"c{n}" for n in range(9)]), threads=1)
    assert len(begun) < 9
