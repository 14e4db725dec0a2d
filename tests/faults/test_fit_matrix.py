"""Every step of a whole training on the disk fails once, in every way; run again, it ends the same.

In the manner of SQLite's crash tests: see `faulty_disk` for what can happen at a step.
"""

import pytest

from tests.faults.audit import (
    assert_every_final_file_is_whole,
    assert_nothing_is_left_over,
    outcome,
)
from tests.faults.faulty_disk import ENDS, Died, FaultyDisk, faults_at
from tests.faults.sitting import leave_an_older_outcome, sit

FEWEST_POINTS = 150


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """The outcome of a training that nothing happens to, and its steps on the disk."""
    folder = tmp_path_factory.mktemp("undisturbed") / "0" / "run"
    leave_an_older_outcome(folder)
    with pytest.MonkeyPatch.context() as patch:
        disk = FaultyDisk().put_in(patch)
        sit(folder)
    assert_every_final_file_is_whole(folder)
    assert_nothing_is_left_over(folder)
    return outcome(folder), disk.steps


def fail_once(folder, fault, at, kind):
    """Sit on a disk that fails at a step of this kind."""
    with pytest.MonkeyPatch.context() as patch:
        disk = FaultyDisk(fault, at).put_in(patch)
        try:
            sit(folder)
            ended_well = True
        except (Died, OSError, KeyboardInterrupt):
            ended_well = False
    assert disk.has_failed and disk.steps[at - 1].kind == kind
    assert not (ended_well and fault in ENDS)


def test_G01_whatever_fails_the_same_command_again_ends_with_the_same_bits(undisturbed, tmp_path):
    expected, steps = undisturbed
    points = [(at, fault) for at, step in enumerate(steps, 1) for fault in faults_at(step)]
    assert len(points) >= FEWEST_POINTS
    for at, fault in points:
        folder = tmp_path / f"{at}-{fault}" / "run"
        leave_an_older_outcome(folder)
        try:
            fail_once(folder, fault, at, steps[at - 1].kind)
            assert_every_final_file_is_whole(folder.parent)
            with pytest.MonkeyPatch.context() as patch:
                FaultyDisk(sitting=2).put_in(patch)
                sit(folder)
            assert_every_final_file_is_whole(folder)
            assert_nothing_is_left_over(folder)
            assert outcome(folder) == expected
        except BaseException as error:
            step = steps[at - 1]
            error.add_note(f"{fault} at step {at} of {len(steps)}, {step.kind} {step.path.name}")
            raise
