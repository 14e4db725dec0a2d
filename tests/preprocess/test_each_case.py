import os
import signal
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from kseg.dataset import Case
from kseg.errors import VolumeError
from kseg.preprocess import each_case
from kseg.preprocess.each_case import find_or_make, for_each_case

CASES = tuple(Case(name, name, (Path(f"{name}.nii.gz"),), None) for name in "abcde")


def pid_of_making(case):
    return case.id, os.getpid()


def be_killed_at_c(case):
    """A task whose process the system ends, as it does when the memory is full."""
    if case.id == "c":
        os.kill(os.getpid(), signal.SIGKILL)
    return case.id


def crash_at_b_and_refuse_d(case):
    if case.id == "b":
        os.kill(os.getpid(), signal.SIGSEGV)
    return refuse("d")(case)


def be_slow(case):
    time.sleep(0 if case.id == "a" else 60)


def refuse(*names):
    def task(case):
        if case.id in names:
            raise VolumeError(why="it is cut short", code="KS-A03", file=case.images[0], fix="copy")
        return case.id

    return task


@pytest.mark.parametrize("workers", [1, 3])
def test_results_keep_the_order_of_the_cases(workers):
    barrier = threading.Event()

    def task(case):
        if case.id == "a" and workers > 1:
            barrier.wait(5)
        barrier.set()
        return case.id

    assert for_each_case(CASES, task, workers=workers) == tuple("abcde")


def test_progress_counts_every_case():
    seen = []
    for_each_case(CASES, refuse(), progress=lambda *step: seen.append(step))
    assert seen == [(number, 5, name) for number, name in enumerate("abcde", start=1)]


def test_one_failure_is_raised_as_it_is():
    with pytest.raises(VolumeError) as caught:
        for_each_case(CASES, refuse("c"))
    assert caught.value.file == "c.nii.gz"


def test_all_failures_are_named_together():
    with pytest.raises(VolumeError) as caught:
        for_each_case(CASES, refuse("b", "d"), workers=2)
    text = str(caught.value)
    assert "2 of 5 cases" in text
    assert "b.nii.gz" in text and "d.nii.gz" in text and "copy" in text
    assert caught.value.code == "KS-A03"


def test_fault_of_our_own_is_not_collected():
    def task(case):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        for_each_case(CASES, task)


def test_G13_a_case_whose_process_is_killed_is_named_with_the_signal():
    with pytest.raises(VolumeError) as caught:
        for_each_case(CASES, be_killed_at_c, apart=True)
    error = caught.value
    assert error.code == "KS-G13" and error.exit_code == 4 and error.file == "c.nii.gz"
    assert "case c " in error.why and "SIGKILL" in error.why and "memory" in error.why


def test_G13_the_cases_beside_it_are_still_looked_at_and_named():
    seen = []
    with pytest.raises(VolumeError) as caught:
        for_each_case(
            CASES,
            crash_at_b_and_refuse_d,
            workers=2,
            apart=True,
            progress=lambda *step: seen.append(step[2]),
        )
    text = str(caught.value)
    assert "2 of 5 cases" in text and seen == list("abcde")
    assert "SIGSEGV" in text and "b.nii.gz" in text and "d.nii.gz" in text


def test_an_interruption_does_not_wait_for_what_is_being_done():
    def stop(*_):
        raise KeyboardInterrupt

    started = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        for_each_case(CASES, be_slow, workers=2, apart=True, progress=stop)
    assert time.monotonic() - started < 30


def write_files(folder, size):
    cases = []
    for name in "abc":
        path = folder / f"{name}.nii.gz"
        path.write_bytes(bytes(size))
        cases.append(Case(name, name, (path,), None))
    return cases


def test_what_is_there_is_not_made_again_and_keeps_its_place(tmp_path):
    seen = []
    cases = write_files(tmp_path, 1)
    results = find_or_make(
        cases,
        lambda case: "found" if case.id == "b" else None,
        pid_of_making,
        progress=lambda *step: seen.append(step),
    )
    here = os.getpid()
    assert results == (("a", here), "found", ("c", here))
    assert seen == [(1, 3, "b"), (2, 3, "a"), (3, 3, "c")]


def test_much_work_is_done_in_another_process(tmp_path, monkeypatch):
    monkeypatch.setattr(each_case, "WORTH_A_PROCESS_BYTES", 3000)
    for size, is_here in ((999, True), (1000, False)):
        results = find_or_make(write_files(tmp_path, size), lambda case: None, pid_of_making)
        assert [pid == os.getpid() for _, pid in results] == [is_here] * 3


def test_a_case_that_cannot_be_looked_up_is_told_with_those_that_cannot_be_made():
    def find(case):
        return refuse("a")(case) and None

    with pytest.raises(VolumeError, match="2 of 5 cases"):
        find_or_make(CASES, find, refuse("a", "e"))


def demand_a_pebibyte_at_b(case):
    if case.id == "b":
        np.zeros(1 << 50, np.uint8)
    return case.id


@pytest.mark.parametrize("apart", [False, True])
def test_G06_a_case_that_does_not_fit_into_memory_is_named_with_its_file(apart):
    with pytest.raises(VolumeError) as caught:
        for_each_case(CASES[:3], demand_a_pebibyte_at_b, apart=apart)
    error = caught.value
    assert error.code == "KS-G06" and error.file == "b.nii.gz" and "memory" in error.fix
    assert "case b " in error.why and "1.00 PiB" in error.why


def test_G06_it_is_told_together_with_the_cases_that_cannot_be_read():
    def task(case):
        if case.id == "a":
            raise MemoryError
        return refuse("c")(case)

    with pytest.raises(VolumeError, match="2 of 5 cases") as caught:
        find_or_make(CASES, lambda case: None, task)
    assert "a.nii.gz" in str(caught.value) and "c.nii.gz" in str(caught.value)
