"""The steps of `kseg evaluate`: find pairs, measure them, write tables, tell what came of it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import typer
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from kseg.cli._terminal import Terminal, open_terminal
from kseg.errors import KsegError, VolumeError
from kseg.evaluate.compare import compare
from kseg.evaluate.comparison import Comparison
from kseg.evaluate.folders import Evaluation, evaluate_pairs, share_labels
from kseg.evaluate.judge import MaskReading
from kseg.evaluate.pairs import Pairing, find_pairs
from kseg.evaluate.score import EvaluateSettings
from kseg.evaluate.summary import Summary, summarise
from kseg.evaluate.tables import (
    CASES_FILE,
    COMPARISON_FILE,
    COMPARISON_TABLE,
    SUMMARY_FILE,
    write_tables,
)
from kseg.evaluate.text import (
    HEADINGS,
    LONGEST_LABEL,
    case_notes,
    column_groups,
    failure_text,
    first_names,
    summary_notes,
    table_cells,
    table_text,
)
from kseg.evaluate.tolerance import parse_tolerances
from kseg.evaluate.truth import Truth, find_truth
from kseg.storage import write_json

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


@dataclass(frozen=True)
class Judged:
    """One prediction, and what came of it."""

    pairing: Pairing
    evaluation: Evaluation


def run_evaluation(request: Request) -> int:
    """Do all that `kseg evaluate` does.

    Args:
        request: `Request`.

    Returns:
        int, the exit code: 0, 3 if some cases failed or are missing, 4 if all failed.

    Raises:
        KsegError: if there is nothing to judge, or labels or tolerances make no sense.
    """
    truth = find_truth(request.truth, labels_file=request.labels, images=request.images)
    names = None if truth.labels is None else truth.labels.names
    settings = parse_tolerances(request.tolerances, names)
    paths = [path for path in (request.predicted, request.against) if path is not None]
    pairings = [find_pairs(truth, path) for path in paths]
    if request.out is not None:
        _check_out(request.out, truth)
    with open_terminal() as terminal:
        judged = [_measure(pairing, settings, request, terminal) for pairing in pairings]
    if len(judged) > 1:
        shared = share_labels(*(one.evaluation for one in judged))
        judged = [Judged(one.pairing, done) for one, done in zip(judged, shared, strict=True)]
    comparison = _compare(judged)
    summary = _summarise(judged, settings, comparison, request.out)
    _tell(judged, settings, summary, comparison, request)
    if request.report and judged[0].evaluation.scores:
        _write_report(request.out, judged[0], settings, summary, comparison, request.reading)
    return _exit_code(judged, request.partial)


def _check_out(out: Path, truth: Truth) -> None:
    """Refuse to write `cases.csv` where it would replace, or become, the list of a data set."""
    home = truth.root if truth.root.is_dir() else truth.root.parent
    table = out / CASES_FILE
    is_data = (out / "imagesTr").is_dir() or (out / "dataset.json").is_file()
    if table.is_file():
        with table.open(encoding="utf-8-sig", errors="replace") as lines:
            is_data = is_data or "case" not in lines.readline().strip().split(",")
    if is_data or out.resolve() == home.resolve():
        raise KsegError(
            why=f"{CASES_FILE} of the results would stand among the data, where it lists the scans",
            code="KS-V06",
            file=table,
            fix="give a folder of its own by --out",
        )


def _measure(
    pairing: Pairing, settings: EvaluateSettings, request: Request, terminal: Terminal
) -> Judged:
    evaluation = evaluate_pairs(
        pairing,
        settings,
        reading=request.reading,
        threads=request.threads,
        progress=lambda done, total: terminal.progress(done, total, "cases judged"),
    )
    return Judged(pairing, evaluation)


def _compare(judged: Sequence[Judged]) -> Comparison | None:
    if len(judged) < 2 or not all(one.evaluation.scores for one in judged):
        return None
    names = tuple(one.pairing.name for one in judged)
    first, second = (one.evaluation.scores for one in judged)
    distinct = names if names[0] != names[1] else ("PREDICTED", "OTHER")
    return compare(first, second, names=distinct)


def _summarise(
    judged: Sequence[Judged],
    settings: EvaluateSettings,
    comparison: Comparison | None,
    out: Path | None,
) -> Summary:
    scores = judged[0].evaluation.scores
    phantom = any(one.pairing.phantom for one in judged)
    if out is None:
        return summarise(scores, phantom=phantom)
    # Those of an earlier comparison would stand beside numbers that they do not belong to.
    for name in (COMPARISON_TABLE, COMPARISON_FILE):
        (out / name).unlink(missing_ok=True)
    summary = write_tables(out, scores, phantom=phantom, settings=settings, comparison=comparison)
    content = json.loads((out / SUMMARY_FILE).read_text(encoding="utf-8")) | _left_out(judged[0])
    if len(judged) > 1:
        content["against"] = {"name": judged[1].pairing.name} | _left_out(judged[1])
    write_json(out / SUMMARY_FILE, content)
    return summary


def _left_out(one: Judged) -> dict[str, object]:
    return {
        "missing": list(one.pairing.missing),
        "unused": [path.name for path in one.pairing.unused],
        "failed": [failure.to_dict() for failure in one.evaluation.failures],
        "notes": [{"case": note.case, "note": note.why} for note in one.evaluation.notes],
    }


def _tell(
    judged: Sequence[Judged],
    settings: EvaluateSettings,
    summary: Summary,
    comparison: Comparison | None,
    request: Request,
) -> None:
    for one in judged:
        _tell_left_out(one, request.partial, len(judged) > 1)
    notes: list[str] = []
    if judged[0].evaluation.scores:
        _tell_table(summary)
        unknown = set(settings.label_tolerance_mm) - {entry.label for entry in summary.labels}
        notes += summary_notes(summary, settings)
        notes += [f"--tolerance {name}: no mask holds this label" for name in sorted(unknown)]
    for one in judged:
        where = f"{one.pairing.name}: " if len(judged) > 1 else ""
        notes += [where + sentence for sentence in case_notes(one.evaluation.notes)]
    for sentence in notes:
        typer.echo(f"note: {sentence}")
    for sentence in comparison.sentences if comparison is not None else ():
        typer.echo(sentence)
    if request.out is not None:
        tables = [CASES_FILE, SUMMARY_FILE]
        tables += [COMPARISON_TABLE, COMPARISON_FILE] if comparison is not None else []
        typer.echo(f"tables -> {', '.join(str(request.out / name) for name in tables)}")


def _tell_left_out(one: Judged, partial: bool, several: bool) -> None:
    """Tell what was not judged: failures, missing masks, masks without a true one."""
    pairing, where = one.pairing, f"{one.pairing.name}: " if several else ""
    for failure in one.evaluation.failures:
        typer.echo(where + failure_text(failure))
    if pairing.missing:
        word = "note" if partial else "MISSING"
        typer.echo(
            f"{word}: {where}{len(pairing.missing)} of {len(pairing.truth.cases)} true masks have "
            f"no predicted one: {first_names(pairing.missing)}"
        )
        if not partial:
            typer.echo("  fix   predict them too, or pass --partial if only some are meant")
    if pairing.unused:
        names = first_names([path.name for path in pairing.unused])
        count = len(pairing.unused)
        typer.echo(f"note: {where}{count} predicted masks have no true one, unused: {names}")


def _tell_table(summary: Summary) -> None:
    console = Console()
    if not console.is_terminal:
        typer.echo(table_text(summary))
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
    out: Path,
    judged: Judged,
    settings: EvaluateSettings,
    summary: Summary,
    comparison: Comparison | None,
    reading: MaskReading,
) -> None:
    # Only here, as drawing takes longer to import than most evaluations take.
    from kseg.report import Evaluated, write_evaluation_report

    found = Evaluated(judged.pairing, judged.evaluation, settings, reading, summary, comparison)
    typer.echo(f"report -> {write_evaluation_report(found, out)}")


def _exit_code(judged: Sequence[Judged], partial: bool) -> int:
    if any(one.evaluation.failures and not one.evaluation.scores for one in judged):
        typer.echo("no case could be judged", err=True)
        return ALL_CASES_FAILED
    failed = sum(len(one.evaluation.failures) for one in judged)
    if failed:
        typer.echo(f"{failed} cases failed and are left out of the table", err=True)
    missing = any(one.pairing.missing for one in judged) and not partial
    return SOME_CASES_FAILED if failed or missing else 0
