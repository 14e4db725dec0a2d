import threading
from pathlib import Path

import pytest

from kseg.dataset import Case
from kseg.errors import VolumeError
from kseg.preprocess.each_case import for_each_case

CASES = tuple(Case(name, name, (Path(f"{name}.nii.gz"),), None) for name in "abcde")


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
