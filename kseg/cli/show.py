"""`kseg show`: the effective recipe, and where each of its values comes from."""

from typing import Annotated

import typer

from kseg.cli._options import Overrides, RecipeName


def show(
    recipe: RecipeName,
    overrides: Overrides = None,
    origin: Annotated[
        bool, typer.Option(help="Write behind each value where it comes from.")
    ] = True,
    costs: Annotated[
        bool, typer.Option("--costs", help="Print weights by layer and memory instead.")
    ] = False,
    channels: Annotated[int, typer.Option(min=1, help="Channels of the image, for --costs.")] = 1,
    classes: Annotated[
        int | None,
        typer.Option(
            min=2,
            help="Labels with the background, for --costs; 2, or for digits 10.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Print the effective recipe as YAML, which is a recipe itself; or what its network costs.

    Args:
        recipe: str, file or name.
        overrides: list of `a.b=value`.
        origin: bool, write the origin of each value as a comment.
        costs: bool, print the weights of each layer and the memory of training.
        channels: int, channels of the image.
        classes: int, labels with the background; None takes 10 for digits and 2 for scans.

    Raises:
        RecipeError: with every mistake in the recipe.
    """
    from kseg.recipe import load_recipe, recipe_to_yaml

    loaded = load_recipe(recipe, overrides or ())
    if costs:
        from kseg.cli._costs import costs_text

        typer.echo(costs_text(loaded.recipe, channels, classes))
        return
    typer.echo(recipe_to_yaml(loaded.recipe, loaded.origins if origin else None), nl=False)
