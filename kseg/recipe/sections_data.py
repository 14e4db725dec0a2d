"""Sections of a recipe about the scans: where they are, their units, and the patches cut out."""

import math
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, Field, model_validator

from kseg.plugins import BUILTIN
from kseg.recipe.section import Conflict, Positive, Probability, Section, Seed, Size, parse_size
from kseg.recipe.sections_component import Argument, component_name

OWN_SOURCES = ("auto", *BUILTIN["sources"])
Parts = Annotated[tuple[int | str, ...], Field(min_length=1)]
Percentile = Annotated[float, Field(ge=0, le=100)]
PatchAxis = Annotated[int, Field(ge=1, le=1024)]
# Names that mean the background in a dataset.json, or the voxels that nobody has labelled there.
RESERVED_NAMES = frozenset(
    {"background", "unlabelled", "unlabeled", "clear label", "none", "ignore"}
)
# Far beyond what is trained on; a model folder may ask for no larger window.
MOST_PATCH_VOXELS = 2**26
MOST_FOLDS = 100


def _is_orientation(code: str) -> str:
    axes = sorted("RAS"["RASLPI".index(letter) % 3] for letter in code if letter in "RASLPI")
    if len(code) != 3 or axes != ["A", "R", "S"]:
        raise ValueError("must be three letters, one of each pair R/L, A/P and S/I")
    return code


Orientation = Annotated[str, AfterValidator(_is_orientation), Field(examples=["RAS", "LPS"])]


class PhantomSection(Section):
    """The synthetic abdominal CT scans that stand in where there are no others."""

    cases: int = Field(20, ge=2, le=1000, description="Number of synthetic scans to make.")
    seed: Seed = Field(1, description="Seed of the synthetic scans; equal seeds give equal scans.")


class DataSection(Section):
    """Which scans and masks to use, and which of them to keep for validation."""

    choices: ClassVar = {"source": {"digits": {"download": False}, "phantom": {"phantom": {}}}}
    # Digits come split, and in arrays without geometry.
    keys_of_scans: ClassVar = frozenset(
        {"fold", "folds", "seed", "affine_from", "assume_orientation", "nonfinite", "labels"}
        | {"phantom", "source_args", "regions", "regions_class_order"}
    )

    source: Annotated[str, component_name("sources", ("auto",))] = Field(
        "auto",
        examples=["auto", "msd", "nnunet", "table", "phantom", "digits", "my_package:open_mine"],
        description="Layout of the data; auto recognises it, phantom makes synthetic scans, "
        "digits reads pictures of digits from mnist.npz; or a source of another package, by its "
        "name or as package.module:function.",
    )
    source_args: dict[str, Argument] | None = Field(
        None,
        examples=[{"image": "ct.nii.gz"}],
        description="Arguments of a source of another package, by name.",
    )
    root: str | None = Field(
        None,
        min_length=1,
        description="Folder (or table file, or file of digits) of the data; relative to the "
        "recipe's own folder, or to the current one when given on the command line.",
    )
    download: bool | None = Field(
        None,
        description="Fetch the digits where there are none (11 MB); only for source digits "
        "(false if not given).",
    )
    fold: Annotated[int, Field(ge=0)] | Literal["all"] = Field(
        0, description="Which of the folds is kept for validation; all trains on every case."
    )
    folds: int = Field(
        5, ge=2, le=MOST_FOLDS, description="Number of parts the subjects are split into."
    )
    seed: Seed = Field(12345, description="Seed of the split into folds.")
    affine_from: Literal["auto", "sform", "qform"] = Field(
        "auto", description="Which geometry of a NIfTI header to believe where the two disagree."
    )
    assume_orientation: Orientation | None = Field(
        None, description="Directions in which x, y and z grow, for files that do not say."
    )
    nonfinite: Literal["refuse", "replace"] = Field(
        "refuse", description="What to do with NaN and infinite voxels of an image."
    )
    labels: Annotated[dict[str, Parts], Field(min_length=1)] | None = Field(
        None,
        examples=[{"liver": ["liver", "lesion"]}],
        description="Labels to learn, each made of one or more labels of the data set, by name or "
        "value; all others become background. null takes the data set's own.",
    )
    regions: Annotated[dict[str, Parts], Field(min_length=1)] | None = Field(
        None,
        examples=[{"whole": [1, 2, 3], "core": [2, 3], "enhancing": [3]}],
        description="Regions to learn in place of labels, each made of one or more labels (after "
        "`labels`), by name or value; they may overlap, and the larger comes before those inside "
        "it. null takes the data set's own, if it declares some.",
    )
    regions_class_order: Parts | None = Field(
        None,
        examples=[[1, 2, 3]],
        description="For each region the label that stands for it in a predicted mask, where "
        "later regions are painted over earlier ones; null takes the smallest label of each that "
        "no later region holds.",
    )
    phantom: PhantomSection = Field(
        default_factory=PhantomSection, description="The synthetic scans of source phantom."
    )

    def conflicts(self) -> Iterator[Conflict]:
        """Yield a fold that does not exist, unfit names, and what the source does not read."""
        yield from self.unread_conflicts()
        yield from self._unfit_names()
        if self.fold != "all" and self.fold >= self.folds:
            yield Conflict(
                ("fold",),
                f"must be less than `data.folds` ({self.folds}); the first fold is 0",
                self.fold,
                f"Nearest allowed value: {self.folds - 1}.",
                (("folds",),),
            )
        if self.regions_class_order is not None and self.regions is None:
            yield Conflict(
                ("regions_class_order",),
                "needs `data.regions`",
                self.regions_class_order,
                "Remove it; regions of a dataset.json have their order there.",
                (("regions",),),
            )
        if self.source == "phantom" and self.root is not None:
            yield Conflict(
                ("root",),
                "is not read by `source: phantom`",
                self.root,
                "Set `data.source: auto` to read this folder, or remove it.",
                (("source",),),
            )

    def _unfit_names(self) -> Iterator[Conflict]:
        """Yield labels and regions whose names mean what no label is."""
        for key in ("labels", "regions"):
            for name in getattr(self, key) or ():
                plain = name.strip().lower()
                if not plain or plain in RESERVED_NAMES:
                    yield Conflict(
                        (key,),
                        "must have names that are not empty and do not mean the background, or "
                        "the voxels to ignore",
                        name,
                        "Choose another name; what no one takes becomes background by itself, and "
                        "what the data set ignores stays so.",
                    )

    @property
    def is_plugin(self) -> bool:
        """Whether the data are read by another package."""
        return self.source not in OWN_SOURCES

    def unread_keys(self) -> frozenset[str]:
        """Return the keys that the source does not read."""
        scans = self.keys_of_scans if self.source == "digits" else frozenset()
        args = frozenset() if self.is_plugin else {"source_args"}
        return super().unread_keys() | scans | args

    def unread_conflicts(self) -> Iterator[Conflict]:
        """Yield the keys that were given and that the source does not read."""
        advice = {
            "download": "Remove it, or choose `source: digits`.",
            "phantom": "Remove it, or choose `source: phantom`.",
        }
        for key in sorted(self.unread_keys() & self.model_fields_set):
            value = getattr(self, key)
            if value not in (None, PhantomSection()):
                yield Conflict(
                    (key,),
                    f"is not read by `source: {self.source}`",
                    value.model_dump() if isinstance(value, Section) else value,
                    advice.get(key, "Remove it."),
                    (("source",),),
                )


