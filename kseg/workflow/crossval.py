"""All folds of a recipe, each a run of its own, and their scores as one table."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from pathlib import Path

from kseg.dataset import DataSet
from kseg.engine import Engine, open_engine
from kseg.errors import KsegError
from kseg.evaluate import EvaluateSettings, Summary, summarise
from kseg.fit import STOP_FILE, RunStoppedError, Stop, Stopped
from kseg.recipe import LoadedRecipe
from kseg.storage import FolderLock, remove_leftovers
from kseg.workflow.components import plugin_packages
from kseg.workflow.crossval_check import (
    check_data,
    open_whole,
    refuse_changed,
    refuse_other_folder,
)
from kseg.workflow.crossval_files import (
    Crossval,
    begin_files,
    write_folds,
    write_pool,
    write_record,
)
from kseg.workflow.crossval_folds import Fold, plan_folds, refuse_digits
from kseg.workflow.crossval_job import train_fold, try_recipe
from kseg.workflow.crossval_outcome import (
    FAILED,
    FINISHED,
    WAITING,
    FoldOutcome,
    outcome_of,
    raise_common_error,
)
from kseg.workflow.crossval_pool import fold_scores, pool_scores
from kseg.workflow.crossval_run import run_folds
from kseg.workflow.crossval_words import ended_line, final_line, incomplete_lines
from kseg.workflow.folders import refuse_unwritable
from kseg.workflow.log import Progress, RunLog
from kseg.workflow.train import report_line


@dataclass(frozen=True)
class CrossvalResult:
    """What a cross-validation ended with.

    Args:
        folder: its folder.
        summary: `Summary` of all cases; None where a fold did not finish.
        settings: `EvaluateSettings` of the scores.
        last_words: tuple of str, the lines that it ends with.
    """

    folder: Path
    summary: Summary | None
    settings: EvaluateSettings
    last_words: tuple[str, ...]


@dataclass(frozen=True)
class FoldOptions:
    """How every fold is trained.

    Args:
        work: folder for caches and the phantom.
        write_report: function of a folder that writes its page and returns the page's path, for
            the folds and for all of them together; or None.
        accept_changes: bool, go on with trainings although recipe, data or kseg have changed.
        deterministic: bool, use only operations that repeat bit for bit on a GPU too.
    """

    work: Path
    write_report: Callable[[Path], Path] | None = None
    accept_changes: bool = False
    deterministic: bool = False


def cross_validate(
    loaded: LoadedRecipe,
    folder: Path,
    options: FoldOptions,
    tell: Callable[[str], object],
    progress: Progress | None = None,
    *,
    engine: str = "local",
    workers: int = 1,
    address: str | None = None,
) -> CrossvalResult:
    """Train and validate all folds of a recipe, or go on with them, and pool their scores.

    Each fold is a run as `train` makes it, in a process of its own and in `folder/fold_N`. One that
    fails ends no other. This process does no work of TensorFlow itself.

    Args:
        loaded: `LoadedRecipe`; its `data.fold` is not read.
        folder: folder of the cross-validation. A file called `stop` in it stops all folds.
        options: `FoldOptions`.
        tell: function of a sentence, for a person.
        progress: function of what is done, what there is in all, and a word for it; or None.
        engine: str, what runs the folds: `"local"` or `"ray"`.
        workers: int, how many folds run at a time.
        address: str, where the engine is; None for its default.

    Returns:
        `CrossvalResult`.

    Raises:
        KsegError: if the data, the recipe or the folder cannot be used, or every fold failed for
            the same reason.
        RunStoppedError: if it was asked to stop; the same call goes on from there.
    """
    refuse_digits(loaded)
    stop = Stop(folder / STOP_FILE, tell)
    log = RunLog(folder / "log.jsonl", tell, progress, watch=stop.check)
    refuse_unwritable(folder)
    with FolderLock(folder), stop.signals():
        # A fold that another process holds is none of ours to clean.
        remove_leftovers(folder, below=False)
        stop.forget_file()
        try:
            prepared = _prepare(loaded, folder, options, log)
            named = {} if address is None else {"address": address}
            with open_engine(engine, workers, **named) as opened:
                crossval = Crossval(loaded, prepared.dataset, engine, opened.workers)
                outcomes = _run(crossval, prepared.folds, folder, options, opened, stop, log)
            return _conclude(crossval, outcomes, prepared, folder, options, log)
        except Stopped as stopped:
            stop.forget_file()
            log(f"stopped by {stopped.reason}")
            raise RunStoppedError(
                why=f"stopped by {stopped.reason}; no fold has lost anything that was trained",
                file=folder,
                fix="the same command goes on from here",
                code="KS-G07",
            ) from None


@dataclass(frozen=True)
class _Prepared:
    """What is known before a fold begins."""

    dataset: DataSet
    cases: tuple[str, ...]
    settings: EvaluateSettings
    folds: tuple[Fold, ...]


def _prepare(loaded: LoadedRecipe, folder: Path, options: FoldOptions, log: RunLog) -> _Prepared:
    """Refuse what can be refused before a fold begins."""
    opened = open_whole(loaded, options.work)
    dataset = opened.dataset
    log.mark = "phantom: " if dataset.phantom else ""
    folds = plan_folds(loaded, dataset, folder)
    settings = check_data(loaded, opened, folds, log)
    refuse_other_folder(folder, folds)
    refuse_changed(folds, dataset, opened.options, folder, log, accept=options.accept_changes)
    cases = tuple(case.id for case in opened.split.train)
    return _Prepared(dataset, cases, settings, folds)


def _run(
    crossval: Crossval,
    folds: Sequence[Fold],
    folder: Path,
    options: FoldOptions,
    engine: Engine,
    stop: Stop,
    log: RunLog,
) -> tuple[FoldOutcome, ...]:
    loaded, labels = crossval.loaded, crossval.dataset.targets
    if plugin_packages(loaded.recipe):
        engine.submit(try_recipe, loaded, options.work, log=folder / "parts.log").result()
    outcomes = {fold: FoldOutcome(fold, WAITING) for fold in folds}
    begin_files(crossval, folder)
    write_record(crossval, tuple(outcomes.values()), folder)

    def submit(fold: Fold) -> Future:
        return engine.submit(
            train_fold,
            fold.loaded,
            fold.folder,
            options.work,
            options.write_report,
            options.accept_changes,
            options.deterministic,
            log=folder / f"{fold.folder.name}.log",
        )

    def ended(fold: Fold, future: Future) -> None:
        outcome = _judged(outcome_of(fold, future), labels, phantom=crossval.dataset.phantom)
        log(ended_line(outcome, tuple(outcomes.values())), fold=fold.number, status=outcome.status)
        outcomes[fold] = outcome
        write_record(crossval, tuple(outcomes.values()), folder)

    left = run_folds(folds, submit, engine.workers, stop, log, ended)
    if left or (stop.is_asked() and any(o.status != FINISHED for o in outcomes.values())):
        raise Stopped(stop.reason)
    return tuple(outcomes.values())


def _judged(outcome: FoldOutcome, labels: Sequence[str], *, phantom: bool) -> FoldOutcome:
    """Return the outcome with the scores of its fold, if it finished."""
    if outcome.status != FINISHED:
        return outcome
    try:
        scores = fold_scores(outcome.fold, labels)
    except KsegError as error:
        return replace(outcome, status=FAILED, error=error)
    return replace(outcome, scores=scores, summary=summarise(scores, phantom=phantom))


def _conclude(
    crossval: Crossval,
    outcomes: Sequence[FoldOutcome],
    prepared: _Prepared,
    folder: Path,
    options: FoldOptions,
    log: RunLog,
) -> CrossvalResult:
    """Write the tables of all folds, and their page."""
    dataset = crossval.dataset
    raise_common_error(outcomes)
    tables = {outcome.fold.number: outcome.scores for outcome in outcomes}
    scores, missing = pool_scores(tables, prepared.cases)
    summary = None
    if scores:
        summary = write_pool(
            scores, missing, outcomes, prepared.settings, folder, phantom=dataset.phantom
        )
    is_whole = all(outcome.status == FINISHED for outcome in outcomes) and not missing
    whole = summary if is_whole else None
    write_folds(dataset, outcomes, folder)
    write_record(crossval, outcomes, folder, summary=whole)
    if options.write_report is not None and scores:
        log(report_line(options.write_report, folder))
    if whole is None:
        lines = incomplete_lines(dataset, outcomes, missing, folder)
    else:
        lines = [final_line(dataset, outcomes, whole, folder)]
    for line in lines:
        log.store(line)
    return CrossvalResult(
        folder, whole, prepared.settings, tuple(log.mark + line for line in lines)
    )
