"""`kseg evaluate`: masks against the truth, as tables and in words."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class AffineFrom(StrEnum):
    """Whom to believe where the two geometries in a header differ."""

    auto = "auto"
    sform = "sform"
    qform = "qform"


Truth = Annotated[
    Path,
    typer.Argument(
        help="Folder of true masks, data folder or table with labelled cases, or one mask.",
        metavar="TRUTH",
    ),
]
Predicted = Annotated[
    Path,
    typer.Argument(
        help="Folder of masks of any tool, run folder of `kseg fit`, or one mask.",
        metavar="PREDICTED",
    ),
]
Out = Annotated[Path | None, typer.Option(help="Folder for cases.csv and summary.json.")]
Against = Annotated[
    Path | None,
    typer.Option(help="Another prediction, to be compared case by case.", metavar="OTHER"),
]
Labels = Annotated[
    Path | None,
    typer.Option(help="dataset.json or labels.json that names the labels.", metavar="FILE"),
]
Tolerance = Annotated[
    list[str] | None,
    typer.Option(
        help="Tolerance of NSD in mm; LABEL=MM for one label; may be repeated. Default 2.",
        metavar="MM",
    ),
]
Partial = Annotated[
    bool, typer.Option("--partial", help="PREDICTED holds only some of the cases on purpose.")
]
Resample = Annotated[
    bool, typer.Option("--resample", help="Bring predicted masks onto the grid of the truth.")
]
Form = Annotated[AffineFrom, typer.Option(help="Geometry to use where a header holds two.")]
Report = Annotated[bool, typer.Option("--report", help="Write report.html too; needs --out.")]
Images = Annotated[
    Path | None,
    typer.Option(help="Folder of the scans, for the report's pictures.", metavar="DIR"),
]
Threads = Annotated[
    int | None, typer.Option(help="Cases at a time; default all CPUs, up to 8.", min=1)
]


def evaluate(
    truth: Truth,
    predicted: Predicted,
    out: Out = None,
    against: Against = None,
    labels: Labels = None,
    tolerance: Tolerance = None,
    partial: Partial = False,
    resample: Resample = False,
    affine_from: Form = AffineFrom.auto,
    report: Report = False,
    images: Images = None,
    threads: Threads = None,
) -> None:
    """Judge masks against the truth, case by case and label by label; exit code 3 if some failed.

    Args:
        truth: folder of masks, data folder or table, or one mask.
        predicted: folder of masks, run folder, or one mask.
        out: folder of the tables.
        against: another prediction of the same cases.
        labels: file that names the labels.
        tolerance: list of `MM` and `LABEL=MM`.
        partial: bool, cases without a predicted mask are meant.
        resample: bool, bring predicted masks onto the grid of the truth.
        affine_from: `AffineFrom`.
        report: bool, write `report.html`.
        images: folder of the scans.
        threads: int, cases at a time.

    Raises:
        KsegError: if there is nothing to judge, or labels or tolerances make no sense.
    """
    if report and out is None:
        raise typer.BadParameter("--report writes into the folder of --out: give one")
    if images is not None and not report:
        raise typer.BadParameter("--images is for the pictures of --report: give both")
    from kseg.cli._evaluation import Request, run_evaluation
    from kseg.evaluate.judge import MaskReading

    request = Request(
        truth=truth,
        predicted=predicted,
        out=out,
        against=against,
        labels=labels,
        tolerances=tuple(tolerance or ()),
        partial=partial,
        reading=MaskReading(affine_from.value, resample),
        report=report,
        images=images,
        threads=threads,
    )
    code = run_evaluation(request)
    if code:
        raise typer.Exit(code)
