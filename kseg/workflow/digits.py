"""A training on digits: arrays in memory instead of cases in files."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import keras

from kseg.bundle import load_network, read_model
from kseg.dataset import DataSet, ReadOptions
from kseg.dataset.sources.digits import DIGIT_NAMES, DIGIT_SHAPE, Digits, open_digits
from kseg.errors import RecipeError
from kseg.evaluate import EvaluateSettings
from kseg.fit import Job, fit
from kseg.recipe import LoadedRecipe, Recipe
from kseg.storage import sha256_file
from kseg.workflow.components import plugin_packages
from kseg.workflow.digits_namer import ACCURACY, DigitNamer, DigitValidation
from kseg.workflow.digits_outcome import CHANNEL, PLAN, write_digits_outcome, write_digits_record
from kseg.workflow.digits_recipe import refuse_keys_of_scans
from kseg.workflow.digits_score import DigitsSummary, case_id, write_digit_tables
from kseg.workflow.digits_stream import make_digit_streams, rows_of_step
from kseg.workflow.identity import data_identity, recipe_identity
from kseg.workflow.job import fit_settings, start_network
from kseg.workflow.material import Material
from kseg.workflow.memory import memory_advice
from kseg.workflow.network import Network
from kseg.workflow.part import Part
from kseg.workflow.result import RunResult
from kseg.workflow.sitting import Sitting
from kseg.workflow.trial import try_parts


def train_digits(
    loaded: LoadedRecipe,
    recipe: Recipe,
    sitting: Sitting,
    taken_up: Callable[[], object],
    part: Part | None = None,
) -> RunResult:
    """Train a network to name digits, and judge the model folder by those that were kept.

    Args:
        loaded: `LoadedRecipe` whose `data.source` is `digits`.
        recipe: its `Recipe`, the precision resolved.
        sitting: `Sitting`.
        taken_up: function that is called once a training that was begun is sure to go on.
        part: `Part`, train only a share and leave no model; or None.

    Returns:
        `RunResult`.

    Raises:
        KsegError: if the data, the recipe or the folder cannot be used, or training diverges.
    """
    refuse_keys_of_scans(loaded)
    folder, log = sitting.folder, sitting.log
    digits = open_digits(loaded.data_root, download=recipe.data.download)
    train, test = len(digits.train_labels), len(digits.test_labels)
    log(f"{digits.file.stem}: {train:,} digits train, {test:,} validate")
    if sitting.begun is None:
        write_digits_record(digits, folder)

    def go_on():
        taken_up()
        write_digits_record(digits, folder)

    network = start_naming(loaded, recipe, digits, sitting)
    job = make_digits_job(recipe, digits, network, sitting, go_on)
    with memory_advice(recipe, network.model, folder):
        if part is not None:
            part.refuse_too_large(recipe, network.model, (*DIGIT_SHAPE, 1))
            return part.train(job, folder, False, test)
        state = fit(job)
    sitting.refuse_if_taken_over()
    if write_digits_outcome(recipe, digits, network, state, loaded, folder):
        log(
            f"model written to {folder / 'model'}",
            elapsed_seconds=sitting.clock.elapsed_seconds(),
        )
    # By the folder and not by the network in memory: what is judged is what is kept.
    predicted = DigitNamer(load_network(read_model(folder / "model"), plugin_packages(recipe)))(
        digits.test_images
    )
    summary = write_digit_tables(folder / "validation", digits, predicted)
    return RunResult(folder, state, summary, False, last_words(digits, summary, folder))


def start_naming(loaded: LoadedRecipe, recipe: Recipe, digits: Digits, sitting: Sitting) -> Network:
    """Build and compile the network, which must give one prediction for one digit.

    Args:
        loaded: `LoadedRecipe`, for the path of `fit.init`.
        recipe: `Recipe`, its precision resolved.
        digits: `Digits`.
        sitting: `Sitting`.

    Returns:
        `Network`.

    Raises:
        RecipeError: if the network is not made for digits.
    """
    dataset = DataSet(digits.file.stem, "digits", digits.file, (), DIGIT_NAMES, (CHANNEL,))
    try_parts(recipe, dataset, output_size=(1, 1))
    # Class weights are all that is asked of the cases, and they count labels alone.
    material = Material(dataset, PLAN, ReadOptions(), EvaluateSettings(), (digits,), (), ())
    network = start_network(loaded, recipe, material, sitting)
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
    recipe: Recipe,
    digits: Digits,
    network: Network,
    sitting: Sitting,
    taken_up: Callable[[], object],
) -> Job:
    """Put together what `kseg.fit.fit` needs.

    Args:
        recipe: `Recipe`, its precision resolved.
        digits: `Digits`.
        network: `Network`.
        sitting: `Sitting`.
        taken_up: function that is called once a training that was begun is sure to go on.

    Returns:
        `Job`, whose last epoch is validated like every other.
    """
    batch, seed = recipe.patches.batch, recipe.fit.seed
    count = len(digits.train_labels)
    identity, log = digits_identity(recipe, digits), sitting.log
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
        checkpoints=sitting.checkpoints,
        identity=identity,
        clock=sitting.clock,
        log=log,
        progress=log.progress,
        accepted=sitting.accept(identity),
        stop=sitting.stop,
        taken_up=taken_up,
        before_saving=sitting.refuse_if_taken_over,
    )


def digits_identity(recipe: Recipe, digits: Digits) -> dict[str, object]:
    """Return what must stay the same for a training to go on with the same bits.

    Args:
        recipe: `Recipe`, its precision resolved.
        digits: `Digits`, whose file stands for all of them.

    Returns:
        Dict of plain data.
    """
    file = {digits.file.stem: sha256_file(digits.file)}
    return recipe_identity(recipe) | data_identity(DIGIT_NAMES, (CHANNEL,), file, {})


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
