"""The results as a person reads them: a table of labels, and what must be known beside it."""

import math
import textwrap
from collections.abc import Mapping, Sequence

from kseg.evaluate.comparison import OVER_LABELS
from kseg.evaluate.judge import CaseNote, Failure
from kseg.evaluate.judged import Judged
from kseg.evaluate.score import EvaluateSettings
from kseg.evaluate.summary import MeasureSummary, Summary
from kseg.words import counted

HEADINGS = (
    "label",
    "cases",
    "Dice [95 %]",
    "median",
    "NSD",
    "HD95 mm",
    "ASSD mm",
    "volume %",
    "lesion F1",
)
_COLUMNS = (("nsd", ".3f"), ("hd95_mm", ".2f"), ("assd_mm", ".2f"))
_LAST_COLUMNS = (("volume_error_percent", "+.1f"), ("lesion_f1", ".3f"))
_NOT_MEASURED = MeasureSummary(math.nan, math.nan, math.nan, math.nan, 0)
# With this the widest row has 100 columns.
LONGEST_LABEL = 17
_GAP = 2
_NAMES_SHOWN = 10


def table_cells(summary: Summary) -> list[tuple[str, ...]]:
    """Return the cells of the table, one row for each label and one for the mean over labels.

    Args:
        summary: `Summary`.

    Returns:
        list of tuples of str, in the order of `HEADINGS`; "-" where there is no value.

    Example:
        >>> dice = MeasureSummary(0.9, 0.85, 0.94, 0.91, 40)
        >>> table_cells(Summary(40, (), {"dice": dice}))[-1][:4]
        ('mean over labels', '40', '0.900 [0.850, 0.940]', '0.910')
    """
    rows = [_row(entry.label, entry.measures) for entry in summary.labels]
    return [*rows, _row(OVER_LABELS, summary.mean)]


def column_groups(rows: Sequence[Sequence[str]], width: int) -> list[list[int]]:
    """Share the columns out over tables that keep within a width, each with the labels first.

    Args:
        rows: the table's rows, headings included.
        width: int, characters of a line.

    Returns:
        list of lists of column numbers, one list for each table.

    Example:
        >>> column_groups([("label", "Dice", "NSD"), ("liver", "0.900", "0.800")], 12)
        [[0, 1], [0, 2]]
    """
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    first = min(widths[0], LONGEST_LABEL)
    groups, used = [[0]], first
    for column, needed in enumerate(widths[1:], start=1):
        used += _GAP + needed
        if used > width and len(groups[-1]) > 1:
            groups.append([0])
            used = first + _GAP + needed
        groups[-1].append(column)
    return groups


def table_text(summary: Summary, width: int = 100) -> str:
    """Return the table as aligned plain lines.

    Args:
        summary: `Summary`.
        width: int, characters of a line; with fewer than 100 there may be several tables.

    Returns:
        str. The name of a label that is too long for its column goes on in the next line.
    """
    rows = [HEADINGS, *table_cells(summary)]
    groups = column_groups(rows, width)
    return "\n\n".join(_aligned([[row[n] for n in group] for row in rows]) for group in groups)


def summary_notes(summary: Summary, settings: EvaluateSettings) -> list[str]:
    """Return what must be known to read the table.

    Args:
        summary: `Summary`.
        settings: `EvaluateSettings` that it was measured with.

    Returns:
        list of sentences.
    """
    notes = []
    if summary.phantom:
        notes.append("phantom: the scans are synthetic; no number here says anything of patients")
    counts = {entry.label: _of(entry.measures, "hd95_mm").infinite for entry in summary.labels}
    infinite = [f"{label} in {_cases(count)}" for label, count in counts.items() if count]
    if infinite:
        notes.append(
            "HD95 and ASSD infinite, as only one mask holds the label, and left out of the mean: "
            + ", ".join(infinite)
        )
    own = [f"{name} {mm:g} mm" for name, mm in settings.label_tolerance_mm.items()]
    tolerance = f"NSD at a tolerance of {settings.tolerance_mm:g} mm"
    notes.append(tolerance + (f" ({', '.join(own)})" if own else ""))
    return notes


