"""`kseg predict`: scans to masks, each on its scan's own grid."""

from pathlib import Path
from typing import Annotated

import typer

SOME_CASES_FAILED = 3


def predict(
    run: Annotated[
        Path, typer.Argument(help="Run folder, model folder or .zip of one.", metavar="RUN")
    ],
    inputs: Annotated[
        list[Path], typer.Argument(help="Scans, or folders of scans.", metavar="INPUT...")
    ],
    out: Annotated[Path, typer.Option(help="Folder for the masks.")],
    threads: Annotated[int | None, typer.Option(help="CPU threads; default all.")] = None,
    allow_plugins: Annotated[
        list[str] | None,
        typer.Option(
            "--allow-plugin", metavar="PACKAGE", help="Run this package's code if the model asks."
        ),
    ] = None,
) -> None:
    """Write one mask for each scan, and predictions.json; exit code 3 if some scans failed.

    Args:
        run: run folder, model folder, or zip of one.
        inputs: files or folders.
        out: folder of the masks.
        threads: int, CPU threads.
        allow_plugins: list of package names.

    Raises:
        KsegError: if the model cannot be used or the inputs make no sense together.
    """
    from kseg.bundle import read_model
    from kseg.cli._quiet import import_tensorflow

    # First: what is no model is refused before TensorFlow has taken its seconds.
    folder = read_model(run)
    import_tensorflow()
    from kseg.words import counted
    from kseg.workflow import predict_cohort

    failed = predict_cohort(
        folder, inputs, out, typer.echo, threads=threads, allow_plugins=allow_plugins or ()
    )
    if failed:
        typer.echo(f"{counted(failed, 'scan')} failed; see {out / 'predictions.json'}", err=True)
        raise typer.Exit(SOME_CASES_FAILED)
