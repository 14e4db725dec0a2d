"""`kseg recipes`: the recipes that come with kseg, listed and copied."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(help="List the recipes that come with kseg, or copy one.")


@app.callback(invoke_without_command=True)
def recipes(context: typer.Context) -> None:
    """List the shipped recipes: name, what it is for, and file.

    Args:
        context: the command line; a sub-command that follows runs instead.
    """
    if context.invoked_subcommand is not None:
        return
    from kseg.recipe import list_recipes

    for recipe in list_recipes():
        typer.echo(f"{recipe.name:<14} {recipe.title}\n{'':<14} {recipe.path}")


@app.command()
def copy(
    name: Annotated[str, typer.Argument(help="Name of a shipped recipe.", metavar="NAME")],
    to: Annotated[
        Path | None, typer.Argument(help="New file, or a folder for it.", metavar="[TO]")
    ] = None,
) -> None:
    """Copy a shipped recipe to change it; a file that is there already is never touched.

    Args:
        name: str, name of a shipped recipe.
        to: new file or folder; the current folder if not given.

    Raises:
        RecipeError: if there is no such recipe, or the file is there already.
    """
    from kseg.recipe import copy_recipe

    typer.echo(f"wrote {copy_recipe(name, to)}")