class IntensitySection(Section):
    """How the grey values of one kind of channel become network units."""

    clip_percentiles: tuple[Percentile, Percentile] | None = Field(
        None,
        examples=[[0.5, 99.5]],
        description="Percentiles (0 to 100) of the training foreground that values are cut to.",
    )
    scale: Literal["zscore", "none"] = Field(
        "zscore", description="zscore subtracts the mean and divides by the standard deviation."
    )
    over: Literal["foreground", "image"] = Field(
        "image",
        description="Voxels that mean and deviation are taken from: the labelled voxels of all "
        "training cases, or each image by itself.",
    )

    def conflicts(self) -> Iterator[Conflict]:
        """Yield percentiles that stand in the wrong order."""
        clip = self.clip_percentiles
        if clip is not None and clip[0] >= clip[1]:
            yield Conflict(
                ("clip_percentiles",), "must rise", clip, "Write the lower one first: [0.5, 99.5]."
            )


INTENSITY_DEFAULTS = {
    "CT": {"clip_percentiles": (0.5, 99.5), "scale": "zscore", "over": "foreground"},
    "default": {"clip_percentiles": None, "scale": "zscore", "over": "image"},
}


class PreprocessSection(Section):
    """How scans are brought to one spacing and to network units."""

    spacing_mm: tuple[Positive, Positive, Positive] | Literal["median"] = Field(
        "median",
        examples=[[3.0, 1.5, 1.5]],
        description="Distance of voxels in mm [z, y, x]; median takes it from the training cases.",
    )
    crop: bool = Field(True, description="Cut away the empty border round the content of a scan.")
    intensity: dict[str, IntensitySection] = Field(
        default_factory=lambda: {k: IntensitySection(**v) for k, v in INTENSITY_DEFAULTS.items()},
        description="Treatment of each channel, by its name (CT, MRI, ...); "
        "`default` is for names not listed.",
    )

    @model_validator(mode="before")
    @classmethod
    def _fill_intensity(cls, data: Any) -> Any:
        given = data.get("intensity") if isinstance(data, Mapping) else None
        if not isinstance(given, Mapping):
            return data
        filled = dict(given)
        for name, defaults in INTENSITY_DEFAULTS.items():
            entry = given.get(name, {})
            filled[name] = {**defaults, **entry} if isinstance(entry, Mapping) else entry
        return {**data, "intensity": filled}


class PatchesSection(Section):
    """The blocks of voxels that the network is shown."""

    size: tuple[PatchAxis, PatchAxis, PatchAxis] = Field(
        (64, 96, 96), examples=[[32, 96, 96]], description="Voxels of a patch [z, y, x]."
    )
    batch: int = Field(2, ge=1, le=1024, description="Patches in one training step.")
    foreground: Probability = Field(
        0.33, description="Share (0 to 1) of patches that are centred on a labelled voxel."
    )
    ram: Size = Field(
        "2G",
        description="Memory that training scans may stay in (K, M, G or T, powers of 1024); "
        "what does not fit is read from disk.",
    )

    def conflicts(self) -> Iterator[Conflict]:
        """Yield a patch that no machine could hold, though each of its sides is right."""
        voxels = math.prod(self.size)
        if voxels > MOST_PATCH_VOXELS:
            yield Conflict(
                ("size",),
                f"must have at most {MOST_PATCH_VOXELS:,} voxels in all",
                self.size,
                f"It has {voxels:,}; [400, 400, 400] is within.",
            )

    @property
    def ram_bytes(self) -> int:
        """The memory that training scans may stay in, in bytes."""
        return parse_size(self.ram)
