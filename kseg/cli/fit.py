"""`kseg fit`: a recipe to a trained network, masks and a table."""

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from kseg.cli._options import (
    WORK_FOLDER,
    DataRoot,
    Deterministic,
    Overrides,
    RecipeName,
    WorkFolder,
)


def fit(
    recipe: RecipeName,
    data: DataRoot = None,
    budget: Annotated[
        str | None, typer.Option(help="Time to train, such as 90s, 20m or 1.5h.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Run folder; default runs/NAME.")] = None,
    work: WorkFolder = WORK_FOLDER,
    overrides: Overrides = None,
    accept_changes: Annotated[
        bool,
        typer.Option(
            "--accept-changes", help="Go on with a training whose recipe or data have changed."
        ),
    ] = False,
    deterministic: Deterministic = False,
) -> None:
    """Train a network by a recipe and validate it on whole cases; run again to resume or extend.

    Ctrl-C, SIGTERM or a file called `stop` in the run folder let the step end, save, and leave with
    exit code 130; a second Ctrl-C leaves at once. A larger budget, or more steps or epochs, extend
    a run that is finished.

    Args:
        recipe: str, file or name.
        data: folder or table that takes the place of the recipe's.
        budget: time from the first read of data to the final weights.
        out: run folder.
        work: folder for caches and the phantom.
        overrides: list of `a.b=value`.
        accept_changes: go on although recipe, data or kseg have changed, where that is possible.
        deterministic: use only operations that repeat bit for bit on a GPU too.

    Raises:
        KsegError: if the recipe, the data or the folder cannot be used.
    """
    from kseg.recipe import load_recipe

    flags = {"data.root": None if data is None else str(data), "fit.budget": budget}
    loaded = load_recipe(recipe, overrides or (), flags)
    folder = out or Path("runs") / loaded.recipe.name

    from kseg.storage import FolderLock

    # First: a folder in use is refused before TensorFlow has taken its seconds.
    FolderLock(folder).refuse_if_held()

    from kseg.cli._quiet import import_tensorflow

    import_tensorflow()
    from kseg.cli._terminal import open_terminal
    from kseg.report import write_run_report
    from kseg.workflow import train

    with open_terminal() as terminal:
        report = partial(write_run_report, work=work, tell=terminal.tell)
        train(
            loaded,
            folder,
            work,
            terminal.tell,
            terminal.progress,
            report,
            accept_changes=accept_changes,
            deterministic=deterministic,
        )
