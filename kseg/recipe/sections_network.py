"""Section of a recipe about the network."""

import math
from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from kseg.recipe._network_checks import network_conflicts, per_axis
from kseg.recipe.section import Conflict, Section
from kseg.recipe.sections_component import Argument, component_name

NonNegative = Annotated[float, Field(ge=0)]
Filters = Annotated[int, Field(ge=1, le=512)]
Convs = Annotated[int, Field(ge=1, le=8)]
Stride = Annotated[int, Field(ge=1, le=16)]
Extent = Annotated[int, Field(ge=1, le=31)]
Strides = Annotated[tuple[Stride, ...], Field(min_length=2, max_length=3)]
Extents = Annotated[tuple[Extent, ...], Field(min_length=2, max_length=3)]
Pooling = Literal["max", "mean", "trainable"]
# The keys that each network reads, and their defaults.
UNET = {
    "dimensions": 3, "depth": 5, "filters": 16, "max_filters": 320, "convs_per_level": 2,
    "decoder_convs_per_level": None, "kernel_sizes": None, "strides": None,
    "downsample": "stride", "block": "plain", "block_args": None,
    "attention": False, "squeeze_excitation": False,
    "padding": "same", "fusion": "concat", "norm": "instance", "activation": "leaky_relu",
    "dropout": 0.0, "use_bias": None, "decoder_activation": None, "l2": 0.0,
    "deep_supervision": 2, "head_weights": None, "heads": "scaled",
}  # fmt: skip
FCN = {
    "dimensions": 2, "filters": (32, 64), "kernel_size": 5, "pool_size": 2, "pool": "max",
    "border": "keep", "dense_filters": 1024, "dense_kernel": 7, "dropout": 0.5,
    "activation": "relu",
}  # fmt: skip
NORMS = {"batch": {"norm_momentum": 0.99}}
BLOCKS = ("plain", "residual")
INITIALIZERS = {"he_normal": {}, "he_leaky": {}, "truncated_normal": {"kernel_stddev": 0.01}}


