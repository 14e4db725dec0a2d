"""Sections of a recipe about parts that come from other packages."""

import difflib
from collections.abc import Sequence
from typing import Annotated

from pydantic import AfterValidator, Discriminator, Field, Tag

from kseg.errors import RecipeError
from kseg.plugins import KINDS, find_component
from kseg.recipe.section import Positive, Section

Scalar = bool | int | float | str
Argument = Scalar | tuple[Scalar, ...]
Arguments = Annotated[
    dict[str, Argument],
    Field(
        default_factory=dict,
        examples=[{"smooth": 1.0}],
        description="Its arguments, by name: numbers, text, true or false, or lists.",
    ),
]


def component_name(kind: str, words: Sequence[str] = (), *, own: bool = True) -> AfterValidator:
    """Return a check that a name is that of a component, which imports nothing.

    Args:
        kind: str, a key of `kseg.plugins.KINDS`.
        words: names that are right, too, and are no component.
        own: bool, whether kseg's own components may be named; where they have keys of their own,
            they may not.

    Returns:
        A check for a pydantic field.

    Example:
        >>> component_name("losses").func("SoftDise")
        Traceback (most recent call last):
            ...
        ValueError: must be the name of something that is there: there is no loss ...
        >>> component_name("layers", ("plain", "residual")).func("plian")
        Traceback (most recent call last):
            ...
        ValueError: must be plain, residual or the name of something that is there: ...
    """

    def check(name: str) -> str:
        if name in words:
            return name
        try:
            component = find_component(kind, name)
        except RecipeError as error:
            # The advice goes along: that of a key knows nothing of what is installed.
            close = difflib.get_close_matches(name, words, 1)
            advice = f"did you mean `{close[0]}`?" if close else error.fix
            choice = f"{', '.join(words)} or " if words else ""
            raise ValueError(
                f"must be {choice}the name of something that is there: {error.why} ({advice})"
            ) from error
        if component.builtin and not own:
            raise ValueError(
                f"must be the name of another package's {KINDS[kind]}: `{name}` is kseg's own and "
                "has a key of its own"
            )
        return name

    return AfterValidator(check)


class LossTermSection(Section):
    """A loss from another package, or one of kseg's own by its class name."""

    name: Annotated[str, component_name("losses")] = Field(
        examples=["my_package.losses:MyLoss"],
        description="Name of the loss as `kseg components losses` lists it, or its "
        "package.module:Class.",
    )
    weight: Positive = Field(1.0, description="Weight of this term in the sum.")
    args: Arguments


class AugmentStepSection(Section):
    """A step of augmentation from another package."""

    name: Annotated[str, component_name("augment", own=False)] = Field(
        examples=["my_package.augment:MyStep"],
        description="Name of the step as `kseg components augment` lists it, or its "
        "package.module:Class.",
    )
    args: Arguments


# Metrics that a recipe names by a word: what they are told of the labels is kseg's affair.
METRIC_WORDS = ("patch_dice", "voxel_accuracy")


class MetricSection(Section):
    """A metric from another package, or one of kseg's own by its class name, with arguments."""

    name: Annotated[str, component_name("metrics")] = Field(
        examples=["my_package.metrics:MyMetric"],
        description="Name of the metric as `kseg components metrics` lists it, or its "
        "package.module:Class.",
    )
    args: Arguments


# Told apart by their form, so that a mistake in one is not told as a mistake in the other.
Metric = Annotated[
    Annotated[str, component_name("metrics", METRIC_WORDS), Tag("name")]
    | Annotated[MetricSection, Tag("component")],
    Discriminator(lambda value: "name" if isinstance(value, str) else "component"),
]
