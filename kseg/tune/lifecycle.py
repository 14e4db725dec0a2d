"""The life of a trial: proposed, begun, gone on with, ended, and written down at each step."""

import math
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path

from kseg.engine import Engine, WorkerDiedError
from kseg.recipe import LoadedRecipe, Recipe, TuneSection, recipe_to_yaml
from kseg.storage import remove_folder, write_text
from kseg.tune.failure import reason_of
from kseg.tune.objective import UnknownMetricError, score
from kseg.tune.oracle import Proposal
from kseg.tune.prune import Curve
from kseg.tune.record import COMPLETED, FAILED, PRUNED, TrialRecord
from kseg.tune.space import values_of
from kseg.tune.store import LOG, RECIPE, TrialStore
from kseg.tune.task import Outcome, Task
from kseg.tune.trial_recipe import trial_recipe

HISTORY, CHECKPOINTS = "history.csv", "checkpoints"


@dataclass
class Running:
    """A trial that an engine works on.

    Args:
        record: `TrialRecord`.
        future: what its process will give.
        since: float, monotonic seconds when it was handed over.
    """

    record: TrialRecord
    future: Future
    since: float


class Lifecycle:
    """Begins trials and takes their results; every change is on the disk when a method returns.

    Args:
        loaded: `LoadedRecipe` of the base.
        store: `TrialStore`.
        engine: `Engine`.
        work: folder for caches and the phantom.
        run_trial: function of a `Task`, called in a process of its own.
        accept_changes: bool, whether the search has gone on with changes, which its trials then
            do as well.
    """

    def __init__(
        self,
        loaded: LoadedRecipe,
        store: TrialStore,
        engine: Engine,
        work: Path,
        run_trial: Callable[[Task], Outcome],
        accept_changes: bool = False,
    ):
        self._loaded = loaded
        self._tune = loaded.recipe.tune
        self._store = store
        self._engine = engine
        self._work = work
        self._run_trial = run_trial
        self._accept_changes = accept_changes
        self._dropped: set[int] = set()

    def obstacle(self, record: TrialRecord) -> str | None:
        """Return why a trial cannot be begun at all, or None."""
        earlier = record.continues
        if earlier is not None:
            before = self._store.records.get(earlier)
            if before is None:
                return f"it would go on with trial {earlier}, whose record is lost"
            if before.status == FAILED:
                return f"it would go on with trial {earlier}, which failed"
        _, problems = trial_recipe(self._loaded, record.values)
        return f"its values do not fit together: {'; '.join(problems)}" if problems else None

    def begin(self, record: TrialRecord) -> Running:
        """Hand a trial to the engine, which begins it or goes on with it.

        Args:
            record: `TrialRecord` without an obstacle.

        Returns:
            `Running`.
        """
        folder = self._store.folder(record.root)
        file = folder / RECIPE
        recipe = self.recipe(record)
        text = recipe_to_yaml(recipe, {key: f"trial {record.root}" for key in record.values})
        if not file.is_file() or file.read_text("utf-8") != text:
            write_text(file, text)
        record = record.changed(attempts=record.attempts + 1, reason=None)
        self._store.write(record)
        task = Task(
            recipe=file,
            folder=self._store.run_folder(record),
            work=self._work,
            share=record.share_to,
            tune=self._tune,
            curves=self._curves(),
            memory_bytes=self._tune.memory_bytes,
            accept_changes=self._accept_changes,
        )
        limit = self._tune.time_limit_seconds
        if limit is not None:
            # Of all its attempts together, or what hangs would hang again in each sitting.
            limit = max(1.0, limit - record.seconds)
        since = time.monotonic()
        future = self._engine.submit(
            self._run_trial, task, log=self._store.folder(record.trial) / LOG, seconds=limit
        )
        return Running(record, future, since)

    def may_be_gone_on_with(self, running: Running) -> bool:
        """Return whether a trial that has ended was killed, and shall be gone on with."""
        error = running.future.exception()
        was_killed = isinstance(error, WorkerDiedError) and error.is_kill
        return was_killed and running.record.kills < self._tune.retries

    def pause(
        self, running: Running, reason: str | None = None, *, was_killed: bool = False
    ) -> TrialRecord:
        """Write down a trial that has not come to its end, so that it can be gone on with.

        Args:
            running: `Running`.
            reason: str, why it has not; or None.
            was_killed: bool, whether it was killed from outside.

        Returns:
            `TrialRecord`.
        """
        kills = running.record.kills + was_killed
        record = running.record.changed(seconds=_seconds(running), reason=reason, kills=kills)
        self._store.write(record)
        return record

    def end(self, running: Running) -> TrialRecord:
        """Take the result of a trial.

        Args:
            running: `Running`, its future done.

        Returns:
            `TrialRecord` with its score, or with the reason why it failed.

        Raises:
            UnknownMetricError: if the objective names what no trial measures.
        """
        record, seconds = running.record, _seconds(running)
        try:
            outcome = running.future.result()
            value = score(self._tune, dict(outcome.metrics) | {"seconds": seconds})
        except UnknownMetricError:
            raise
        except Exception as error:
            # Whatever a trial dies of is its result; the search goes on.
            return self.fail(record.changed(seconds=seconds), reason_of(error, self._tune))
        if outcome.history:
            write_text(self._store.folder(record.root) / HISTORY, outcome.history)
        record = record.changed(
            told=self._store.next_place(),
            status=PRUNED if outcome.is_pruned else COMPLETED,
            reason="most other trials were better at this point" if outcome.is_pruned else None,
            score=value,
            # JSON has no word for what is no number.
            metrics={
                name: number if number is not None and math.isfinite(number) else None
                for name, number in outcome.metrics.items()
            },
            curve=outcome.curve,
            seconds=seconds,
        )
        self._store.write(record)
        return record

    def fail(self, record: TrialRecord, reason: str) -> TrialRecord:
        """Write down that a trial has failed."""
        record = record.changed(
            told=self._store.next_place(), status=FAILED, score=None, reason=reason
        )
        self._store.write(record)
        return record

    def drop_checkpoints(self, best: TrialRecord | None) -> None:
        """Remove the checkpoints that no trial can go on from, but for those of the best.

        Args:
            best: `TrialRecord`, or None.
        """
        for record in self._store.records.values():
            # In hyperband a short training may yet be promoted.
            is_last = record.share_to >= 1 or self._tune.oracle != "hyperband"
            is_over = not record.is_running and (is_last or record.status == FAILED)
            if is_over and record.root not in self._dropped and record is not best:
                remove_folder(self._store.run_folder(record) / CHECKPOINTS)
                self._dropped.add(record.root)

    def recipe(self, record: TrialRecord) -> Recipe:
        """Return the recipe of a trial without an obstacle."""
        return trial_recipe(self._loaded, record.values)[0]

    def _curves(self) -> tuple[Curve, ...]:
        """Return what ended trials reached on their way, where others are judged by it."""
        if self._tune.prune is None:
            return ()
        ended = (r for _, r in sorted(self._store.records.items()) if r.status != FAILED)
        return tuple(record.curve for record in ended if record.curve)


def write_proposal(
    store: TrialStore, tune: TuneSection, number: int, proposal: Proposal, place: int | None = None
) -> TrialRecord:
    """Write a new trial down.

    Args:
        store: `TrialStore`.
        tune: `TuneSection`.
        number: int, its number.
        proposal: `Proposal`.
        place: int, its place in the order of proposals and results; None for the next.

    Returns:
        `TrialRecord`.
    """
    earlier = proposal.continues
    record = TrialRecord(
        trial=number,
        proposal=dict(proposal.values),
        values=values_of(tune.space, proposal.values),
        continues=earlier,
        root=store.records[earlier].root if earlier in store.records else number,
        share_from=proposal.share_from,
        share_to=proposal.share_to,
        asked=store.next_place() if place is None else place,
    )
    store.write(record)
    return record


def _seconds(running: Running) -> float:
    return running.record.seconds + time.monotonic() - running.since
