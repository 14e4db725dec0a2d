"""Every step of a training on the disk fails once, in every way; run again, it ends the same.

In the manner of SQLite's crash tests: see `faulty_disk` for what can happen at a step.
"""

import pytest

from tests.faults.matrix import Work, do_undisturbed, fail_and_go_on
from tests.faults.sitting import leave_an_older_outcome, sit

FEWEST_POINTS = 300
WORK = Work(
    do=lambda folder: sit(folder / "run"),
    prepare=lambda folder: leave_an_older_outcome(folder / "run"),
)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    return do_undisturbed(WORK, tmp_path_factory.mktemp("undisturbed") / "0")


def test_G01_G02_G03_G04_whatever_fails_a_training_run_again_ends_with_the_same_bits(
    undisturbed, tmp_path
):
    points = undisturbed.points()
    assert len(points) >= FEWEST_POINTS
    fail_and_go_on(WORK, undisturbed, points, tmp_path)
