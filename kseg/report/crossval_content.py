"""From the folder of a cross-validation to what its page tells."""

import math
from dataclasses import replace
from pathlib import Path

from kseg.evaluate import Summary, first_names, summarise
from kseg.report._format import plain
from kseg.report.charts import score_charts
from kseg.report.classes import class_sizes, true_volumes_ml
from kseg.report.content import CasePictures, Fact, PageContent, RecipeLine
from kseg.report.crossval_files import CrossvalFiles
from kseg.report.recipe_lines import recipe_lines
from kseg.report.recipe_pictures import recipe_pictures
from kseg.report.run_content import environment_facts
from kseg.report.run_files import RunFiles, read_run
from kseg.report.words import score_warnings
from kseg.words import counted

_FOLD_KEY = "data.fold"


def crossval_content(files: CrossvalFiles, work: Path, data: Path | None = None) -> PageContent:
    """Gather what the page of a cross-validation tells.

    Args:
        files: `CrossvalFiles`.
        work: folder for caches, where the phantom lies.
        data: folder or table of the scans, if it has moved since; None takes the recipe's.

    Returns:
        `PageContent`. Without the scores of all folds it tells no mean: one over some of the
        cases would be taken for that of the cross-validation.
    """
    scores = files.pooled.scores
    summary = summarise(scores, phantom=files.phantom) if files.complete and scores else None
    runs = _runs(files)
    pictures, note = _pictures(files, runs, work, data)
    return PageContent(
        title=f"{files.name}, {len(files.folds)} folds",
        lead=_lead(files, summary),
        phantom=files.phantom,
        facts=_facts(files),
        warnings=(*_warnings(files), *score_warnings(scores, summary)),
        summary=summary,
        scores=scores,
        tolerance_mm=files.pooled.tolerance_mm,
        folds=tuple(fold.line for fold in files.folds),
        charts=score_charts(scores, files.labels),
        pictures=pictures,
        pictures_note=note,
        classes=class_sizes(true_volumes_ml(scores)) if scores else (),
        recipe=_recipe(files),
        environment=environment_facts(runs[0].environment) if runs else (),
        labels=files.labels,
    )


def _runs(files: CrossvalFiles) -> tuple[RunFiles, ...]:
    """Return the folds that can be read as runs and have finished."""
    finished = [fold for fold in files.folds if not fold.line.trouble]
    return tuple(
        read_run(fold.folder) for fold in finished if (fold.folder / "recipe.yaml").is_file()
    )


def _lead(files: CrossvalFiles, summary: Summary | None) -> str:
    if summary is None:
        done = sum(not fold.line.trouble for fold in files.folds)
        return (
            f"A cross-validation on {files.data_set} of which {done} of "
            f"{counted(len(files.folds), 'fold')} are finished."
        )
    return (
        f"{len(files.folds)} networks trained on {files.data_set}, each on the cases of all folds "
        f"but one: mean Dice {summary.mean_dice:.3f} over {counted(summary.cases, 'case')}, each "
        "judged whole, on its own grid, by the network that was not trained on it. Standard "
        f"deviation over folds {plain(files.deviation)}."
    )


def _facts(files: CrossvalFiles) -> tuple[Fact, ...]:
    kind = "synthetic scans (phantom)" if files.phantom else f"{files.layout} layout"
    sizes = [fold.line.cases for fold in files.folds]
    lines = [fold.line for fold in files.folds if not fold.line.trouble]
    facts = [
        Fact("Data", f"{files.data_set}, {kind}"),
        Fact("Cases", f"{sum(sizes):,} in {counted(len(sizes), 'fold')}"),
        Fact("Channels", ", ".join(files.channels)),
        Fact("Labels", ", ".join(files.labels)),
    ]
    steps = [line.steps for line in lines if line.steps is not None]
    if steps:
        few, many = min(steps), max(steps)
        told = f"{few:,}" if few == many else f"{few:,} to {many:,}"
        facts.append(Fact("Steps of a fold", told))
    minutes = [line.minutes for line in lines if not math.isnan(line.minutes)]
    if minutes:
        facts.append(Fact("Time to train", f"{sum(minutes):.1f} minutes, all folds together"))
    return tuple(facts)


def _warnings(files: CrossvalFiles) -> tuple[str, ...]:
    warnings = []
    if not files.complete:
        troubled = [fold for fold in files.folds if fold.line.trouble]
        cases = sum(len(fold.cases) for fold in files.folds)
        warnings.append(
            f"This cross-validation is incomplete: {len(files.missing)} of {cases} cases have no "
            f"score ({first_names(files.missing)}). What is shown is of the other cases, and no "
            "mean is told. Run the same `kseg crossval` again to go on."
        )
        warnings += [f"Fold {fold.line.fold} {fold.line.trouble}." for fold in troubled]
    changed = [fold for fold in files.folds if fold.accepted]
    warnings += [
        f"Fold {fold.line.fold} went on with changes, {'; '.join(fold.accepted)}."
        for fold in changed
    ]
    return (*warnings, *files.pooled.notes)


def _pictures(
    files: CrossvalFiles, runs: tuple[RunFiles, ...], work: Path, data: Path | None
) -> tuple[tuple[CasePictures, ...], str]:
    locked = next((run.locked for run in runs if run.locked is not None), None)
    if locked is None or not files.pooled.scores:
        return (), ""
    home = files.pooled.folder
    folder_of = {case: fold.folder for fold in files.folds for case in fold.cases}

    def mask_of(case: str) -> Path:
        return folder_of.get(case, home) / "validation" / "masks" / f"{case}.nii.gz"

    return recipe_pictures(locked, files.pooled.scores, mask_of, work, data)


def _recipe(files: CrossvalFiles) -> tuple[RecipeLine, ...]:
    numbers = ", ".join(str(fold.line.fold) for fold in files.folds)
    return tuple(
        replace(line, value=f"each of {numbers}", origin="kseg crossval")
        if line.key == _FOLD_KEY
        else line
        for line in recipe_lines(files.pooled.origins, None)
    )
