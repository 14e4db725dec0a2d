"""All folds of a recipe, each a run of its own, and their scores as one table."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path

from kseg.engine import Engine, open_engine
from kseg.evaluate import EvaluateSettings, Summary
from kseg.fit import STOP_FILE, Stop, Stopped
from kseg.recipe import LoadedRecipe
from kseg.workflow.components import plugin_packages
from kseg.workflow.crossval_check import (
    check_data,
    open_whole,
    refuse_changed,
    refuse_other_folds,
)
from kseg.workflow.crossval_files import (
    begin_files,
    write_folds,
    write_pool,
    write_record,
)
from kseg.workflow.crossval_folds import Crossval, Fold, plan_folds, refuse_digits
from kseg.workflow.crossval_job import train_fold, try_recipe
from kseg.workflow.crossval_outcome import (
    FINISHED,
    WAITING,
    FoldOutcome,
    outcome_of,
    raise_common_error,
)
from kseg.workflow.crossval_pool import judged, pool_scores
from kseg.workflow.crossval_run import run_folds
from kseg.workflow.crossval_words import ended_line, final_line, incomplete_lines
from kseg.workflow.failure import without_places
from kseg.workflow.hold import hold_folder
from kseg.workflow.log import Progress, RunLog
from kseg.workflow.train import report_line


@dataclass(frozen=True)
class CrossvalResult:
    """What a cross-validation ended with.

    Args:
        folder: its folder.
        summary: `Summary` of all cases; None where a fold did not finish.
        settings: `EvaluateSettings` of the scores.
        last_words: tuple of str, the lines that it ends with, to be told; they are in its log.
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
    kept = "no fold has lost anything that was trained"
    command = "kseg crossval"
    with hold_folder(folder, stop, log, loaded.data_root, command=command, kept=kept):
        crossval = _prepare(loaded, folder, options, log, engine, workers)
        named = {} if address is None else {"address": address}
        with open_engine(engine, workers, **named) as opened:
            outcomes = _run(crossval, options, opened, stop, log)
        return _conclude(crossval, outcomes, options, log)


def _prepare(
    loaded: LoadedRecipe,
    folder: Path,
    options: FoldOptions,
    log: RunLog,
    engine: str,
    workers: int,
) -> Crossval:
    """Refuse what can be refused before a fold begins."""
    opened = open_whole(loaded, options.work)
    dataset = opened.dataset
    log.mark = "phantom: " if dataset.phantom else ""
    folds = plan_folds(loaded, dataset, folder)
    settings = check_data(loaded, opened, folds, log)
    refuse_other_folds(folder, folds)
    refuse_changed(folds, dataset, opened.options, folder, log, accept=options.accept_changes)
    cases = tuple(case.id for case in opened.split.train)
    return Crossval(loaded, folder, dataset, cases, settings, folds, engine, workers)


def _run(
    crossval: Crossval, options: FoldOptions, engine: Engine, stop: Stop, log: RunLog
) -> tuple[FoldOutcome, ...]:
    """Train all folds; write down what comes of each as soon as it is known."""
    loaded, folder = crossval.loaded, crossval.folder
    if plugin_packages(loaded.recipe):
        engine.submit(try_recipe, loaded, options.work, log=folder / "parts.log").result()
    outcomes = {fold: FoldOutcome(fold, WAITING) for fold in crossval.folds}
    begin_files(crossval)
    write_record(crossval, tuple(outcomes.values()))

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
        outcome = judged(outcome_of(fold, future), crossval.dataset.targets)
        log(ended_line(outcome, tuple(outcomes.values())), fold=fold.number, status=outcome.status)
        outcomes[fold] = outcome
        write_record(crossval, tuple(outcomes.values()))

    left = run_folds(crossval.folds, submit, engine.workers, stop, log, ended)
    found = tuple(outcomes.values())
    if left or (stop.is_asked() and any(outcome.status != FINISHED for outcome in found)):
        raise Stopped(stop.reason)
    return found


def _conclude(
    crossval: Crossval, outcomes: Sequence[FoldOutcome], options: FoldOptions, log: RunLog
) -> CrossvalResult:
    """Write the tables of all folds, and their page."""
    raise_common_error(outcomes)
    tables = {outcome.fold.number: outcome.scores for outcome in outcomes}
    scores, missing = pool_scores(tables, crossval.cases)
    pooled = write_pool(crossval, outcomes, scores, missing) if scores else None
    summary = None if missing else pooled
    write_folds(crossval, outcomes)
    write_record(crossval, outcomes, summary)
    if options.write_report is not None and scores:
        log(report_line(options.write_report, crossval.folder))
    if summary is None:
        lines = incomplete_lines(crossval, outcomes, missing)
    else:
        lines = [final_line(crossval, outcomes, summary)]
    for line in lines:
        # The folder may be handed on, and a reason may tell where the scans lie.
        log.store(without_places(line, crossval.loaded.data_root))
    words = tuple(log.mark + line for line in lines)
    return CrossvalResult(crossval.folder, summary, crossval.settings, words)
