"""Section of a recipe about a part that comes from another package."""

from typing import Annotated

from pydantic import AfterValidator, Field

from kseg.errors import RecipeError
from kseg.plugins import find_component
from kseg.recipe.section import Positive, Section

Scalar = bool | int | float | str
Argument = Scalar | tuple[Scalar, ...]


def component_name(kind: str) -> AfterValidator:
    """Return a check that a name is that of a component, which imports nothing.

    Args:
        kind: str, a key of `kseg.plugins.KINDS`.

    Returns:
        A check for a pydantic field.

    Example:
        >>> component_name("losses").func("SoftDise")
        Traceback (most recent call last):
            ...
        ValueError: must be the name of something that is there: there is no loss ...
    """

    def check(name: str) -> str:
        try:
            find_component(kind, name)
        except RecipeError as error:
            # The advice goes along: that of a key knows nothing of what is installed.
            raise ValueError(
                f"must be the name of something that is there: {error.why} ({error.fix})"
            ) from error
        return name

    return AfterValidator(check)


class ComponentSection(Section):
    """A loss from another package, or one of kseg's own by its class name."""

    name: Annotated[str, component_name("losses")] = Field(
        examples=["my_package.losses:MyLoss"],
        description="Name of the loss as `kseg components losses` lists it, or its "
        "package.module:Class.",
    )
    weight: Positive = Field(1.0, description="Weight of this term in the sum.")
    args: dict[str, Argument] = Field(
        default_factory=dict,
        examples=[{"smooth": 1.0}],
        description="Arguments of the loss, by name: numbers, text, true or false, or lists.",
    )