class ModelSection(Section):
    """The network."""

    choices: ClassVar = {
        "name": {"unet": UNET, "fcn": FCN},
        "kernel_initializer": INITIALIZERS,
        "norm": NORMS,
    }

    name: Annotated[str, component_name("models")] = Field(
        "unet",
        examples=["unet", "fcn", "my_package.models:my_net"],
        description="Architecture: unet, fcn, or a network of another package, by its name or as "
        "package.module:function.",
    )
    args: dict[str, Argument] | None = Field(
        None,
        examples=[{"width": 8}],
        description="Arguments of a network of another package, by name; it reads no other key.",
    )
    dimensions: Literal[2, 3] = Field(
        UNET["dimensions"],
        description="Axes of an image: 3 for volumes, 2 for pictures (fcn takes 2 if not given).",
    )
    depth: int = Field(
        UNET["depth"],
        ge=2,
        le=8,
        description="Number of resolution levels; a depth of 4 halves three times.",
    )
    filters: Filters | Annotated[tuple[Filters, ...], Field(min_length=1, max_length=8)] = Field(
        UNET["filters"],
        examples=[16, [32, 64, 128]],
        description="Channels of the finest level, which each level below doubles; or a list of "
        "one number a level. For fcn a list of one number a convolution, [32, 64] if not given.",
    )
    max_filters: int = Field(
        UNET["max_filters"], ge=1, le=4096, description="Most channels of any level."
    )
    convs_per_level: Convs | Annotated[tuple[Convs, ...], Field(min_length=2)] = Field(
        UNET["convs_per_level"],
        examples=[2, [1, 3, 4, 6]],
        description="Convolutions (or residual blocks) in a row on each level; or a list of one "
        "number a level.",
    )
    decoder_convs_per_level: Convs | tuple[Convs, ...] | None = Field(
        None,
        examples=[1],
        description="The same for the way up, a list without the coarsest level; null takes "
        "`convs_per_level`.",
    )
    kernel_sizes: tuple[Extent | Extents, ...] | None = Field(
        None,
        examples=[[[1, 3, 3], 3, 3]],
        description="Kernel of each level in voxels, one number or [z, y, x]; null takes 3.",
    )
    strides: tuple[Stride | Strides, ...] | None = Field(
        None,
        examples=[[1, [1, 2, 2], 2]],
        description="Factor by which the way into each level shrinks the image, one number or "
        "[z, y, x], the first 1; null halves all axes at each level.",
    )
    downsample: Literal["stride", "max", "mean", "trainable"] = Field(
        UNET["downsample"],
        description="How a level shrinks the image: by its first convolution's stride, or by "
        "pooling of a kind.",
    )
    block: Annotated[str, component_name("layers", BLOCKS)] = Field(
        UNET["block"],
        examples=["plain", "residual", "my_package.layers:MyBlock"],
        description="Blocks of the way down: plain, residual, or a layer of another package, by "
        "its name or as package.module:Class; those of the way up are plain.",
    )
    block_args: dict[str, Argument] | None = Field(
        None,
        examples=[{"dilations": [1, 2, 4]}],
        description="Arguments of a block of another package, by name.",
    )
    attention: bool = Field(
        UNET["attention"], description="Gates weigh the features that the way up takes over."
    )
    squeeze_excitation: bool = Field(
        UNET["squeeze_excitation"], description="The way down weighs its channels."
    )
    padding: Literal["same", "symmetric"] = Field(
        UNET["padding"],
        description="Where strided convolutions sample: as Keras does, or as PyTorch and nnU-Net.",
    )
    fusion: Literal["concat", "add"] = Field(
        UNET["fusion"], description="How the way up joins the features of the way down."
    )
    norm: Literal["instance", "batch", "group", "layer", "none"] = Field(
        UNET["norm"], description="Normalisation after each convolution; group makes 8 groups."
    )
    norm_momentum: Annotated[float, Field(ge=0, lt=1)] | None = Field(
        None,
        description="Share of the running statistics that a training step leaves as it was; only "
        "for batch (0.99 if not given).",
    )
    activation: Literal["leaky_relu", "relu"] = Field(
        UNET["activation"],
        description="Activation after each convolution (fcn takes relu if not given).",
    )
    decoder_activation: Literal["leaky_relu", "relu"] | None = Field(
        None, description="Activation after each transposed convolution, or null."
    )
    dropout: float = Field(
        UNET["dropout"],
        ge=0,
        lt=1,
        description="Share (0 to below 1) of values dropped after a convolution; for fcn before "
        "the last one (0.5 if not given).",
    )
    use_bias: bool | None = Field(
        None, description="Convolutions have a bias; null gives one where no norm follows."
    )
    kernel_initializer: Literal["he_normal", "he_leaky", "truncated_normal"] = Field(
        "he_normal",
        description="Law of the first weights: he_normal, he_leaky (nnU-Net's, for leaky_relu), "
        "or truncated_normal with `kernel_stddev`.",
    )
    kernel_stddev: Annotated[float, Field(gt=0, le=1)] | None = Field(
        None,
        description="Standard deviation of the first weights; only for truncated_normal (0.01 if "
        "not given).",
    )
    initial_bias: float = Field(0.0, ge=-10, le=10, description="First value of all biases.")
    l2: float = Field(
        UNET["l2"],
        ge=0,
        le=1,
        description="Penalty of a square: l2 times the sum of the squares of all kernels but the "
        "heads' is added to the loss.",
    )
    deep_supervision: int = Field(
        UNET["deep_supervision"],
        ge=0,
        le=7,
        description="Number of auxiliary outputs on coarser levels, less than depth.",
    )
    head_weights: tuple[NonNegative, ...] | None = Field(
        None,
        examples=[[1.0, 0.5, 0.25]],
        description="Weight of each output's loss, the finest first; null halves it level by "
        "level, with a sum of 1.",
    )
    heads: Literal["scaled", "full_size"] = Field(
        UNET["heads"],
        description="Auxiliary outputs as coarse as their level, or brought to full size.",
    )
    kernel_size: Extent | Extents = Field(
        FCN["kernel_size"], description="Kernel in pixels, one number or one an axis; only for fcn."
    )
    pool_size: Stride | Strides = Field(
        FCN["pool_size"], description="Window of the pooling in pixels; only for fcn."
    )
    pool: Pooling = Field(FCN["pool"], description="Kind of pooling; only for fcn.")
    border: Literal["keep", "drop"] = Field(
        FCN["border"],
        description="An odd side is padded with zeros before pooling, or loses its last row; only "
        "for fcn.",
    )
    dense_filters: int = Field(
        FCN["dense_filters"],
        ge=1,
        le=16384,
        description="Channels of the convolution that is a dense layer; only for fcn.",
    )
    dense_kernel: Extent | Extents = Field(
        FCN["dense_kernel"],
        description="Kernel of that convolution, in pixels of the pooled map; only for fcn.",
    )

    @property
    def is_plugin(self) -> bool:
        """Whether the network is another package's."""
        return self.name not in self.choices["name"]

    @property
    def is_plugin_block(self) -> bool:
        """Whether the blocks of the way down are layers named as a component is."""
        return self.name == "unet" and self.block not in BLOCKS

    def unread_keys(self) -> frozenset[str]:
        """Return the keys that the chosen name does not read."""
        if self.is_plugin:
            return frozenset(type(self).model_fields) - {"name", "args"}
        return super().unread_keys() | {"args"}

    @property
    def reduction(self) -> tuple[int, ...]:
        """Factor by which the way down shrinks each axis in all; 1 where any size is right."""
        if self.name != "unet":
            return (1,) * self.dimensions
        if self.strides is None:
            return (2 ** (self.depth - 1),) * self.dimensions
        entries = [per_axis(entry, self.dimensions) for entry in self.strides]
        return tuple(math.prod(axis) for axis in zip(*entries, strict=True))

    def unread_conflicts(self) -> Iterator[Conflict]:
        """Yield the keys that were given, are not read, and differ from what is taken unsaid."""
        if not self.is_plugin and self.args is not None:
            advice = f"Write what `{self.name}` takes as keys of `model`."
            must = f"is not read by `{self.name}`"
            yield Conflict(("args",), must, self.args, advice, (("name",),))
        for conflict in super().unread_conflicts():
            if conflict.key == ("args",):
                continue
            if conflict.received != type(self).model_fields[conflict.key[0]].default:
                yield conflict

    def conflicts(self) -> Iterator[Conflict]:
        """Yield what does not fit the network, the depth or the number of outputs."""
        yield from self.unread_conflicts()
        yield from network_conflicts(self)
