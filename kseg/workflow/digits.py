"""A training on digits: arrays in memory instead of cases in files."""

from dataclasses import replace
from pathlib import Path

import keras

from kseg import __version__
from kseg.bundle import load_network, read_model
from kseg.dataset import DataSet, ReadOptions
from kseg.dataset.sources.digits import DIGIT_NAMES, DIGIT_SHAPE, Digits, open_digits
from kseg.errors import RecipeError
from kseg.evaluate import EvaluateSettings
from kseg.fit import Clock, Job, fit
from kseg.recipe import LoadedRecipe, Recipe
from kseg.storage import sha256_file, sha256_json
from kseg.workflow.components import plugin_packages, plugin_versions
from kseg.workflow.digits_namer import ACCURACY, DigitNamer, DigitValidation
from kseg.workflow.digits_outcome import CHANNEL, PLAN, write_digits_outcome, write_digits_record
from kseg.workflow.digits_recipe import refuse_keys_of_scans
from kseg.workflow.digits_score import DigitsSummary, case_id, write_digit_tables
from kseg.workflow.digits_stream import make_digit_streams, rows_of_step
from kseg.workflow.job import fit_settings, start_network
from kseg.workflow.log import RunLog
from kseg.workflow.material import Material
from kseg.workflow.network import Network
from kseg.workflow.result import RunResult


def train_digits(
    loaded: LoadedRecipe, recipe: Recipe, folder: Path, clock: Clock, log: RunLog
) -> RunResult:
    """Train a network to name digits, and judge the model folder by those that were kept.

    Args:
        loaded: `LoadedRecipe` whose `data.source` is `digits`.
        recipe: its `Recipe`, the precision resolved.
        folder: the run folder.
        clock: `Clock`, started at the first read of data.
        log: `RunLog`.

    Returns:
        `RunResult`.

    Raises:
        KsegError: if the data, the recipe or the folder cannot be used, or training diverges.
    """
    refuse_keys_of_scans(loaded)
    digits = open_digits(loaded.data_root, download=recipe.data.download)
    train, test = len(digits.train_labels), len(digits.test_labels)
    log(f"{digits.file.stem}: {train:,} digits train, {test:,} validate")
    if not (folder / "checkpoints").is_dir():
        write_digits_record(digits, folder)
    network = start_naming(loaded, recipe, digits, log)
    state = fit(make_digits_job(recipe, digits, network, folder, clock, log))
    write_digits_outcome(recipe, digits, network, state, loaded, folder)
    log(f"model written to {folder / 'model'}", elapsed_seconds=clock.elapsed_seconds())
    # By the folder and not by the network in memory: what is judged is what is kept.
    predicted = DigitNamer(load_network(read_model(folder / "model"), plugin_packages(recipe)))(
        digits.test_images
    )
    summary = write_digit_tables(folder / "validation", digits, predicted)
    return RunResult(folder, state, summary, False, last_words(digits, summary, folder))


def start_naming(loaded: LoadedRecipe, recipe: Recipe, digits: Digits, log: RunLog) -> Network:
    """Build and compile the network, which must give one prediction for one digit.

    Args:
        loaded: `LoadedRecipe`, for the path of `fit.init`.
        recipe: `Recipe`, its precision resolved.
        digits: `Digits`.
        log: `RunLog`.

    Returns:
        `Network`.

    Raises:
        RecipeError: if the network is not made for digits.
    """
    dataset = DataSet(digits.file.stem, "digits", digits.file, (), DIGIT_NAMES, (CHANNEL,))
    # Class weights are all that is asked of the cases, and they count labels alone.
    material = Material(dataset, PLAN, ReadOptions(), EvaluateSettings(), (digits,), (), ())
    network = start_network(loaded, recipe, material, log)
    model = network.model
    _refuse_other_shapes(model, loaded)
    with model.distribute_strategy.scope():
        # The overlap of regions, which scans are watched by, says nothing of a single pixel.
        model.compile(
            optimizer=model.optimizer,
            loss=model.loss,
            metrics=[keras.metrics.SparseCategoricalAccuracy(name="accuracy")],
        )
    return network


def make_digits_job(
    recipe: Recipe, digits: Digits, network: Network, folder: Path, clock: Clock, log: RunLog
) -> Job:
    """Put together what `kseg.fit.fit` needs.

    Args:
        recipe: `Recipe`, its precision resolved.
        digits: `Digits`.
        network: `Network`.
        folder: the run folder.
        clock: `Clock`, started at the first read of data.
        log: `RunLog`.

    Returns:
        `Job`, whose last epoch is validated like every other.
    """
    batch, seed = recipe.patches.batch, recipe.fit.seed
    count = len(digits.train_labels)
    return Job(
        model=network.model,
        set_total_steps=network.schedule.set_total_steps,
        stream=make_digit_streams(digits, batch, seed),
        cases_of_step=lambda step: [
            case_id("train", row) for row in rows_of_step(count, batch, seed, step)
        ],
        validate=DigitValidation(digits),
        score=ACCURACY,
        settings=replace(fit_settings(recipe.fit, can_validate=True), validate_last=True),
        checkpoints=folder / "checkpoints",
        fingerprint=digits_fingerprint(recipe, digits),
        clock=clock,
        log=log,
        progress=log.progress,
    )


def digits_fingerprint(recipe: Recipe, digits: Digits) -> str:
    """Return a digest of all that must stay the same for a training to go on.

    Args:
        recipe: `Recipe`, its precision resolved.
        digits: `Digits`.

    Returns:
        SHA-256 in hex digits.
    """
    told = recipe.model_dump(mode="json", exclude={"data": {"root", "download"}})
    return sha256_json(
        {
            "kseg": __version__,
            "recipe": told,
            "digits": sha256_file(digits.file),
            **plugin_versions(recipe),
        }
    )


def last_words(digits: Digits, summary: DigitsSummary, folder: Path) -> tuple[str, str]:
    """Return the lines that a run ends with; the last is for programs, and always of one form."""
    share = summary.accuracy
    return (
        f"{digits.file.stem}: accuracy {share.mean:.4f} ({share.low:.4f} to {share.high:.4f}) "
        f"over {share.cases:,} test digits -> {folder}",
        f"accuracy {share.mean:.4f}",
    )


def _refuse_other_shapes(model: keras.Model, loaded: LoadedRecipe) -> None:
    one, wanted = (1, *DIGIT_SHAPE, 1), (1, 1, 1, len(DIGIT_NAMES))
    try:
        found = tuple(model.compute_output_shape(one))
    except ValueError as error:
        found = f"an error ({error})"
    if found != wanted:
        raise RecipeError(
            why=f"model: must turn one digit, {one}, into one prediction, {wanted}. "
            f"Received: {found}",
            file=loaded.path,
            fix="use `model: {name: fcn}` as in recipes/mnist.yaml",
            code="KS-F09",
        )
