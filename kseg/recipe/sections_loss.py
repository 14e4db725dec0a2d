"""Sections of a recipe about what training makes small."""

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from kseg.recipe.section import Conflict, Positive, Section
from kseg.recipe.sections_component import LossTermSection

Weight = Annotated[Positive, Field(description="Weight of this term in the sum.")]
ClassWeights = Annotated[
    Literal["none", "batch", "dataset"] | Annotated[tuple[Positive, ...], Field(min_length=1)],
    Field(
        examples=[[0.1, 1.0]],
        description="Weight of each class: none, batch (1 - share of the class in the batch), "
        "dataset (the same, measured once), or a list of one for each label, the background first, "
        "or for each region.",
    ),
]
Per = Annotated[
    Literal["case", "batch"],
    Field(description="Measure overlap on each patch, or on all patches of a batch together."),
]
Background = Annotated[bool, Field(description="Count the background as a class of its own.")]
Smooth = Annotated[
    float,
    Field(
        ge=1e-8,
        description="Voxels added above and below the fraction, which keeps empty classes stable.",
    ),
]


class CrossEntropySection(Section):
    """Cross-entropy of every voxel."""

    weight: Weight = 1.0
    class_weights: ClassWeights = "none"


class DiceSection(Section):
    """Overlap of predicted and true regions."""

    weight: Weight = 1.0
    per: Per = "case"
    background: Background = False
    smooth: Smooth = 1.0


class TverskySection(Section):
    """Overlap in which false and missed voxels weigh differently."""

    weight: Weight = 1.0
    alpha: float = Field(
        0.3, ge=0, description="Weight of false positives; 0.5 for both makes it the Dice term."
    )
    beta: float = Field(
        0.7, ge=0, description="Weight of false negatives; more than alpha, and less is missed."
    )
    gamma: float = Field(
        1.0,
        ge=0.1,
        le=10,
        description="Each class counts as 1 - score to the power of 1 / gamma; above 1 (focal "
        "Tversky, 1.33) classes that are nearly right count more.",
    )
    per: Per = "case"
    background: Background = False
    smooth: Smooth = 1.0

    def conflicts(self) -> Iterator[Conflict]:
        """Yield weights under which nothing is wrong."""
        if self.alpha == self.beta == 0:
            yield Conflict(
                ("alpha",),
                "and `beta` must not both be 0",
                self.alpha,
                "For instance `alpha: 0.3` and `beta: 0.7`.",
                (("beta",),),
            )


class FocalSection(Section):
    """Cross-entropy in which voxels that are nearly right count less."""

    weight: Weight = 1.0
    gamma: float = Field(
        2.0,
        ge=0,
        le=20,
        description="How much less: a voxel counts 1 - its probability to this power; 0 is "
        "cross-entropy.",
    )
    class_weights: ClassWeights = "none"


class TopKSection(Section):
    """Cross-entropy of the hardest voxels alone."""

    weight: Weight = 1.0
    share: float = Field(
        0.1, gt=0, le=1, description="Share (above 0, up to 1) of each patch's voxels that count."
    )
    class_weights: ClassWeights = "none"


class LossSection(Section):
    """What training makes small: a weighted sum of terms."""

    cross_entropy: CrossEntropySection | None = Field(
        default_factory=CrossEntropySection, description="Cross-entropy term; null leaves it out."
    )
    dice: DiceSection | None = Field(
        default_factory=DiceSection, description="Dice term; null leaves it out."
    )
    tversky: TverskySection | None = Field(
        None, description="Tversky term; `{}` takes its defaults, null leaves it out."
    )
    focal: FocalSection | None = Field(
        None, description="Focal cross-entropy term; `{}` takes its defaults, null leaves it out."
    )
    top_k: TopKSection | None = Field(
        None, description="Term of the hardest voxels; `{}` takes its defaults, null leaves it out."
    )

    plugins: Annotated[dict[str, LossTermSection], Field(min_length=1)] | None = Field(
        None,
        examples=[{"mine": {"name": "my_package.losses:MyLoss"}}],
        description="Terms from other packages, each under a word of your choice.",
    )

    def class_weights(self) -> dict[str, str | tuple[float, ...]]:
        """Return the class weights of each term that has them, by the term's key."""
        terms = {key: getattr(self, key) for key in ("cross_entropy", "focal", "top_k")}
        return {key: term.class_weights for key, term in terms.items() if term is not None}

    def conflicts(self) -> Iterator[Conflict]:
        """Yield a sum in which nothing counts."""
        if all(getattr(self, key) is None for key in type(self).model_fields):
            yield Conflict(
                ("dice",),
                "or another term of `loss` must be there",
                None,
                "Give one, for instance `dice: {weight: 1}`.",
                tuple((key,) for key in type(self).model_fields if key != "dice"),
            )
