"""What losses and metrics are told of the labels, and whether a recipe's can be told it."""

from collections.abc import Iterator

from kseg.dataset import DataSet
from kseg.errors import RecipeError
from kseg.plugins import KINDS, Component, find_component, takes_argument
from kseg.recipe import METRIC_WORDS, LoadedRecipe, Recipe, region_conflicts, write_flow
from kseg.workflow.metrics import metric_parts

MEANING = {
    "regions": "regions are learned, which may overlap",
    "ignore_label": "some voxels are to be ignored",
}


def told_of(dataset: DataSet) -> dict[str, object]:
    """Return what losses and metrics must know of the labels beside the number of outputs.

    Args:
        dataset: `DataSet`.

    Returns:
        dict of the arguments `regions` (lists of labels) and `ignore_label`, each where there is
        one; empty for labels that exclude each other and are everywhere.
    """
    told: dict[str, object] = {}
    if dataset.regions is not None:
        told["regions"] = [list(labels) for labels in dataset.regions.labels]
    if dataset.ignore is not None:
        told["ignore_label"] = dataset.ignore
    return told


def check_told(loaded: LoadedRecipe, dataset: DataSet) -> None:
    """Refuse a recipe whose losses or metrics cannot be told what the data set says.

    Args:
        loaded: `LoadedRecipe`.
        dataset: `DataSet`.

    Raises:
        RecipeError: with every such key.
    """
    recipe, told = loaded.recipe, told_of(dataset)
    problems = []
    if dataset.regions is not None:
        problems += [
            f"{'.'.join(found.key)}: {found.must}. Received: {write_flow(found.received)}. "
            f"{found.advice}"
            for found in region_conflicts(recipe)
        ]
    for key, component in _foreign(recipe):
        for name in told:
            if not takes_argument(component, name):
                problems.append(
                    f"{key}: the {KINDS[component.kind]} `{component.name}` of {component.origin} "
                    f"must take the argument `{name}`, since {MEANING[name]}"
                )
    if problems:
        names = ", ".join(dataset.targets)
        raise RecipeError(
            why="; ".join(problems),
            file=loaded.path,
            fix=f"change these keys; what is learned of {dataset.name} are {names}",
            code="KS-F09",
        )


def _foreign(recipe: Recipe) -> Iterator[tuple[str, Component]]:
    for word, section in (recipe.loss.plugins or {}).items():
        yield f"loss.plugins.{word}", find_component("losses", section.name)
    for name, _ in map(metric_parts, recipe.fit.metrics):
        if name not in METRIC_WORDS:
            yield "fit.metrics", find_component("metrics", name)
