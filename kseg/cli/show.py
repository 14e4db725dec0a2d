"""`kseg show`: the effective recipe, and where each of its values comes from."""

from typing import Annotated

import typer


def show(
    recipe: Annotated[
        str, typer.Argument(help="File of a recipe, or name of a shipped one.", metavar="RECIPE")
    ],
    overrides: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Change one key; may be repeated."),
    ] = None,
    origin: Annotated[
        bool, typer.Option(help="Write behind each value where it comes from.")
    ] = True,
) -> None:
    """Print the effective recipe as YAML, which is a recipe itself.

    Args:
        recipe: str, file or name.
        overrides: list of `a.b=value`.
        origin: bool, write the origin of each value as a comment.

    Raises:
        RecipeError: with every mistake in the recipe.
    """
    from kseg.recipe import load_recipe, recipe_to_yaml

    loaded = load_recipe(recipe, overrides or ())
    typer.echo(recipe_to_yaml(loaded.recipe, loaded.origins if origin else None), nl=False)
