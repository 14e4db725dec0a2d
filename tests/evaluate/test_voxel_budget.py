import threading
import time
from concurrent.futures import CancelledError, ThreadPoolExecutor

import pytest

from kseg.evaluate.judge import MaskReading
from kseg.evaluate.pairs import Pair
from kseg.evaluate.truth import TrueCase
from kseg.evaluate.voxel_budget import VoxelBudget, voxels_of
from tests.evaluate.mask_folders import block, write


def test_what_is_in_work_together_never_exceeds_the_budget():
    budget, seen = VoxelBudget(100), []

    def work(voxels):
        with budget.hold(voxels):
            seen.append(budget.held)
            time.sleep(0.005)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, [10, 60, 50, 100, 30, 40, 90, 20] * 3))
    assert len(seen) == 24 and max(seen) <= 100 and budget.held == 0


def test_a_case_beyond_the_budget_is_let_in_alone():
    budget, entered = VoxelBudget(100), threading.Event()

    def large():
        with budget.hold(500):
            entered.set()
            return budget.held

    with ThreadPoolExecutor(1) as pool:
        with budget.hold(1):
            job = pool.submit(large)
            assert not entered.wait(0.05)
        assert job.result(timeout=10) == 500


def test_a_case_that_fails_gives_its_voxels_back():
    budget = VoxelBudget(100)
    with pytest.raises(KeyError), budget.hold(100):
        raise KeyError
    assert budget.held == 0


def test_once_closed_nobody_that_waits_is_let_in():
    budget = VoxelBudget(100)

    def waiting():
        with budget.hold(50):
            pass

    with ThreadPoolExecutor(1) as pool, budget.hold(100):
        job = pool.submit(waiting)
        time.sleep(0.02)
        budget.close()
        with pytest.raises(CancelledError):
            job.result(timeout=10)


def test_voxels_are_counted_by_the_header_of_the_larger_mask(tmp_path):
    truth = write(tmp_path / "t.nii.gz", block(shape=(2, 3, 4)))
    predicted = write(tmp_path / "p.nii.gz", block(shape=(5, 6, 7)))
    pair = Pair(TrueCase("a", "a", truth), predicted)
    assert voxels_of(pair, MaskReading()) == 210
    predicted.write_bytes(b"nothing")
    assert voxels_of(pair, MaskReading()) == 0
