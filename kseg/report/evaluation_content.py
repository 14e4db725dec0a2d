"""From an evaluation of two folders to what its page tells."""

from dataclasses import dataclass

from kseg.dataset import ReadOptions
from kseg.evaluate import (
    Comparison,
    EvaluateSettings,
    Evaluation,
    MaskReading,
    Pairing,
    Summary,
    case_notes,
)
from kseg.report.case_pictures import CaseFiles, Showing, draw_cases
from kseg.report.charts import score_charts
from kseg.report.classes import class_sizes, true_volumes_ml
from kseg.report.comparison_lines import comparison_columns, comparison_lines
from kseg.report.content import Fact, PageContent
from kseg.report.words import score_warnings
from kseg.words import counted

NAMES_SHOWN = 10


@dataclass(frozen=True)
class Evaluated:
    """All that came of `kseg evaluate`.

    Args:
        pairing: `Pairing`, what was compared with what.
        evaluation: `Evaluation`.
        settings: `EvaluateSettings`.
        reading: `MaskReading`.
        summary: `Summary`.
        comparison: `Comparison` with another prediction, or None.
    """

    pairing: Pairing
    evaluation: Evaluation
    settings: EvaluateSettings
    reading: MaskReading
    summary: Summary
    comparison: Comparison | None = None


def evaluation_content(found: Evaluated) -> PageContent:
    """Gather what the page of an evaluation tells.

    Args:
        found: `Evaluated`.

    Returns:
        `PageContent`.
    """
    pairing, scores = found.pairing, found.evaluation.scores
    declared = pairing.truth.labels
    labels = tuple(label.name for label in found.evaluation.labels)
    files = {
        pair.case.id: CaseFiles(pair.case.images, pair.case.mask, pair.predicted)
        for pair in pairing.pairs
    }
    showing = Showing(
        found.evaluation.labels,
        ReadOptions(
            affine_from=found.reading.affine_from, joined=declared.joined if declared else ()
        ),
        is_ct=[name.upper() for name in pairing.truth.channels[:1]] == ["CT"],
        resample=found.reading.resample,
        ignore=declared.ignore if declared else None,
    )
    pictures, problems = draw_cases(scores, files.get, showing)
    if pictures and all(picture.viewer.image is None for picture in pictures):
        problems = ("The scans are not known: give --images DIR to see them.", *problems)
    comparison = found.comparison
    return PageContent(
        title=f"{pairing.name} against {pairing.truth.name}",
        lead=_lead(found),
        phantom=found.summary.phantom,
        facts=_facts(found),
        warnings=(*_left_out(found), *score_warnings(scores, found.summary)),
        summary=found.summary,
        scores=scores,
        tolerance_mm={label: found.settings.tolerance_of(label) for label in labels},
        charts=score_charts(scores, labels),
        pictures=pictures,
        pictures_note=" ".join(problems),
        classes=class_sizes(true_volumes_ml(scores)),
        sentences=comparison.sentences if comparison else (),
        comparison_columns=comparison_columns(comparison) if comparison else (),
        comparison=comparison_lines(comparison) if comparison else (),
        labels=labels,
    )


def _lead(found: Evaluated) -> str:
    cases = found.summary.cases
    return (
        f"Predicted masks judged against true ones: mean Dice {found.summary.mean_dice:.3f} over "
        f"{counted(cases, 'case')}, each whole and on its own grid."
    )


def _facts(found: Evaluated) -> tuple[Fact, ...]:
    pairing = found.pairing
    facts = [
        Fact("Truth", f"{pairing.truth.name}, {counted(len(pairing.truth.cases), 'case')}"),
        Fact("Predicted", pairing.name),
        Fact("Labels", ", ".join(label.name for label in found.evaluation.labels)),
    ]
    if pairing.truth.labels is not None and pairing.truth.labels.made_of:
        facts.append(Fact("Joined in the truth", pairing.truth.labels.made_of))
    if found.comparison is not None:
        facts.append(Fact("Compared with", found.comparison.names[1]))
    if found.reading.resample:
        facts.append(Fact("Other grids", "predictions were brought to the grid of the truth"))
    return tuple(facts)


def _left_out(found: Evaluated) -> tuple[str, ...]:
    pairing, warnings = found.pairing, []
    if pairing.missing:
        warnings.append(
            f"{len(pairing.missing)} of {len(pairing.truth.cases)} true masks have no predicted "
            f"one and are not in any number here: {_names(pairing.missing)}."
        )
    if pairing.unused:
        names = _names(tuple(path.name for path in pairing.unused))
        told = counted(len(pairing.unused), "predicted mask has", "predicted masks have")
        warnings.append(f"{told} no true one: {names}.")
    warnings += [
        f"{failure.case} could not be judged: {failure.why}."
        for failure in found.evaluation.failures
    ]
    warnings += [f"{note}." for note in case_notes(found.evaluation.notes)]
    if found.comparison is not None and found.comparison.unpaired:
        told = counted(len(found.comparison.unpaired), "value exists", "values exist")
        warnings.append(f"{told} for one of the two predictions only.")
    return tuple(warnings)


def _names(names: tuple[str, ...]) -> str:
    rest = len(names) - NAMES_SHOWN
    return ", ".join(names[:NAMES_SHOWN]) + (f" and {rest} more" if rest > 0 else "")
