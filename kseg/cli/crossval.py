"""`kseg crossval`: all folds of a recipe, and one table of all their cases."""

from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

SOME_FOLDS_FAILED = 3


class EngineName(StrEnum):
    """What runs the folds."""

    local = "local"
    ray = "ray"


def crossval(
    recipe: Annotated[
        str, typer.Argument(help="File of a recipe, or name of a shipped one.", metavar="RECIPE")
    ],
    data: Annotated[
        Path | None, typer.Option(help="Folder or table of scans; its layout is recognised.")
    ] = None,
    budget: Annotated[
        str | None, typer.Option(help="Time to train each fold, such as 90s, 20m or 1.5h.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder of all folds; default runs/NAME-crossval.")
    ] = None,
    work: Annotated[Path, typer.Option(help="Folder for caches and the phantom.")] = Path(".kseg"),
    overrides: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Change one key; may be repeated."),
    ] = None,
    accept_changes: Annotated[
        bool,
        typer.Option(
            "--accept-changes", help="Go on with folds whose recipe or data have changed."
        ),
    ] = False,
    deterministic: Annotated[
        bool,
        typer.Option(
            "--deterministic",
            help="On a GPU, repeat bit for bit (what it costs is not measured); a CPU always does.",
        ),
    ] = False,
    engine: Annotated[
        EngineName, typer.Option(help="Where the folds run: on this machine, or on Ray.")
    ] = EngineName.local,
    workers: Annotated[
        int, typer.Option(help="Folds at a time; they share processors and GPUs.", min=1)
    ] = 1,
    address: Annotated[
        str | None, typer.Option(help="Address of the Ray cluster; default RAY_ADDRESS, or here.")
    ] = None,
) -> None:
    """Train every fold of a recipe and pool the scores of all cases; run again to resume.

    Each fold is a run of `kseg fit` in OUT/fold_N. Ctrl-C, SIGTERM or a file called `stop` in OUT
    let the folds save, and leave with exit code 130; a second Ctrl-C leaves at once. Exit code 3
    if a fold failed: the others are finished, and no mean is told.

    Args:
        recipe: str, file or name; its `data.fold` is not read.
        data: folder or table that takes the place of the recipe's.
        budget: time of each fold from the first read of data to the final weights.
        out: folder of all folds.
        work: folder for caches and the phantom.
        overrides: list of `a.b=value`.
        accept_changes: go on although recipe, data or kseg have changed, where that is possible.
        deterministic: use only operations that repeat bit for bit on a GPU too.
        engine: `EngineName`.
        workers: folds at a time.
        address: address of the Ray cluster.

    Raises:
        KsegError: if the recipe, the data or the folder cannot be used.
    """
    if address is not None and engine != EngineName.ray:
        raise typer.BadParameter("--address is for --engine ray: give both")
    from kseg.recipe import load_recipe

    flags = {"data.root": None if data is None else str(data), "fit.budget": budget}
    loaded = load_recipe(recipe, overrides or (), flags)

    folder = out or Path("runs") / f"{loaded.recipe.name}-crossval"

    from kseg.cli._quiet import import_tensorflow
    from kseg.engine import hide_gpus
    from kseg.storage import FolderLock

    # First: a folder in use is refused before TensorFlow has taken its seconds.
    FolderLock(folder).refuse_if_held()
    # What the folds train on must not be taken by the process that waits for them.
    hide_gpus()
    import_tensorflow()
    from kseg.cli._evaluation import tell_table
    from kseg.cli._terminal import open_terminal
    from kseg.report import write_run_report
    from kseg.workflow import FoldOptions, cross_validate

    with open_terminal() as terminal:
        result = cross_validate(
            loaded,
            folder,
            FoldOptions(work, partial(write_run_report, work=work), accept_changes, deterministic),
            terminal.tell,
            terminal.progress,
            engine=engine.value,
            workers=workers,
            address=address,
        )
    if result.summary is not None:
        tell_table(result.summary, result.settings)
    for line in result.last_words:
        typer.echo(line)
    if result.summary is None:
        raise typer.Exit(SOME_FOLDS_FAILED)
