"""A whole search: from a recipe with a space to the recipe that won."""

from collections.abc import Callable
from pathlib import Path

from kseg.engine import Engine
from kseg.errors import RecipeError
from kseg.fit import STOP_FILE, Stop, Stopped
from kseg.recipe import LoadedRecipe
from kseg.tune.closing import SearchResult, close_search
from kseg.tune.jobs import Jobs
from kseg.tune.ledger import Ledger, read_ledger
from kseg.tune.loop import SearchLoop
from kseg.tune.opening import open_data, read_trials
from kseg.tune.record import former_keys
from kseg.tune.tables import write_trials
from kseg.workflow.folders import refuse_unwritable
from kseg.workflow.hold import hold_folder
from kseg.workflow.log import RunLog


def search(
    loaded: LoadedRecipe,
    folder: Path,
    work: Path,
    engine: Engine,
    tell: Callable[[str], object],
    write_report: Callable[[Path], Path] | None = None,
    *,
    accept_changes: bool = False,
    jobs: Jobs | None = None,
) -> SearchResult:
    """Look for a better recipe, or go on with a search that was interrupted or is to be longer.

    Every trial is a training in a process of its own; what it dies of is its result. All that is
    known lies in one small file for each trial, so that a search that is killed goes on where it
    was, and a trial that was running from its last checkpoint.

    Args:
        loaded: `LoadedRecipe` with a `tune` section.
        folder: the search folder. A file called `stop` in it stops the search, as Ctrl-C does.
        work: folder for caches and the phantom.
        engine: `Engine`; it is closed at the end.
        tell: function of a sentence, for a person.
        write_report: function of the search folder that writes its page; or None.
        accept_changes: bool, go on although space, objective, data or versions have changed.
        jobs: `Jobs`, what is done in processes of their own; None for trainings by kseg.

    Returns:
        `SearchResult`.

    Raises:
        KsegError: if the recipe, the data or the folder cannot be used, or no trial was completed.
        RunStoppedError: if it was asked to stop; the same call goes on from there.
    """
    if loaded.recipe.tune is None:
        raise RecipeError(
            why="the recipe has no `tune` section, so that there is nothing to look for",
            file=loaded.path,
            fix="write what may change under `tune: {space: ...}`, as in the recipe hippocampus",
            code="KS-F09",
        )
    refuse_unwritable(work)
    jobs = jobs or Jobs()
    stop = Stop(folder / STOP_FILE, tell)
    log = RunLog(folder / "log.jsonl", tell)
    kept = "nothing that was found is lost"
    hold = hold_folder(folder, stop, log, loaded.data_root, command="kseg tune", kept=kept)
    with engine, hold:
        begun = read_ledger(folder)
        ledger = Ledger(folder, loaded, 0.0 if begun is None else begun["spent_seconds"])
        open_data(ledger, begun, work, engine, jobs, log, accept_changes=accept_changes)
        store, study, waiting = read_trials(loaded, folder, log)
        ledger.former = former_keys(store.records.values(), loaded.recipe.tune.space)
        # Together: the page reads the columns of the one by the keys of the other.
        write_trials(folder, store.records.values(), loaded.recipe.tune)
        ledger.write()
        loop = SearchLoop(loaded, work, engine, jobs, ledger, store, study, waiting, log, stop)
        try:
            loop.run()
            return close_search(loaded, folder, loop, log, write_report)
        except Stopped:
            loop.halt("the search was stopped")
            raise
