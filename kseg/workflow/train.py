"""One training run: from a recipe to a model folder, masks and a table."""

import math
from collections.abc import Callable
from pathlib import Path

from kseg.bundle import read_model
from kseg.errors import KsegError
from kseg.evaluate import Summary
from kseg.fit import Clock, fit
from kseg.recipe import LoadedRecipe, Recipe
from kseg.storage import FolderLock, make_folder, write_bytes, write_json
from kseg.workflow.components import check_components, plugin_packages
from kseg.workflow.digits import train_digits
from kseg.workflow.job import make_job, start_network
from kseg.workflow.log import Progress, RunLog
from kseg.workflow.machine import (
    describe_environment,
    resolve_precision,
    use_precision,
    use_threads,
)
from kseg.workflow.material import Material, gather_material
from kseg.workflow.outcome import change, write_outcome
from kseg.workflow.provenance import write_data_record, write_origins
from kseg.workflow.result import RunResult
from kseg.workflow.scan import make_predictor
from kseg.workflow.validate import validate_finally


def train(
    loaded: LoadedRecipe,
    folder: Path,
    work: Path,
    tell: Callable[[str], object],
    progress: Progress | None = None,
    write_report: Callable[[Path], Path] | None = None,
) -> RunResult:
    """Train a network by a recipe, or go on with a training that was interrupted.

    Args:
        loaded: `LoadedRecipe`.
        folder: the run folder.
        work: folder for caches and the phantom.
        tell: function of a sentence, for a person.
        progress: function of what is done, what there is in all, and a word for it; or None.
        write_report: function of the run folder that writes its page and returns the page's path;
            or None. It comes last, so that a page that fails costs nothing of the run.

    Returns:
        `RunResult`.

    Raises:
        KsegError: if the data, the recipe or the folder cannot be used, or training diverges.
    """
    clock = Clock()
    make_folder(folder)
    with FolderLock(folder):
        log = RunLog(folder / "log.jsonl", tell, progress)
        threads = use_threads(loaded.recipe.fit.threads)
        precision = resolve_precision(loaded.recipe.fit.precision)
        recipe = change(loaded.recipe, "fit", precision=precision)
        use_precision(precision)
        log(f"{threads} threads, {precision}")
        # Once the threads are set: other people's code may start TensorFlow when it is imported.
        check_components(recipe, log)
        # A training that has begun keeps its record; going on with another recipe is refused below.
        if not (folder / "checkpoints").is_dir():
            write_bytes(folder / "recipe.yaml", loaded.path.read_bytes())
            write_origins(loaded, folder)
            write_json(folder / "environment.json", describe_environment(threads, precision))
        if recipe.data.source == "digits":
            result = train_digits(loaded, recipe, folder, clock, log)
        else:
            result = _train_scans(loaded, recipe, folder, work, clock, log)
        if write_report is not None:
            log(_report_line(write_report, folder))
        for line in result.last_words:
            log(line)
    return result


def _train_scans(
    loaded: LoadedRecipe, recipe: Recipe, folder: Path, work: Path, clock: Clock, log: RunLog
) -> RunResult:
    material = gather_material(loaded, work, log)
    if not (folder / "checkpoints").is_dir():
        write_data_record(material, folder)
    network = start_network(loaded, recipe, material, log)
    state = fit(make_job(recipe, material, network, folder, clock, log))
    write_outcome(loaded, recipe, material, network, state, folder)
    log(f"model written to {folder / 'model'}", elapsed_seconds=clock.elapsed_seconds())
    summary = None
    if material.validation_cases:
        predictor = make_predictor(
            read_model(folder / "model"),
            threads=recipe.fit.threads,
            allow_plugins=plugin_packages(recipe),
        )
        summary = validate_finally(predictor, material, folder / "validation", log)
    words = (final_line(recipe, material, summary, folder),)
    return RunResult(folder, state, summary, material.dataset.phantom, words)


def _report_line(write_report: Callable[[Path], Path], folder: Path) -> str:
    try:
        return f"report -> {write_report(folder)}"
    except (KsegError, OSError) as error:
        return f"no report was written ({error}); `kseg report {folder}` writes it"


def final_line(recipe: Recipe, material: Material, summary: Summary | None, folder: Path) -> str:
    """Return the line that a run ends with: what was judged, how well, and where it lies."""
    dataset = material.dataset
    says_so = not dataset.phantom or "phantom" in dataset.name
    name = dataset.name if says_so else f"{dataset.name} (phantom)"
    if summary is None:
        return f"{name}: trained on all cases, so nothing was validated -> {folder}"
    labels = ", ".join(
        f"{entry.label} {'-' if math.isnan(entry.dice.mean) else f'{entry.dice.mean:.4f}'}"
        for entry in summary.labels
    )
    return (
        f"{name}, fold {recipe.data.fold}: mean Dice {summary.mean_dice:.4f} ({labels}) "
        f"over {summary.cases} whole validation cases -> {folder}"
    )
