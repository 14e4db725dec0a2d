"""`kseg report`: a folder of results to one HTML page."""

from pathlib import Path
from typing import Annotated

import typer


def report(
    run: Annotated[
        Path, typer.Argument(help="Folder of `kseg fit` or `kseg crossval`.", metavar="RUN")
    ],
    data: Annotated[
        Path | None, typer.Option(help="Folder or table of the scans, if it has moved.")
    ] = None,
    work: Annotated[Path, typer.Option(help="Folder for caches and the phantom.")] = Path(".kseg"),
    out: Annotated[
        Path | None, typer.Option(help="File to write; default RUN/report.html.")
    ] = None,
) -> None:
    """Write the report of a run again: one HTML file that needs no network.

    Args:
        run: folder of `kseg fit` or `kseg crossval`.
        data: folder or table that takes the place of the recipe's.
        work: folder for caches and the phantom.
        out: file to write.

    Raises:
        KsegError: if the folder is no run folder, or a file in it is damaged.
    """
    from kseg.report import write_run_report

    page = write_run_report(run, work=work, data=data, out=out, tell=typer.echo)
    typer.echo(f"report -> {page}")
