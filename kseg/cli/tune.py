"""`kseg tune`: a recipe with a space to the best recipe in it."""

from functools import partial
from pathlib import Path
from typing import Annotated

import typer


def tune(
    recipe: Annotated[
        str, typer.Argument(help="File of a recipe, or name of a shipped one.", metavar="RECIPE")
    ],
    data: Annotated[
        Path | None, typer.Option(help="Folder or table of scans; its layout is recognised.")
    ] = None,
    budget: Annotated[
        str | None, typer.Option(help="Time of the whole search, such as 40m or 6h.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Search folder; default runs/NAME-tune.")] = None,
    work: Annotated[Path, typer.Option(help="Folder for caches and the phantom.")] = Path(".kseg"),
    overrides: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Change one key; may be repeated."),
    ] = None,
    engine: Annotated[
        str, typer.Option(help="Where trials run: local, or ray for a cluster.")
    ] = "local",
    workers: Annotated[
        int, typer.Option(min=1, help="Trials at a time; they share processors and GPUs.")
    ] = 1,
    address: Annotated[
        str | None, typer.Option(help="Address of the Ray cluster; default RAY_ADDRESS, or here.")
    ] = None,
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
        engine: name of the engine.
        workers: trials at a time.
        address: address of a Ray cluster.
        accept_changes: go on although space, objective, data or kseg have changed.

    Raises:
        KsegError: if the recipe, the data or the folder cannot be used, or no trial was completed.
    """
    from kseg.recipe import load_recipe

    flags = {"data.root": None if data is None else str(data), "tune.budget": budget}
    loaded = load_recipe(recipe, overrides or (), flags)

    from kseg.engine import hide_gpus, open_engine

    with open_engine(engine, workers, address) as opened:
        # Before TensorFlow, which would take the memory of every GPU that it sees.
        hide_gpus()

        from kseg.cli._quiet import import_tensorflow

        import_tensorflow()
        from kseg.cli._terminal import open_terminal
        from kseg.report import write_search_report
        from kseg.tune import search

        with open_terminal() as terminal:
            search(
                loaded,
                out or Path("runs") / f"{loaded.recipe.name}-tune",
                work,
                opened,
                terminal.tell,
                partial(write_search_report, tell=terminal.tell),
                accept_changes=accept_changes,
            )
