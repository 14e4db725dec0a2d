"""Run the folds of a cross-validation, each in its own process, until all have ended or a stop."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait

from kseg.fit import STOP_FILE, Stop
from kseg.storage import create_file, remove_file
from kseg.workflow.crossval_folds import Fold
from kseg.workflow.crossval_news import FoldNews
from kseg.workflow.log import RunLog
from kseg.workflow.sitting import CHECKPOINTS

# How often is looked whether somebody wants to stop, and what the folds have said meanwhile.
LOOK_SECONDS = 1.0
# A step, a checkpoint and what cannot be left half-done take seconds to minutes.
STOP_SECONDS = 300.0


def run_folds(
    folds: Sequence[Fold],
    submit: Callable[[Fold], Future],
    at_a_time: int,
    stop: Stop,
    log: RunLog,
    ended: Callable[[Fold, Future], object],
) -> tuple[Fold, ...]:
    """Run folds until all have ended, or until they have been asked to stop and have saved.

    A fold that fails ends no other. After a request to stop none begins, and those that run find a
    file `stop` in their folders.

    Args:
        folds: `Fold`s, in the order in which they begin.
        submit: function of a `Fold` that starts it and returns a `Future` of its `FoldEnd`.
        at_a_time: int, how many run at the same time.
        stop: `Stop`.
        log: `RunLog`.
        ended: function of a `Fold` and its future, called for each that has ended.

    Returns:
        The folds that have not ended: they did not begin, or did not stop in time.
    """
    waiting, running = list(folds), {}
    asked_at = None
    news = {fold: FoldNews(fold) for fold in folds}
    with stop.waiting():
        while running or (waiting and not stop.is_asked()):
            while waiting and len(running) < at_a_time and not stop.is_asked():
                fold = waiting.pop(0)
                begins = "goes on" if (fold.folder / CHECKPOINTS).is_dir() else "begins"
                log(f"{fold.name} {begins} -> {fold.folder}")
                running[submit(fold)] = fold
            done, _ = wait(running, timeout=LOOK_SECONDS, return_when=FIRST_COMPLETED)
            for fold in running.values():
                news[fold].tell(log)
            for future in done:
                ended(running.pop(future), future)
            count = len(folds) - len(waiting) - len(running)
            log.progress(count, len(folds), "folds")
            if running and stop.is_asked():
                asked_at = asked_at or time.monotonic()
                if time.monotonic() - asked_at > STOP_SECONDS:
                    break
                _ask_to_stop(running.values())
    # A fold that ended by itself did not take its file away.
    for fold in folds:
        remove_file(fold.folder / STOP_FILE)
    return (*running.values(), *waiting)


def _ask_to_stop(folds: Sequence[Fold]) -> None:
    for fold in folds:
        # Again and again: a fold that is about to begin takes a file of an earlier day away.
        create_file(fold.folder / STOP_FILE, b"")
