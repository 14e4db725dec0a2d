"""Do something with each case of a list, and tell of all that failed at once."""

import contextlib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TypeVar

from kseg.dataset import Case
from kseg.engine import WorkerDiedError, Workers, usable_cpus
from kseg.errors import KsegError, VolumeError

Result = TypeVar("Result")
Progress = Callable[[int, int, str], None]


# Files of fewer bytes in all are worked on in this process, before another one would have started.
WORTH_A_PROCESS_BYTES = 20_000_000


def find_or_make(
    cases: Sequence[Case],
    find: Callable[[Case], Result | None],
    make: Callable[[Case], Result],
    *,
    workers: int = 1,
    progress: Progress | None = None,
) -> tuple[Result, ...]:
    """Take for each case what is there, and make what is missing.

    What takes long or much memory is made in processes of their own, so that a case that brings
    its process down is named and takes nothing else along.

    Args:
        cases: the cases.
        find: function of a `Case` that returns None where nothing is there.
        make: function of a `Case` that can be pickled, as a `partial` of a module's function.
        workers: int, cases that are made at a time; memory grows with them.
        progress: function of (cases done, cases in all, case id), called in this thread.

    Returns:
        tuple of results in the order of the cases.

    Raises:
        KsegError: the case's own error if one case failed, else one `VolumeError` for them all.
    """
    done: list[str] = []

    def count(_: int, __: int, case_id: str) -> None:
        done.append(case_id)
        if progress is not None:
            progress(len(done), len(cases), case_id)

    def found(case: Case) -> Result | None:
        try:
            return find(case)
        except KsegError:
            return None  # Making it will tell the same, together with what the others have.

    results = dict(zip(cases, for_each_case(cases, found, workers=usable_cpus()), strict=True))
    missing = [case for case in cases if results[case] is None]
    for case in cases:
        if results[case] is not None:
            count(0, 0, case.id)
    apart = _bytes_of(missing) >= WORTH_A_PROCESS_BYTES
    made = for_each_case(missing, make, workers=workers, apart=apart, progress=count)
    results |= zip(missing, made, strict=True)
    return tuple(results[case] for case in cases)


def for_each_case(
    cases: Sequence[Case],
    task: Callable[[Case], Result],
    *,
    workers: int = 1,
    apart: bool = False,
    progress: Progress | None = None,
) -> tuple[Result, ...]:
    """Run a task for each case; if some fail, name them all at the end.

    Args:
        cases: the cases.
        task: function of a `Case`.
        workers: int, threads or processes that share the work; memory grows with them.
        apart: bool, run the task in processes of their own; it must be one that can be pickled.
        progress: function of (cases done, cases in all, case id), called in this thread.

    Returns:
        tuple of results in the order of the cases.

    Raises:
        KsegError: the case's own error if one case failed, else one `VolumeError` for them all. A
            case whose process was ended by a signal fails with the signal's name; one that does
            not fit into memory fails with KS-G06.
    """
    results, failures = [], []
    with contextlib.ExitStack() as stack:
        pool = stack.enter_context(ThreadPoolExecutor(max_workers=max(1, workers)))
        if apart:
            # Ended before the threads are waited for, which wait for it.
            task = partial(_run_apart, stack.enter_context(Workers()), task)
        futures = [pool.submit(task, case) for case in cases]
        try:
            for done, (case, future) in enumerate(zip(cases, futures, strict=True), start=1):
                try:
                    results.append(future.result())
                except KsegError as error:
                    failures.append((case, error))
                except MemoryError as error:
                    failures.append((case, _too_large(case, error)))
                if progress is not None:
                    progress(done, len(cases), case.id)
        except BaseException:
            # A fault of our own or Ctrl-C: do not start what nobody waits for.
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    if failures:
        raise _together(failures, len(cases))
    return tuple(results)


def _run_apart(crew: Workers, task: Callable[[Case], Result], case: Case) -> Result:
    try:
        return crew.call(task, case)
    except WorkerDiedError as error:
        raise VolumeError(
            why=f"the process that worked on the case {case.id} was ended by {error.cause}"
            + (", as the system does when the memory is full" if error.is_kill else ""),
            file=case.images[0],
            fix="free some memory or use a machine with more; if it happens again on this case "
            "alone, take it out and report it to kseg",
            code="KS-G13",
        ) from error


def _too_large(case: Case, error: MemoryError) -> VolumeError:
    return VolumeError(
        why=f"the case {case.id} does not fit into the memory that is free"
        + (f": {error}" if str(error) else ""),
        file=case.images[0],
        fix="close other programs, use a machine with more memory, or let fewer cases be worked on "
        "at a time; if its size is a mistake in its header, mend the file",
        code="KS-G06",
    )


def _bytes_of(cases: Sequence[Case]) -> int:
    total = 0
    for case in cases:
        for path in (*case.images, case.label):
            # A file that is missing is told of when it is read.
            with contextlib.suppress(OSError):
                total += 0 if path is None else Path(path).stat().st_size
    return total


def _together(failures: Sequence[tuple[Case, KsegError]], cases: int) -> KsegError:
    if len(failures) == 1:
        return failures[0][1]
    lines = []
    for case, error in failures:
        lines.append(f"{case.id}: {error.why}  [{error.code}]")
        lines += [f"    file  {error.file}"] * (error.file is not None)
        lines += [f"    fix   {error.fix}"] * (error.fix is not None)
    codes = sorted({error.code for _, error in failures})
    return VolumeError(
        why="\n  ".join([f"{len(failures)} of {cases} cases cannot be used", *lines]),
        code=codes[0] if len(codes) == 1 else "KS-E05",
    )
