"""The beginning of a search: its data, what has changed, and all that is known already."""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from kseg.engine import Engine, WorkerDiedError
from kseg.errors import KsegError
from kseg.recipe import LoadedRecipe, TuneSection, recipe_leaves, recipe_to_yaml
from kseg.storage import write_bytes, write_text
from kseg.tune.identity import refuse_changes, search_changes, search_identity
from kseg.tune.jobs import Jobs
from kseg.tune.ledger import Ledger
from kseg.tune.lifecycle import write_proposal
from kseg.tune.objective import NotFiniteError, UnknownMetricError, refuse_unmeasured, score
from kseg.tune.oracle import KerasTunerStudy
from kseg.tune.record import COMPLETED, FAILED, PRUNED, TrialRecord
from kseg.tune.replay import Replayed
from kseg.tune.space import values_of
from kseg.tune.store import TrialStore
from kseg.tune.trial_recipe import trial_recipe
from kseg.words import counted
from kseg.workflow.provenance import write_origins

BASE_FILE, LOG_FILE = "base.yaml", "prepare.log"


def open_data(
    ledger: Ledger,
    begun: Mapping[str, object] | None,
    work: Path,
    engine: Engine,
    jobs: Jobs,
    log: Callable[..., None],
    *,
    accept_changes: bool,
) -> None:
    """Prepare the data of all trials once, and refuse to go on with what has changed.

    Args:
        ledger: `Ledger`; what is known of the data is put into it.
        begun: what the folder told of the search before, or None.
        work: folder for caches and the phantom.
        engine: `Engine`.
        jobs: `Jobs`.
        log: function of a sentence.
        accept_changes: bool, go on with what has changed.

    Raises:
        KsegError: if the data cannot be used, or something has changed.
    """
    loaded, folder = ledger.loaded, ledger.folder
    if begun is not None:
        # What can be told without the data is told before time is spent on them.
        now = search_identity(loaded.recipe, {})
        refuse_changes(search_changes(begun["identity"], now), accept_changes, folder)
    base, _ = trial_recipe(loaded, {})
    write_text(folder / BASE_FILE, recipe_to_yaml(base))
    log("preparing the data")
    job = engine.submit(jobs.prepare, folder / BASE_FILE, work, log=folder / LOG_FILE)
    try:
        ledger.prepared = job.result()
    except WorkerDiedError as error:
        raise KsegError(
            why=f"preparing the data failed: {error}",
            file=folder / LOG_FILE,
            fix="see the end of this file; with too little memory, close other programs",
            code="KS-H04",
        ) from error
    log(ledger.prepared.told)
    if "fit.metrics" not in loaded.recipe.tune.space:
        refuse_unmeasured(loaded.recipe.tune, ledger.prepared.metrics)
    ledger.identity = search_identity(loaded.recipe, ledger.prepared.identity)
    if begun is not None:
        changes = search_changes(begun["identity"], ledger.identity)
        refuse_changes(changes, accept_changes, folder)
        ledger.accepted = [*begun.get("accepted", ()), *changes]
        if changes:
            log("going on with changes that were accepted: " + "; ".join(changes))
    write_bytes(folder / "recipe.yaml", loaded.path.read_bytes())
    # What the command line and the recipe's parents have added does not stand in that file.
    write_origins(loaded, folder)


def read_trials(
    loaded: LoadedRecipe, folder: Path, log: Callable[..., None]
) -> tuple[TrialStore, Replayed, list[TrialRecord]]:
    """Read all that is known of the trials, and bring the oracle back to where it was.

    Args:
        loaded: `LoadedRecipe` of the base.
        folder: the search folder.
        log: function of a sentence.

    Returns:
        `TrialStore`, `Replayed` study, and the list of the trials that have no result yet.
    """
    tune = loaded.recipe.tune
    store = TrialStore(folder)
    store.read(log)
    # In memory alone: with the objective of before, what is on the disk still holds.
    store.records = {n: scored_again(record, tune) for n, record in store.records.items()}
    known = list(store.records.values())
    places = partial(values_of, tune.space)
    base = {".".join(path): value for path, value in recipe_leaves(loaded.recipe)}
    study = Replayed(KerasTunerStudy(tune, base), known, store.lost, log, places)
    for number, proposal, place in study.recovered:
        write_proposal(store, tune, number, proposal, place)
    waiting = [record for _, record in sorted(store.records.items()) if record.is_running]
    if store.records:
        ended = len(store.records) - len(waiting)
        log(f"going on with {counted(len(store.records), 'trial')}, of which {ended} ended")
    return store, study, waiting


def scored_again(record: TrialRecord, tune: TuneSection) -> TrialRecord:
    """Return a record with the score that its measurements have by the objective of today.

    Args:
        record: `TrialRecord`.
        tune: `TuneSection`; another objective than before may have been accepted.

    Returns:
        `TrialRecord`, the same where the objective is; one that did not measure what counts now is
        one that failed.
    """
    if record.status not in (COMPLETED, PRUNED):
        return record
    try:
        value = score(tune, {**record.metrics, "seconds": record.seconds})
    except NotFiniteError as error:
        return record.changed(status=FAILED, score=None, reason=str(error), curve=())
    except UnknownMetricError as error:
        return record.changed(status=FAILED, score=None, reason=error.why, curve=())
    if value == record.score:
        return record
    # What it was at each epoch is not kept for other metrics.
    return record.changed(score=value, curve=())
