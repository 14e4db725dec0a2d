"""The end of a search: its tables, its page, and the recipe that won."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from kseg.errors import RecipeError
from kseg.recipe import LoadedRecipe, Recipe, write_flow
from kseg.tune.best import BEST_FILE, best_trial, write_best
from kseg.tune.loop import SearchLoop, no_result
from kseg.tune.record import FAILED, TrialRecord
from kseg.tune.tables import write_tables
from kseg.workflow.train import report_line


@dataclass(frozen=True)
class SearchResult:
    """What a search ended with.

    Args:
        folder: the search folder.
        records: all trials, by number.
        best: `TrialRecord` of the winner.
        recipe: `Recipe` of the winner, as in `best.yaml`.
    """

    folder: Path
    records: tuple[TrialRecord, ...]
    best: TrialRecord
    recipe: Recipe


def close_search(
    loaded: LoadedRecipe,
    folder: Path,
    loop: SearchLoop,
    log: Callable[..., None],
    write_report: Callable[[Path], Path] | None,
) -> SearchResult:
    """Write what was found, and return it.

    Args:
        loaded: `LoadedRecipe` of the base.
        folder: the search folder.
        loop: `SearchLoop` that has run.
        log: function of a sentence.
        write_report: function of the search folder that writes its page; or None.

    Returns:
        `SearchResult`.

    Raises:
        KsegError: if no trial was completed, with the cause of the first failure; or if the best
            one does not fit a recipe whose changes were accepted.
    """
    tune = loaded.recipe.tune
    records = tuple(record for _, record in sorted(loop.store.records.items()))
    write_tables(folder, records, tune)
    loop.ledger.write()
    best = best_trial(records, tune)
    recipe, unfit = None, None
    if best is None:
        unfit = no_result(records, folder)
    else:
        try:
            recipe = write_best(folder, loaded, best)
        except RecipeError as error:
            unfit = error
    # The page comes first: it shows what each trial died of.
    if write_report is not None:
        log(report_line(write_report, folder))
    if unfit is not None:
        raise unfit
    failed = sum(record.status == FAILED for record in records)
    minutes = loop.ledger.spent_seconds() / 60
    log(
        f"{len(records)} trials in {minutes:.1f} min, {failed} failed: {loop.ledger.ended}",
        trials=len(records),
        failed=failed,
    )
    values = ", ".join(f"{key} {write_flow(value)}" for key, value in best.values.items())
    log(f"best: trial {best.trial}, score {best.score:.4f}: {values}", score=best.score)
    log(f"train it with: kseg fit {folder / BEST_FILE}")
    return SearchResult(folder, records, best, recipe)