def case_notes(notes: Sequence[CaseNote]) -> list[str]:
    """Return what was noted about cases, that of many cases in one sentence.

    Args:
        notes: sequence of `CaseNote`.

    Returns:
        list of sentences, one for each kind of note.

    Example:
        >>> case_notes([CaseNote(case, "resampled", "resampled") for case in "abc"])
        ['a: resampled; likewise 2 more cases']
    """
    sentences = []
    for kind in dict.fromkeys(note.kind for note in notes):
        first, *rest = [note for note in notes if note.kind == kind]
        others = len({note.case for note in rest} - {first.case})
        likewise = f"; likewise {others} more case{'s' * (others > 1)}" if others else ""
        sentences.append(f"{first.case}: {first.why}{likewise}")
    return sentences


def failure_text(failure: Failure) -> str:
    """Return why a case could not be judged, in up to four lines.

    Args:
        failure: `Failure`.

    Returns:
        str.
    """
    lines = [f"{failure.case} FAILED", f"  why   {failure.why}  [{failure.code}]"]
    lines += [f"  {name}  {text}" for name, text in (("file", failure.file),) if text]
    lines += [f"  fix   {failure.fix}"] if failure.fix else []
    return "\n".join(lines)


def left_out_lines(judged: Judged, *, partial: bool = False, where: str = "") -> list[str]:
    """Return what was not judged: failures, missing masks, masks without a true one.

    Args:
        judged: `Judged`.
        partial: bool, cases without a predicted mask are meant.
        where: str, put before each line, such as the name of one prediction of two.

    Returns:
        list of str, each of one line or more.
    """
    pairing = judged.pairing
    lines = [where + failure_text(failure) for failure in judged.evaluation.failures]
    if pairing.missing:
        word = "note" if partial else "MISSING"
        lines.append(
            f"{word}: {where}{len(pairing.missing)} of {len(pairing.truth.cases)} true masks have "
            f"no predicted one: {first_names(pairing.missing)}"
        )
        if not partial:
            lines.append("  fix   predict them too, or pass --partial if only some are meant")
    if pairing.unused:
        names = first_names([path.name for path in pairing.unused])
        told = counted(len(pairing.unused), "predicted mask has", "predicted masks have")
        lines.append(f"note: {where}{told} no true one, unused: {names}")
    return lines


def first_names(names: Sequence[str]) -> str:
    """Return the first ten names, and how many more there are.

    Args:
        names: sequence of str.

    Returns:
        str.

    Example:
        >>> first_names(["a", "b"])
        'a, b'
    """
    rest = len(names) - _NAMES_SHOWN
    return ", ".join(names[:_NAMES_SHOWN]) + (f" and {rest} more" if rest > 0 else "")


def _aligned(rows: Sequence[Sequence[str]]) -> str:
    names = [textwrap.wrap(row[0], LONGEST_LABEL) or [""] for row in rows]
    widths = [max(len(row[column]) for row in rows) for column in range(1, len(rows[0]))]
    first = max(len(part) for parts in names for part in parts)
    lines = []
    for row, parts in zip(rows, names, strict=True):
        cells = [cell.rjust(width) for cell, width in zip(row[1:], widths, strict=True)]
        lines.append((" " * _GAP).join([parts[0].ljust(first), *cells]).rstrip())
        lines += parts[1:]
    return "\n".join(lines)


def _row(name: str, measures: Mapping[str, MeasureSummary]) -> tuple[str, ...]:
    dice = _of(measures, "dice")
    interval = "" if math.isnan(dice.low) else f" [{dice.low:.3f}, {dice.high:.3f}]"
    cells = [_number(dice.mean, ".3f") + interval, _number(dice.median, ".3f")]
    cells += [_number(_of(measures, name).mean, form) for name, form in _COLUMNS + _LAST_COLUMNS]
    return name, str(dice.cases), *cells


def _of(measures: Mapping[str, MeasureSummary], name: str) -> MeasureSummary:
    return measures.get(name, _NOT_MEASURED)


def _number(value: float, form: str) -> str:
    return "-" if math.isnan(value) else format(value, form)


def _cases(count: int) -> str:
    return f"{count} case{'s' * (count != 1)}"
