"""The steps of `kseg evaluate`: find pairs, measure them, write tables, tell what came of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import typer
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from kseg.cli._terminal import Terminal, open_terminal
from kseg.errors import VolumeError
from kseg.evaluate.comparison import Comparison
from kseg.evaluate.folders import Evaluation, evaluate_pairs
from kseg.evaluate.joined import join_as_recorded
from kseg.evaluate.judge import MaskReading
from kseg.evaluate.judged import Judged, compare_judged, join_judged, summarise_judged
from kseg.evaluate.masks import printable
from kseg.evaluate.out_folder import open_out, told_if_unwritable
from kseg.evaluate.pairs import Pairing, find_pairs
from kseg.evaluate.score import EvaluateSettings
from kseg.evaluate.summary import Summary
from kseg.evaluate.tables import (
    CASES_FILE,
    COMPARISON_FILE,
    COMPARISON_TABLE,
    SUMMARY_FILE,
)
from kseg.evaluate.text import (
    HEADINGS,
    LONGEST_LABEL,
    case_notes,
    column_groups,
    left_out_lines,
    summary_notes,
    table_cells,
    table_text,
)
from kseg.evaluate.tolerance import parse_tolerances
from kseg.evaluate.truth import find_truth
from kseg.words import counted

SOME_CASES_FAILED = 3
ALL_CASES_FAILED = VolumeError.exit_code
# What the frame of a table takes on either side.
_TABLE_MARGIN = 2


@dataclass(frozen=True)
class Request:
    """What was asked for on the command line: see `kseg.cli.evaluate`."""

    truth: Path
    predicted: Path
    out: Path | None
    against: Path | None
    labels: Path | None
    tolerances: tuple[str, ...]
    partial: bool
    reading: MaskReading
    report: bool
    images: Path | None
    threads: int | None


def run_evaluation(request: Request) -> int:
    """Do all that `kseg evaluate` does.

    Args:
        request: `Request`.

    Returns:
        int, the exit code: 0; 3 if some cases failed or are missing, or there is nothing to score
        or to compare; 4 if no case of PREDICTED could be judged.

    Raises:
        KsegError: if there is nothing to judge, labels or tolerances make no sense, or the
            results cannot be written.
    """
    truth = find_truth(request.truth, labels_file=request.labels, images=request.images)
    paths = [path for path in (request.predicted, request.against) if path is not None]
    told: tuple[str, ...] = ()
    if request.labels is None:
        truth, told = join_as_recorded(truth, paths)
    names = None if truth.labels is None else truth.labels.names
    settings = parse_tolerances(request.tolerances, names)
    pairings = [find_pairs(truth, path) for path in paths]
    if request.out is not None:
        open_out(request.out, truth)
    with open_terminal() as terminal:
        found = [_measure(pairing, settings, request, terminal) for pairing in pairings]
    judged = join_judged(pairings, found)
    comparison = compare_judged(judged)
    if request.out is None:
        summary = summarise_judged(judged, settings, comparison, None)
    else:
        with told_if_unwritable(request.out):
            summary = summarise_judged(judged, settings, comparison, request.out)
    for sentence in told:
        _say(f"note: {sentence}")
    _tell(judged, settings, summary, comparison, request)
    if request.report:
        _write_report(request, judged[0], settings, summary, comparison)
    return _exit_code(judged, request.partial)


def _say(text: str, *, err: bool = False) -> None:
    # Paths may hold what no terminal can show.
    typer.echo(printable(text), err=err)


def _measure(
    pairing: Pairing, settings: EvaluateSettings, request: Request, terminal: Terminal
) -> Evaluation:
    return evaluate_pairs(
        pairing,
        settings,
        reading=request.reading,
        threads=request.threads,
        progress=lambda done, total: terminal.progress(done, total, "cases judged"),
    )


def _tell(
    judged: Sequence[Judged],
    settings: EvaluateSettings,
    summary: Summary,
    comparison: Comparison | None,
    request: Request,
) -> None:
    where = {one.name: f"{one.name}: " if len(judged) > 1 else "" for one in judged}
    for one in judged:
        for line in left_out_lines(one, partial=request.partial, where=where[one.name]):
            _say(line)
    notes: list[str] = []
    if judged[0].evaluation.scores:
        _tell_table(summary)
        unknown = set(settings.label_tolerance_mm) - {entry.label for entry in summary.labels}
        notes += summary_notes(summary, settings)
        notes += [f"--tolerance {name}: no mask holds this label" for name in sorted(unknown)]
    for one in judged:
        notes += [where[one.name] + sentence for sentence in case_notes(one.evaluation.notes)]
    for sentence in notes:
        _say(f"note: {sentence}")
    for sentence in comparison.sentences if comparison is not None else ():
        _say(sentence)
    if request.out is not None:
        tables = [CASES_FILE, SUMMARY_FILE]
        tables += [COMPARISON_TABLE, COMPARISON_FILE] if comparison is not None else []
        _say(f"tables -> {', '.join(str(request.out / name) for name in tables)}")


def _tell_table(summary: Summary) -> None:
    console = Console()
    if not console.is_terminal:
        _say(table_text(summary))
        return
    rows = [HEADINGS, *table_cells(summary)]
    for group in column_groups(rows, console.width - _TABLE_MARGIN):
        table = Table(box=box.SIMPLE, pad_edge=False, padding=(0, 1, 0, 0))
        for column in group:
            # Numbers broken over two lines could be read wrongly; names can be broken.
            side, longest = ("right", None) if column else ("left", LONGEST_LABEL)
            table.add_column(
                HEADINGS[column], justify=side, no_wrap=longest is None, max_width=longest
            )
        for row in rows[1:]:
            # As text: a label may hold brackets, which rich would take for its own.
            table.add_row(*(Text(row[column]) for column in group))
        console.print(table)


def _write_report(
    request: Request,
    judged: Judged,
    settings: EvaluateSettings,
    summary: Summary,
    comparison: Comparison | None,
) -> None:
    if not judged.evaluation.scores:
        _say("no report was written, as there is no score to show", err=True)
        return
    # Only here, as drawing takes longer to import than most evaluations take.
    from kseg.report import Evaluated, write_evaluation_report

    found = Evaluated(
        judged.pairing, judged.evaluation, settings, request.reading, summary, comparison
    )
    with told_if_unwritable(request.out):
        _say(f"report -> {write_evaluation_report(found, request.out)}")


def _exit_code(judged: Sequence[Judged], partial: bool) -> int:
    """Say on the error stream what is not as it should be, and return the exit code for it."""
    first, *others = judged
    if not first.evaluation.cases:
        _say("no case could be judged", err=True)
        return ALL_CASES_FAILED
    faults = [
        f"not compared: no case of {one.name} could be judged"
        for one in others
        if not one.evaluation.cases
    ]
    if not first.evaluation.scores:
        faults.append("no mask holds any label, so there is nothing to score")
    failed = sum(len(one.evaluation.failures) for one in judged)
    if failed:
        told = counted(failed, "case failed and is", "cases failed and are")
        faults.append(f"{told} left out of the table")
    for fault in faults:
        _say(fault, err=True)
    missing = any(one.pairing.missing for one in judged) and not partial
    return SOME_CASES_FAILED if faults or missing else 0
