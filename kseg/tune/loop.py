"""The loop of a search: trials begin as processes become free, and their scores are told."""

import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, wait
from pathlib import Path

from kseg.engine import Engine
from kseg.errors import KsegError, RecipeError
from kseg.fit import STOP_FILE, Stop
from kseg.recipe import LoadedRecipe, write_flow
from kseg.storage import create_file
from kseg.tune.best import best_trial, write_best
from kseg.tune.jobs import Jobs
from kseg.tune.ledger import Ledger
from kseg.tune.lifecycle import Lifecycle, Running, write_proposal
from kseg.tune.pace import seconds_of_trial
from kseg.tune.record import FAILED, PRUNED, TrialRecord
from kseg.tune.replay import Replayed
from kseg.tune.store import LOG, TRIALS, TrialStore
from kseg.tune.tables import write_trials

# How often the search looks whether it was asked to stop, or its time is over.
POLL_SECONDS = 1.0
# A mistake that all trials share would else fail a thousand of them.
HOPELESS_FAILURES = 10


class SearchLoop:
    """Runs the trials of one sitting.

    Args:
        loaded: `LoadedRecipe` of the base.
        work: folder for caches and the phantom.
        engine: `Engine`.
        jobs: `Jobs`.
        ledger: `Ledger`.
        store: `TrialStore`.
        study: `Replayed`.
        waiting: trials without a result, which come first.
        log: function of a sentence.
        stop: `Stop`.
    """

    def __init__(
        self,
        loaded: LoadedRecipe,
        work: Path,
        engine: Engine,
        jobs: Jobs,
        ledger: Ledger,
        store: TrialStore,
        study: Replayed,
        waiting: list[TrialRecord],
        log: Callable[..., None],
        stop: Stop,
    ):
        self.store, self.study, self.ledger = store, study, ledger
        self._loaded, self._tune = loaded, loaded.recipe.tune
        self._engine, self._jobs = engine, jobs
        self._log, self._stop = log, stop
        accepted = bool(ledger.accepted)
        self._life = Lifecycle(loaded, store, engine, work, jobs.run_trial, accepted)
        self._waiting = list(waiting)
        self._running: list[Running] = []
        self._has_time = True
        self._has_failed = False

    def run(self) -> None:
        """Run trials until there is nothing more to try, or no more time."""
        while True:
            self._stop.check()
            while len(self._running) < self._engine.workers and (record := self._next()):
                self._begin(record)
            if not self._running:
                break
            wait([r.future for r in self._running], POLL_SECONDS, FIRST_COMPLETED)
            self._take_results()
            self.ledger.save_now_and_then()
            if self._seconds_left() <= 0:
                self.halt("still running when the budget of the search was spent")
                self._has_time = False
                break
        self.ledger.ended = self._end()

    def halt(self, reason: str) -> None:
        """End the trials that run; they save first, and another sitting goes on with them.

        Args:
            reason: str, why.
        """
        with self._stop.waiting():
            self._ask_to_save()
            ended = [r for r in self._running if r.future.done() and not r.future.exception()]
            for running in ended:
                self._running.remove(running)
                self._take(self._life.end(running))
            self._engine.close()
            for running in self._running:
                self._life.pause(running, reason)
            self._running = []
            self.ledger.write()

    def _ask_to_save(self) -> None:
        """Ask the trials that run to save and leave, and wait a while until they have."""
        end = time.monotonic() + self._jobs.grace_seconds
        while (left := end - time.monotonic()) > 0:
            alive = [r for r in self._running if not r.future.done()]
            if not alive:
                return
            for running in alive:
                # Again and again: a training that is about to start removes an old one.
                folder = self.store.run_folder(running.record)
                if folder.is_dir():
                    create_file(folder / STOP_FILE, b"")
            wait([r.future for r in alive], min(POLL_SECONDS, left))

    def _next(self) -> TrialRecord | None:
        """Return the next trial to begin, or None where there is none now."""
        while self._has_time:
            if not self._waiting and not self._propose():
                return None
            record = self._first_ready()
            if record is None:
                return None
            obstacle = self._life.obstacle(record)
            if obstacle is None and not self._fits(record):
                self._has_time = False
                self.store.write(record.changed(reason="it would not end within the budget"))
                return None
            self._waiting.remove(record)
            if obstacle is None:
                return record
            self._take(self._life.fail(record, obstacle))
        return None

    def _first_ready(self) -> TrialRecord | None:
        """Return the first trial that waits for no other to end, whose training it goes on with."""
        for record in self._waiting:
            if not record.attempts and self._is_hopeless():
                continue
            before = self.store.records.get(record.continues)
            if before is None or not before.is_running:
                return record
        return None

    def _propose(self) -> bool:
        if self._is_hopeless():
            return False
        if self._tune.trials is not None and len(self.store.records) >= self._tune.trials:
            return False
        asked = self.study.ask()
        if asked is not None:
            self._waiting.append(write_proposal(self.store, self._tune, *asked))
        return asked is not None

    def _fits(self, record: TrialRecord) -> bool:
        recipe = self._life.recipe(record)
        records = self.store.records.values()
        needed = seconds_of_trial(records, recipe, record.share_from, record.share_to)
        return needed <= self._seconds_left()

    def _seconds_left(self) -> float:
        budget = self._tune.budget_seconds
        return float("inf") if budget is None else budget - self.ledger.spent_seconds()

    def _begin(self, record: TrialRecord) -> None:
        again = "goes on with" if record.attempts else "begins"
        values = ", ".join(f"{key} {write_flow(value)}" for key, value in record.values.items())
        earlier = "" if record.continues is None else f", promoted from trial {record.continues}"
        self._log(
            f"trial {record.trial} {again} {_percent(record)} of a training{earlier}: {values}",
            trial=record.trial,
        )
        self._running.append(self._life.begin(record))

    def _take_results(self) -> None:
        # By number, so that results that come at one moment are told in one order.
        done = [running for running in self._running if running.future.done()]
        for running in sorted(done, key=lambda running: running.record.trial):
            self._running.remove(running)
            if self._life.may_be_gone_on_with(running):
                record = self._life.pause(running, was_killed=True)
                self._log(f"trial {record.trial} was killed from outside; it is gone on with")
                self._begin(record)
            else:
                self._take(self._life.end(running))

    def _take(self, record: TrialRecord) -> None:
        """Tell the oracle of a result, and write down what is now known."""
        self.study.tell(record)
        self._has_failed |= record.status == FAILED
        records = self.store.records.values()
        best = best_trial(records, self._tune)
        told = f"failed: {record.reason}"
        if record.status != FAILED:
            early = " (ended early)" if record.status == PRUNED else ""
            told = f"score {record.score:.4f}{early} after {record.seconds:.0f} s"
            told += f"; the best so far is trial {best.trial} with {best.score:.4f}" * bool(best)
        self._log(f"trial {record.trial}: {told}", trial=record.trial, score=record.score)
        write_trials(self.ledger.folder, records, self._tune)
        if best is not None:
            self._write_best(best)
        self._life.drop_checkpoints(best)
        self.ledger.write()

    def _write_best(self, best: TrialRecord) -> None:
        try:
            write_best(self.ledger.folder, self._loaded, best)
        except RecipeError as error:
            # By a change that was accepted; another trial may yet be better, and the end tells it.
            self._log(error.why)

    def _is_hopeless(self) -> bool:
        """Whether so many trials have failed, and nothing else, that the fault is not theirs.

        Each sitting tries one at least: more memory or time may be allowed now.
        """
        ended = [r.status for r in self.store.records.values() if not r.is_running]
        is_bad = len(ended) >= HOPELESS_FAILURES and set(ended) == {FAILED}
        return is_bad and self._has_failed

    def _end(self) -> str:
        if self._is_hopeless():
            return f"the first {HOPELESS_FAILURES} trials failed"
        if not self._has_time:
            return "the budget is spent, or the next trial could not end in it"
        if self._tune.trials is not None and len(self.store.records) >= self._tune.trials:
            return "all trials that were asked for have ended"
        return "the oracle has nothing more to propose"


def no_result(records, folder: Path) -> KsegError:
    """Return the error of a search without a single completed trial, with the first cause."""
    failed = sorted((r for r in records if r.status == FAILED), key=lambda record: record.told)
    if not failed:
        has_begun = any(record.attempts for record in records)
        return KsegError(
            why="no trial came to its end"
            if has_begun
            else "no trial was begun, since none could have ended within tune.budget",
            file=folder,
            fix="give a longer tune.budget: the same command then goes on",
            code="KS-H02",
        )
    first = failed[0]
    log = folder / TRIALS / f"{first.trial:04d}" / LOG
    return KsegError(
        why=f"no trial was completed, and {len(failed)} failed; the first, trial {first.trial}: "
        f"{first.reason}",
        file=log if log.is_file() else folder,
        fix=("see the end of this file, " if log.is_file() else "")
        + "mend the recipe, and give another folder with --out",
        code="KS-H02",
    )


def _percent(record: TrialRecord) -> str:
    low, high = (round(100 * share) for share in (record.share_from, record.share_to))
    return f"{high} %" if not low else f"{low} to {high} %"
