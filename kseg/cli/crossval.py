"""`kseg crossval`: all folds of a recipe, and one table of all their cases."""

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from kseg.cli._options import (
    WORK_FOLDER,
    Address,
    DataRoot,
    Deterministic,
    EngineName,
    EngineOption,
    Overrides,
    RecipeName,
    Workers,
    WorkFolder,
    refuse_unread_address,
)

SOME_FOLDS_FAILED = 3


def crossval(
    recipe: RecipeName,
    data: DataRoot = None,
    budget: Annotated[
        str | None, typer.Option(help="Time to train each fold, such as 90s, 20m or 1.5h.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder of all folds; default runs/NAME-crossval.")
    ] = None,
    work: WorkFolder = WORK_FOLDER,
    overrides: Overrides = None,
    accept_changes: Annotated[
        bool,
        typer.Option(
            "--accept-changes", help="Go on with folds whose recipe or data have changed."
        ),
    ] = False,
    deterministic: Deterministic = False,
    engine: EngineOption = EngineName.local,
    workers: Workers = 1,
    address: Address = None,
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
    refuse_unread_address(engine, address)
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
