"""Whether the time of a search suffices for a trial."""

from collections.abc import Iterator

from kseg.recipe.located import Path
from kseg.recipe.schema import Recipe
from kseg.recipe.sections_tune import TuneSection


def time_problems(tune: TuneSection, of_trials: Recipe) -> Iterator[tuple[Path, str, str, object]]:
    """Yield a budget of a search in which not even its shortest trial could end.

    Args:
        tune: `TuneSection`.
        of_trials: `Recipe` that all trials share.

    Yields:
        The place within the recipe, what must hold, what to do, and what was received.
    """
    training = of_trials.fit.budget_seconds
    if training is None or tune.budget_seconds is None:
        return
    if tune.oracle == "hyperband":
        training /= tune.factor**tune.promotions
    if training > tune.budget_seconds:
        yield (
            ("tune", "budget"),
            f"must be longer than a trial, of which the shortest trains {training:g} seconds",
            "Give more time, or shorter trials by `tune.trial: {fit.budget: ...}`.",
            tune.budget,
        )
