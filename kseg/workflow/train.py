"""One training run: from a recipe to a model folder, masks and a table."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from kseg.bundle import read_model
from kseg.errors import KsegError
from kseg.evaluate import Summary
from kseg.fit import STOP_FILE, Clock, Stop, fit
from kseg.recipe import LoadedRecipe, Recipe
from kseg.words import counted
from kseg.workflow.components import check_components, plugin_packages
from kseg.workflow.digits import train_digits
from kseg.workflow.folders import refuse_unwritable
from kseg.workflow.hold import hold_folder
from kseg.workflow.job import make_job, start_network
from kseg.workflow.log import Progress, RunLog
from kseg.workflow.machine import (
    describe_environment,
    tell_parallel_operations,
    use_deterministic_operations,
    use_precision,
    use_threads,
)
from kseg.workflow.material import Material, gather_material
from kseg.workflow.memory import memory_advice
from kseg.workflow.outcome import change, write_outcome
from kseg.workflow.part import Part
from kseg.workflow.provenance import write_data_record
from kseg.workflow.result import RunResult, spoken_dice, spoken_name
from kseg.workflow.scan import make_predictor
from kseg.workflow.sitting import Sitting, what_has_begun
from kseg.workflow.validate import stored_validation, validate_finally


def train(
    loaded: LoadedRecipe,
    folder: Path,
    work: Path,
    tell: Callable[[str], object],
    progress: Progress | None = None,
    write_report: Callable[[Path], Path] | None = None,
    *,
    accept_changes: bool = False,
    deterministic: bool = False,
    part: Part | None = None,
    under_driver: bool = False,
) -> RunResult:
    """Train a network by a recipe, or go on with a training that was interrupted or extended.

    Whenever it was interrupted, it ends with the same bits (on a CPU, with the same number of
    threads). A run that is finished does again only what is missing of its results; asked for more
    steps, epochs or time it goes on from its last trained weights, with the learning rate of a
    training of the new length. One that stopped early goes on with more patience only.

    Args:
        loaded: `LoadedRecipe`.
        folder: the run folder. A file called `stop` in it stops the run, as Ctrl-C does.
        work: folder for caches and the phantom.
        tell: function of a sentence, for a person.
        progress: function of what is done, what there is in all, and a word for it; or None.
        write_report: function of the run folder that writes its page and returns the page's path;
            or None. It comes last, so that a page that fails costs nothing of the run.
        accept_changes: bool, go on with a training although its recipe, its data or the version
            of kseg have changed, where that is possible; the folder tells of it.
        deterministic: bool, use only operations that repeat bit for bit on a GPU too.
        part: `Part`, train only a share and leave no model; or None.
        under_driver: bool, this is a job of a search or a cross-validation that holds the folder
            around the run folder; a lost job of it may have left its lock from another machine.

    Returns:
        `RunResult`; without a summary for a part.

    Raises:
        KsegError: if the data, the recipe or the folder cannot be used, or training diverges.
        RunStoppedError: if it was asked to stop; the same call goes on from there.
    """
    clock = Clock()
    stop = Stop(folder / STOP_FILE, tell)
    log = RunLog(folder / "log.jsonl", tell, progress, watch=stop.check)
    kept = "nothing that was trained is lost"
    with hold_folder(
        folder,
        stop,
        log,
        loaded.data_root,
        command="kseg fit",
        kept=kept,
        under_driver=under_driver,
    ) as lock:
        fence = lock.refuse_if_taken_over
        sitting = Sitting(folder, clock, log, stop, what_has_begun(folder), accept_changes, fence)
        result = _train(loaded, work, sitting, part, deterministic=deterministic)
        if write_report is not None:
            log(report_line(write_report, folder))
        for line in result.last_words:
            log(line)
    return result


def _train(
    loaded: LoadedRecipe, work: Path, sitting: Sitting, part: Part | None, *, deterministic: bool
) -> RunResult:
    log = sitting.log
    threads = use_threads(loaded.recipe.fit.threads)
    if deterministic:
        use_deterministic_operations()
        log("deterministic operations only; what that costs on a GPU has not been measured")
    precision = sitting.precision(loaded.recipe.fit.precision)
    recipe = change(loaded.recipe, "fit", precision=precision)
    sitting.check_recipe(recipe)
    use_precision(precision)
    log(f"{counted(threads, 'thread')}, {precision}")
    tell_parallel_operations(log)
    # Once the threads are set: other people's code may start TensorFlow when it is imported.
    check_components(recipe, log)
    environment = describe_environment(threads, precision, deterministic=deterministic)
    # A training that goes on keeps its record until it is sure to go on with the recipe of today.
    if sitting.begun is None:
        sitting.record(loaded, environment)
    taken_up = partial(sitting.record, loaded, environment)
    if recipe.data.source == "digits":
        return train_digits(loaded, recipe, sitting, taken_up, part)
    return _train_scans(loaded, recipe, work, sitting, taken_up, part)


def _train_scans(
    loaded: LoadedRecipe,
    recipe: Recipe,
    work: Path,
    sitting: Sitting,
    taken_up: Callable[[], object],
    part: Part | None,
) -> RunResult:
    folder, log = sitting.folder, sitting.log
    refuse_unwritable(work)
    material = gather_material(loaded, work, log)
    if sitting.begun is None:
        write_data_record(material, folder)

    def go_on() -> None:
        taken_up()
        write_data_record(material, folder)

    network = start_network(loaded, recipe, material, sitting)
    job = make_job(recipe, material, network, sitting, go_on)
    with memory_advice(recipe, network.model, folder):
        if part is not None:
            shape = (*recipe.patches.size, len(material.dataset.channels))
            part.refuse_too_large(recipe, network.model, shape)
            cases = len(material.validation_cases)
            return part.train(job, folder, material.dataset.phantom, cases)
        state = fit(job)
    sitting.refuse_if_taken_over()
    if write_outcome(loaded, recipe, material, network, state, folder):
        log(
            f"model written to {folder / 'model'}",
            elapsed_seconds=sitting.clock.elapsed_seconds(),
        )
    summary = None
    if material.validation_cases:
        summary = stored_validation(material, folder / "validation")
        if summary is None:
            with memory_advice(recipe, network.model, folder, trains=False):
                summary = _validate(recipe, material, folder, log)
    words = (final_line(recipe, material, summary, folder),)
    return RunResult(folder, state, summary, material.dataset.phantom, words)


def _validate(recipe: Recipe, material: Material, folder: Path, log: RunLog) -> Summary:
    predictor = make_predictor(
        read_model(folder / "model"),
        threads=recipe.fit.threads,
        allow_plugins=plugin_packages(recipe),
    )
    return validate_finally(predictor, material, folder / "validation", log)


def report_line(write_report: Callable[[Path], Path], folder: Path) -> str:
    """Write the page of a folder; return where it lies, or why there is none.

    Args:
        write_report: function of the folder that writes its page and returns the page's path.
        folder: path of the folder.

    Returns:
        str.
    """
    try:
        return f"report -> {write_report(folder)}"
    except (KsegError, OSError) as error:
        return f"no report was written ({error}); `kseg report {folder}` writes it"


def final_line(recipe: Recipe, material: Material, summary: Summary | None, folder: Path) -> str:
    """Return the line that a run ends with: what was judged, how well, and where it lies."""
    name = spoken_name(material.dataset)
    if summary is None:
        return f"{name}: trained on all cases, so nothing was validated -> {folder}"
    return (
        f"{name}, fold {recipe.data.fold}: {spoken_dice(summary)} "
        f"over {counted(summary.cases, 'whole validation case')} -> {folder}"
    )
