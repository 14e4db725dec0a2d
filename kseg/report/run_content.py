"""From a run folder to what its page tells."""

import math
from pathlib import Path

from kseg.evaluate import Summary, summarise
from kseg.recipe import Recipe
from kseg.report.charts import history_charts, score_charts
from kseg.report.classes import class_sizes, true_volumes_ml
from kseg.report.content import CasePictures, Fact, PageContent
from kseg.report.digits_content import are_digits, digits_facts, digits_lead
from kseg.report.recipe_lines import recipe_lines
from kseg.report.recipe_pictures import recipe_pictures
from kseg.report.run_files import RunFiles
from kseg.report.words import score_warnings
from kseg.words import counted


def run_content(files: RunFiles, work: Path, data: Path | None = None) -> PageContent:
    """Gather what the page of a run tells.

    Args:
        files: `RunFiles`.
        work: folder for caches, where the phantom lies.
        data: folder or table of the scans, if it has moved since; None takes the recipe's.

    Returns:
        `PageContent`.
    """
    recipe = files.locked.recipe if files.locked else None
    labels = tuple(dict.fromkeys(score.label for score in files.scores))
    summary = summarise(files.scores, phantom=files.phantom) if files.scores else None
    pictures, note = _pictures(files, work, data)
    volumes = files.data.train_volumes_ml if files.data else true_volumes_ml(files.scores)
    return PageContent(
        title=recipe.name if recipe else files.folder.resolve().name,
        lead=_lead(files, summary),
        phantom=files.phantom,
        facts=_facts(files, recipe),
        warnings=(*_warnings(files), *score_warnings(files.scores, summary)),
        summary=summary,
        scores=files.scores,
        tolerance_mm=files.tolerance_mm,
        charts=(*history_charts(files.history), *score_charts(files.scores, labels)),
        pictures=pictures,
        pictures_note=note,
        classes=class_sizes(volumes),
        classes_of="the training cases" if files.data else "the cases judged",
        recipe=recipe_lines(files.origins, recipe),
        environment=environment_facts(files.environment),
        labels=labels or tuple(volumes),
    )


def _lead(files: RunFiles, summary: Summary | None) -> str:
    name = files.data.name if files.data else files.folder.resolve().name
    if files.locked is None:
        return f"A training on {name} that is not finished."
    if are_digits(files):
        return digits_lead(files)
    if summary is None:
        return f"A network trained on {name}; no case validated it."
    judged = counted(summary.cases, "validation case")
    return (
        f"A network trained on {name}: mean Dice {summary.mean_dice:.3f} over {judged}, "
        "each judged whole and on its own grid."
    )


def _facts(files: RunFiles, recipe: Recipe | None) -> tuple[Fact, ...]:
    data, facts = files.data, []
    if are_digits(files):
        facts += digits_facts(files)
    elif data is not None:
        kind = "synthetic scans (phantom)" if files.phantom else f"{data.layout} layout"
        spacing = " × ".join(f"{step:g}" for step in data.spacing_mm)
        facts += [
            Fact("Data", f"{data.name}, {kind}"),
            Fact("Trained on", counted(len(data.train), "case")),
            Fact("Validated on", counted(len(data.validation), "case")),
            Fact("Channels", ", ".join(data.channels)),
            Fact("Labels", ", ".join(data.labels)),
            Fact("Voxels of the network", f"{spacing} mm (z, y, x)"),
        ]
    if recipe is not None and not are_digits(files):
        fold = "all: nothing is kept for validation" if recipe.data.fold == "all" else None
        facts.append(Fact("Fold", fold or f"{recipe.data.fold} of {recipe.data.folds} (from 0)"))
    if files.history:
        last = files.history[-1]
        minutes = last.get("seconds", math.nan) / 60
        steps = f"{last['step']:,.0f} in {counted(int(last['epoch']), 'epoch')}"
        planned = last.get("total_steps", math.nan)
        if (files.locked is None or files.has_gone_on) and not math.isnan(planned):
            steps += f", of {planned:,.0f} planned"
        facts.append(Fact("Steps", steps))
        if not math.isnan(minutes):
            facts.append(Fact("Time to train", f"{minutes:.1f} minutes, from the first read"))
    return tuple(facts)


def _warnings(files: RunFiles) -> tuple[str, ...]:
    warnings = []
    if files.locked is None:
        warnings.append("This training is not finished: run the same `kseg fit` again to go on.")
    elif files.has_gone_on:
        warnings.append(
            "This training was extended and is not finished: the curves are of all that was "
            "trained, scores and pictures of the shorter training. Run the same `kseg fit` again "
            "to go on."
        )
    elif not files.scores and not are_digits(files):
        warnings.append("No case was kept for validation, so nothing is known of how good it is.")
    return (*warnings, *files.notes)


def _pictures(
    files: RunFiles, work: Path, data: Path | None
) -> tuple[tuple[CasePictures, ...], str]:
    """Return the pictures, and why there are none or fewer."""
    if files.locked is None or not files.scores:
        return (), ""
    return recipe_pictures(
        files.locked, files.scores, lambda case: files.masks / f"{case}.nii.gz", work, data
    )


def environment_facts(record: dict) -> tuple[Fact, ...]:
    """Return the content of `environment.json` as lines.

    Args:
        record: dict.

    Returns:
        tuple of `Fact`.

    Example:
        >>> environment_facts({"threads": 2, "gpus": []})[1]
        Fact(name='gpus', value='none')
    """
    facts = []
    for key, value in record.items():
        if isinstance(value, dict):
            text = ", ".join(f"{name} {item}" for name, item in value.items())
        elif isinstance(value, list):
            text = ", ".join(map(str, value)) or "none"
        else:
            text = str(value)
        facts.append(Fact(key, text))
    return tuple(facts)
