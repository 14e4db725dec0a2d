"""`kseg report`: the folder of a run, of all folds, or of a search, to one HTML page."""

from pathlib import Path
from typing import Annotated

import typer

from kseg.cli._options import WORK_FOLDER, WorkFolder


def report(
    folder: Annotated[
        Path,
        typer.Argument(help="Folder of `kseg fit`, `crossval` or `tune`.", metavar="FOLDER"),
    ],
    data: Annotated[
        Path | None, typer.Option(help="Folder or table of a run's scans, if it has moved.")
    ] = None,
    work: WorkFolder = WORK_FOLDER,
    out: Annotated[
        Path | None, typer.Option(help="File to write; default FOLDER/report.html.")
    ] = None,
) -> None:
    """Write the report of a run or of a search again: one HTML file that needs no network.

    Args:
        folder: folder of a run, of a cross-validation, or of a search.
        data: folder or table that takes the place of the recipe's, for a run or its folds.
        work: folder for caches and the phantom.
        out: file to write.

    Raises:
        KsegError: if the folder is neither, or a file in it is damaged.
    """
    from kseg.report import is_search, write_run_report, write_search_report

    if not is_search(folder):
        page = write_run_report(folder, work=work, data=data, out=out, tell=typer.echo)
    elif data is None:
        page = write_search_report(folder, out=out, tell=typer.echo)
    else:
        raise typer.BadParameter("the page of a search shows no scans", param_hint="'--data'")
    typer.echo(f"report -> {page}")
