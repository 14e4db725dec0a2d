"""Sections of a recipe about the network and the loss it is trained with."""

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from kseg.recipe.section import Conflict, Positive, Section

NonNegative = Annotated[float, Field(ge=0)]


class ModelSection(Section):
    """The network."""

    name: Literal["unet"] = Field("unet", description="Architecture.")
    depth: int = Field(
        5, ge=2, le=8, description="Number of resolution levels; a depth of 4 halves three times."
    )
    filters: int = Field(
        16, ge=1, le=512, description="Channels of the finest level; each level below doubles them."
    )
    max_filters: int = Field(320, ge=1, le=4096, description="Most channels of any level.")
    convs_per_level: int = Field(2, ge=1, le=8, description="Convolutions in a row on each level.")
    norm: Literal["instance", "batch", "none"] = Field(
        "instance", description="Normalisation after each convolution."
    )
    activation: Literal["leaky_relu", "relu"] = Field(
        "leaky_relu", description="Activation after each convolution."
    )
    dropout: float = Field(
        0.0, ge=0, lt=1, description="Share (0 to below 1) of values dropped after a convolution."
    )
    deep_supervision: int = Field(
        2, ge=0, le=7, description="Number of auxiliary outputs on coarser levels, less than depth."
    )
    head_weights: tuple[NonNegative, ...] | None = Field(
        None,
        examples=[[1.0, 0.5, 0.25]],
        description="Weight of each output's loss, the finest first; null halves it level by "
        "level, with a sum of 1.",
    )

    def conflicts(self) -> Iterator[Conflict]:
        """Yield what does not fit the depth or the number of outputs."""
        if self.max_filters < self.filters:
            yield Conflict(
                ("max_filters",),
                f"must be at least `model.filters` ({self.filters})",
                self.max_filters,
                f"Nearest allowed value: {self.filters}.",
                (("filters",),),
            )
        if self.deep_supervision >= self.depth:
            yield Conflict(
                ("deep_supervision",),
                f"must be less than `model.depth` ({self.depth})",
                self.deep_supervision,
                f"Nearest allowed value: {self.depth - 1}.",
                (("depth",),),
            )
        yield from self._head_weight_conflicts()

    def _head_weight_conflicts(self) -> Iterator[Conflict]:
        weights, heads = self.head_weights, self.deep_supervision + 1
        if weights is not None and (len(weights) != heads or sum(weights) == 0):
            example = ", ".join(f"{0.5**level:g}" for level in range(heads))
            yield Conflict(
                ("head_weights",),
                f"must hold {heads} weights, not all zero: one for the output and one for each "
                f"of the {self.deep_supervision} auxiliary outputs of `model.deep_supervision`",
                weights,
                f"For instance [{example}].",
                (("deep_supervision",),),
            )


class CrossEntropySection(Section):
    """Cross-entropy of every voxel."""

    weight: Positive = Field(1.0, description="Weight of this term in the sum.")
    class_weights: (
        Literal["none", "batch", "dataset"] | Annotated[tuple[Positive, ...], Field(min_length=2)]
    ) = Field(
        "none",
        examples=[[0.1, 1.0]],
        description="Weight of each class: none, batch (1 - share of the class in the batch), "
        "dataset (the same, measured once), or a list with the background first.",
    )


class DiceSection(Section):
    """Overlap of predicted and true regions."""

    weight: Positive = Field(1.0, description="Weight of this term in the sum.")
    per: Literal["case", "batch"] = Field(
        "case", description="Measure overlap on each patch, or on all patches of a batch together."
    )
    background: bool = Field(False, description="Count the background as a class of its own.")
    smooth: float = Field(
        1.0,
        ge=1e-8,
        description="Voxels added above and below the fraction, which keeps empty classes stable.",
    )


class LossSection(Section):
    """What training makes small: a weighted sum of terms."""

    cross_entropy: CrossEntropySection | None = Field(
        default_factory=CrossEntropySection, description="Cross-entropy term; null leaves it out."
    )
    dice: DiceSection | None = Field(
        default_factory=DiceSection, description="Dice term; null leaves it out."
    )

    def conflicts(self) -> Iterator[Conflict]:
        """Yield a sum in which nothing counts."""
        if self.cross_entropy is None and self.dice is None:
            yield Conflict(
                ("dice",),
                "or `loss.cross_entropy` must be there",
                None,
                "Give one of the two, for instance `dice: {weight: 1}`.",
                (("cross_entropy",),),
            )
