"""Let each step of some work on the disk fail in turn, do the work again, and compare."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import pytest

from kseg.errors import KsegError
from tests.faults.audit import (
    assert_every_final_file_is_whole,
    assert_nothing_is_left_over,
    outcome,
)
from tests.faults.faulty_disk import ENDS, Died, FaultyDisk, Step, faults_at


@dataclass(frozen=True)
class Work:
    """What is done in an empty folder.

    Args:
        do: function of the folder; its run folder is `run` in it.
        prepare: function of the folder that makes it what it is before.
    """

    do: Callable[[Path], object]
    prepare: Callable[[Path], object] = Path.mkdir


@dataclass(frozen=True)
class Undisturbed:
    """What came of the work where nothing happened, and the steps that it took on the disk."""

    outcome: dict[str, str]
    steps: tuple[Step, ...]

    def points(self) -> list[tuple[int, str]]:
        """Return every step with every fault that leaves something of its own there."""
        return [(at, fault) for at, step in enumerate(self.steps, 1) for fault in faults_at(step)]

    def one_point_a_step(self) -> list[tuple[int, str]]:
        """Return every step with one fault, all kinds of faults in turn."""
        return [
            (at, faults[at % len(faults)])
            for at, faults in enumerate(map(faults_at, self.steps), 1)
        ]


def do_undisturbed(work: Work, folder: Path) -> Undisturbed:
    """Do the work on a sound disk."""
    work.prepare(folder)
    disk = _sit(work, folder)
    assert_every_final_file_is_whole(folder)
    assert_nothing_is_left_over(folder)
    return Undisturbed(outcome(folder / "run"), tuple(disk.steps))


def fail_and_go_on(
    work: Work, undisturbed: Undisturbed, points: Iterable[tuple[int, str]], folder: Path
) -> None:
    """At each point: let it fail, see that every file is whole, do it again, and compare."""
    for at, fault in points:
        step = undisturbed.steps[at - 1]
        place = folder / f"{at} {fault.replace('/', ' or ')}"
        work.prepare(place)
        try:
            disk = _sit(work, place, fault, at)
            assert disk.has_failed and disk.steps[at - 1].kind == step.kind
            assert_every_final_file_is_whole(place)
            _sit(work, place)
            assert_every_final_file_is_whole(place)
            assert_nothing_is_left_over(place)
            assert outcome(place / "run") == undisturbed.outcome
        except BaseException as error:
            error.add_note(f"{fault} at step {at}, {step.kind} {step.path.name}")
            raise


def _sit(work: Work, folder: Path, fault: str | None = None, at: int = 0) -> FaultyDisk:
    with pytest.MonkeyPatch.context() as patch:
        disk = FaultyDisk(fault, at, sitting=1 if fault else 2).put_in(patch)
        if fault is None:
            work.do(folder)
            return disk
        try:
            work.do(folder)
            # An error may be made up for; nothing makes up for the end of the process.
            assert fault not in ENDS
        except (Died, OSError, KsegError, KeyboardInterrupt):
            pass
    return disk
