"""`kseg tune`: a recipe with a space to the best recipe in it."""

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from kseg.cli._options import (
    WORK_FOLDER,
    Address,
    DataRoot,
    EngineName,
    EngineOption,
    Overrides,
    RecipeName,
    Workers,
    WorkFolder,
    refuse_unread_address,
)


def tune(
    recipe: RecipeName,
    data: DataRoot = None,
    budget: Annotated[
        str | None, typer.Option(help="Time of the whole search, such as 40m or 6h.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Search folder; default runs/NAME-tune.")] = None,
    work: WorkFolder = WORK_FOLDER,
    overrides: Overrides = None,
    engine: EngineOption = EngineName.local,
    workers: Workers = 1,
    address: Address = None,
    accept_changes: Annotated[
        bool,
        typer.Option(
            "--accept-changes", help="Go on with a search whose recipe or data have changed."
        ),
    ] = False,
) -> None:
    """Search for a better recipe by many short trainings; run again to resume or extend.

    Each trial is a process of its own: one that fails is a result with its reason. The winner is a
    plain recipe, best.yaml. Ctrl-C, SIGTERM or a file called `stop` in the folder end the search
    with exit code 130, and the same command goes on with it; so does a larger budget.

    Args:
        recipe: str, file or name.
        data: folder or table that takes the place of the recipe's.
        budget: time of the whole search.
        out: search folder.
        work: folder for caches and the phantom.
        overrides: list of `a.b=value`.
        engine: `EngineName`.
        workers: trials at a time.
        address: address of a Ray cluster.
        accept_changes: go on although space, objective, data or kseg have changed.

    Raises:
        KsegError: if the recipe, the data or the folder cannot be used, or no trial was completed.
    """
    refuse_unread_address(engine, address)
    from kseg.recipe import load_recipe

    flags = {"data.root": None if data is None else str(data), "tune.budget": budget}
    loaded = load_recipe(recipe, overrides or (), flags)
    folder = out or Path("runs") / f"{loaded.recipe.name}-tune"

    from kseg.cli._quiet import import_tensorflow
    from kseg.engine import hide_gpus, open_engine
    from kseg.storage import FolderLock

    # First: a folder in use is refused before TensorFlow has taken its seconds.
    FolderLock(folder).refuse_if_held()
    # TensorFlow would take the memory of every GPU that it sees.
    hide_gpus()
    import_tensorflow()
    from kseg.cli._terminal import open_terminal
    from kseg.report import write_search_report
    from kseg.tune import search

    with open_engine(engine.value, workers, address) as opened, open_terminal() as terminal:
        search(
            loaded,
            folder,
            work,
            opened,
            terminal.tell,
            partial(write_search_report, tell=terminal.tell),
            accept_changes=accept_changes,
        )
