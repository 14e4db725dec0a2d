"""The data of a recipe, checked, split and cached for many trainings to come."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from kseg.dataset.sources.digits import open_digits
from kseg.recipe import MEASURED_ALWAYS, MEASURED_OF_DIGITS, LoadedRecipe
from kseg.workflow.components import check_components
from kseg.workflow.digits import digits_identity
from kseg.workflow.identity import recipe_identity
from kseg.workflow.job import training_identity
from kseg.workflow.log import RunLog
from kseg.workflow.material import gather_material
from kseg.workflow.metrics import make_metrics
from kseg.workflow.targets import told_of
from kseg.workflow.validate import score_columns


@dataclass(frozen=True)
class PreparedData:
    """What is known of data that are ready.

    Args:
        identity: plain data, what of the data must not change while trainings are compared.
        told: str, the data in a sentence.
        phantom: bool, whether the scans are synthetic.
        validation_cases: int, cases that validate.
        columns: names of what each validated epoch of a training measures.
    """

    identity: Mapping[str, object]
    told: str
    phantom: bool
    validation_cases: int
    columns: tuple[str, ...]


def prepare_data(loaded: LoadedRecipe, work: Path, tell: Callable[[str], object]) -> PreparedData:
    """Check, split and cache the data of a recipe.

    Args:
        loaded: `LoadedRecipe`.
        work: folder for caches and the phantom.
        tell: function of a sentence, for a person.

    Returns:
        `PreparedData`.

    Raises:
        KsegError: if the data cannot be used.
    """
    recipe = loaded.recipe
    log = RunLog(None, tell)
    check_components(recipe, log)
    if recipe.data.source == "digits":
        digits = open_digits(loaded.data_root, download=recipe.data.download)
        train, validation = len(digits.train_labels), len(digits.test_labels)
        identity, name, phantom = digits_identity(recipe, digits), digits.file.stem, False
        what = "digits"
        columns = MEASURED_OF_DIGITS
    else:
        material = gather_material(loaded, work, log)
        train, validation = len(material.train), len(material.validation_cases)
        dataset = material.dataset
        identity, name, phantom = training_identity(recipe, material), dataset.name, dataset.phantom
        what = "cases"
        metrics = make_metrics(recipe.fit.metrics, dataset.outputs, told_of(dataset))
        columns = (*score_columns(material), *(metric.name for metric in metrics))
    recipes = recipe_identity(recipe)
    return PreparedData(
        {key: value for key, value in identity.items() if key not in recipes},
        f"{name} ({train + validation} {what}: {train} train, {validation} validate)"
        + (", synthetic scans (phantom)" if phantom else ""),
        phantom,
        validation,
        (*columns, *MEASURED_ALWAYS),
    )
