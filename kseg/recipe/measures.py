"""What a search can be judged by: the numbers that a trial measures, as far as a recipe tells."""

from collections.abc import Iterator

from kseg.recipe.located import Path
from kseg.recipe.schema import Recipe
from kseg.recipe.sections_component import METRIC_WORDS

# Once, when a trial has ended.
MEASURED_AT_THE_END = ("steps", "seconds_per_scan", "memory_gib", "parameters")
# In each epoch, whatever `fit.metrics` says.
MEASURED_ALWAYS = ("loss", "learning_rate", "seconds")
# Of pictures of digits, in each epoch as well.
MEASURED_OF_DIGITS = ("val_accuracy", "accuracy")
_SCORE = "val_dice"


def measure_problems(recipe: Recipe) -> Iterator[tuple[Path, str, str, object]]:
    """Yield what of an objective no trial will measure, or no epoch where epochs are judged.

    Args:
        recipe: `Recipe` with a `tune` section.

    Yields:
        The place within the recipe, what must hold, what to do, and what was received.
    """
    objective = recipe.tune.objective
    names = tuple(objective) if isinstance(objective, dict) else (objective.metric,)
    place = ("tune", "objective")
    are_digits = recipe.data.source == "digits"
    own = [metric for metric in recipe.fit.metrics if metric in METRIC_WORDS]
    scores = MEASURED_OF_DIGITS if are_digits else (_SCORE, *own)
    by_label = () if are_digits else (f"{_SCORE}_",)
    known = (*scores, *MEASURED_ALWAYS, *MEASURED_AT_THE_END)
    # A metric of somebody's package names its column when it is made.
    is_open = len(own) < len(recipe.fit.metrics) or "fit.metrics" in {
        *recipe.tune.space, *recipe.tune.trial,
    }  # fmt: skip
    for name in names:
        is_score = name.startswith("val_")
        if name in known or name.startswith(by_label) or (is_open and not is_score):
            continue
        label = f", or {_SCORE}_ and the name of a label" if by_label else ""
        yield (
            place,
            "must name what a trial measures",
            f"Take one of {', '.join(known)}{label}.",
            name,
        )
    late = [name for name in names if name in MEASURED_AT_THE_END]
    if recipe.tune.prune is not None and late:
        yield (
            ("tune", "prune"),
            f"must be null with an objective that names {late[0]}, which is measured when a trial "
            "has ended: no epoch before could be judged",
            "Remove `prune`, or the metric from the objective.",
            None,
        )
