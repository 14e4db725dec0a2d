"""Section of a recipe about augmentation: what may happen to a patch before it is learned from.

The defaults are nnU-Net's laws.
"""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from kseg.recipe.section import Conflict, Positive, Probability, Range, Section
from kseg.recipe.sections_component import AugmentStepSection

ZoomRange = Annotated[Range, Field(examples=[[0.5, 1.0]])]
Degrees = Annotated[float, Field(ge=0, le=180)]
FlipAxes = Annotated[
    tuple[Literal["z", "y", "x"], ...],
    Field(min_length=1, max_length=3, examples=[["z", "y"]]),
]


class FlipSection(Section):
    """Mirroring."""

    probability: Probability = Field(0.5, description="Chance (0 to 1) of each axis by itself.")
    axes: FlipAxes | Literal["auto"] = Field(
        "auto",
        description="Axes that may be mirrored; auto takes all, without x where label names come "
        "in left/right pairs.",
    )

    def conflicts(self) -> Iterator[Conflict]:
        """Yield axes that are named twice."""
        if self.axes != "auto" and len(set(self.axes)) < len(self.axes):
            once = ", ".join(dict.fromkeys(self.axes))
            yield Conflict(("axes",), "must name each axis once", self.axes, f"Write [{once}].")


class AffineSection(Section):
    """Rotation and scaling, done as one resampling."""

    rotation_degrees: Degrees | Literal["auto"] = Field(
        "auto",
        description="Largest angle about each axis, in degrees; auto takes 30, or any angle within "
        "the slices where slices stay together (coarse slices, flat patches).",
    )
    rotation_probability: Probability = Field(0.2, description="Chance (0 to 1) of a rotation.")
    scale: Range = Field(
        (0.7, 1.4), description="Smallest and largest factor; above 1 objects become smaller."
    )
    scale_probability: Probability = Field(0.2, description="Chance (0 to 1) of a scaling.")


class GammaSection(Section):
    """Change of contrast by a power law."""

    probability: Probability = Field(0.3, description="Chance (0 to 1) of a power law.")
    range: Range = Field((0.7, 1.5), description="Smallest and largest exponent.")
    inverted_probability: Probability = Field(
        0.1, description="Chance (0 to 1) of a power law on the negative image."
    )


class BrightnessSection(Section):
    """Multiplication of all grey values."""

    probability: Probability = Field(0.15, description="Chance (0 to 1) for a patch.")
    range: Range = Field((0.75, 1.25), description="Smallest and largest factor.")


class ContrastSection(Section):
    """Stretching of the grey values about their mean."""

    probability: Probability = Field(0.15, description="Chance (0 to 1) for a patch.")
    range: Range = Field((0.75, 1.25), description="Smallest and largest factor.")


class NoiseSection(Section):
    """Gaussian noise."""

    probability: Probability = Field(0.1, description="Chance (0 to 1) for a patch.")
    sigma_max: Positive = Field(
        0.1, description="Largest standard deviation, in network units (1 = one deviation)."
    )


class BlurSection(Section):
    """Gaussian blur."""

    probability: Probability = Field(0.2, description="Chance (0 to 1) for a patch.")
    sigma: Range = Field((0.5, 1.0), description="Smallest and largest width, in voxels.")


class LowresSection(Section):
    """Simulated low resolution: made coarser, then brought back to size."""

    probability: Probability = Field(0.25, description="Chance (0 to 1) for a patch.")
    zoom: ZoomRange = Field(
        (0.5, 1.0), description="Smallest and largest factor by which the patch is shrunk."
    )

    def conflicts(self) -> Iterator[Conflict]:
        """Yield factors that would make the patch finer."""
        if self.zoom[1] > 1:
            yield Conflict(
                ("zoom",), "must not exceed 1", self.zoom, f"Write [{min(self.zoom[0], 1.0)}, 1.0]."
            )


KINDS: Mapping[str, type[Section]] = {
    "flip": FlipSection,
    "affine": AffineSection,
    "gamma": GammaSection,
    "brightness": BrightnessSection,
    "contrast": ContrastSection,
    "noise": NoiseSection,
    "blur": BlurSection,
    "lowres": LowresSection,
}


class AugmentSection(Section):
    """Random changes to a patch, each with its own chance; a chance of 0 turns one off."""

    preset: Literal["nnunet", "none"] = Field(
        "nnunet",
        description="nnunet does all kinds by nnU-Net's laws unless changed here; "
        "none does only the kinds that are named here.",
    )
    flip: FlipSection = Field(default_factory=FlipSection, description="Mirroring.")
    affine: AffineSection = Field(
        default_factory=AffineSection, description="Rotation and scaling."
    )
    gamma: GammaSection = Field(default_factory=GammaSection, description="Power law of contrast.")
    brightness: BrightnessSection = Field(
        default_factory=BrightnessSection, description="Multiplication of all grey values."
    )
    contrast: ContrastSection = Field(
        default_factory=ContrastSection, description="Stretching of grey values about their mean."
    )
    noise: NoiseSection = Field(default_factory=NoiseSection, description="Gaussian noise.")
    blur: BlurSection = Field(default_factory=BlurSection, description="Gaussian blur.")
    lowres: LowresSection = Field(
        default_factory=LowresSection, description="Simulated low resolution."
    )

    plugins: Annotated[dict[str, AugmentStepSection], Field(min_length=1)] | None = Field(
        None,
        examples=[{"mine": {"name": "my_package.augment:MyStep"}}],
        description="Steps from other packages, each under a word of your choice; they come after "
        "all others, in the order in which they are written.",
    )

    @model_validator(mode="before")
    @classmethod
    def _turn_off_unnamed(cls, data: Any) -> Any:
        if not isinstance(data, Mapping) or data.get("preset") != "none":
            return data
        return {**{kind: _off(section) for kind, section in KINDS.items()}, **data}


def _off(section: type[Section]) -> dict[str, float]:
    return {key: 0.0 for key in section.model_fields if key.endswith("probability")}
