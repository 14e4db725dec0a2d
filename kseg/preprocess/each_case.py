"""Do something with each case of a list, and tell of all that failed at once."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from kseg.dataset import Case
from kseg.errors import KsegError, VolumeError

Result = TypeVar("Result")
Progress = Callable[[int, int, str], None]


def for_each_case(
    cases: Sequence[Case],
    task: Callable[[Case], Result],
    *,
    workers: int = 1,
    progress: Progress | None = None,
) -> tuple[Result, ...]:
    """Run a task for each case; if some fail, name them all at the end.

    Args:
        cases: the cases.
        task: function of a `Case`.
        workers: int, threads that share the work; memory grows with them.
        progress: function of (cases done, cases in all, case id), called in this thread.

    Returns:
        tuple of results in the order of the cases.

    Raises:
        KsegError: the case's own error if one case failed, else one `VolumeError` for them all.
    """
    results, failures = [], []
    with ThreadPoolExecutor(max_workers=max(1, workers)) as pool:
        futures = [pool.submit(task, case) for case in cases]
        try:
            for done, (case, future) in enumerate(zip(cases, futures, strict=True), start=1):
                try:
                    results.append(future.result())
                except KsegError as error:
                    failures.append((case, error))
                if progress is not None:
                    progress(done, len(cases), case.id)
        except BaseException:
            # A fault of our own or Ctrl-C: do not start what nobody waits for.
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    if failures:
        raise _together(failures, len(cases))
    return tuple(results)


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
