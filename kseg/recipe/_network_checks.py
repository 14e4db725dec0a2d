"""Keys of a network that are each right and do not fit together."""

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from kseg.recipe.section import Conflict

if TYPE_CHECKING:
    from kseg.recipe.sections_network import ModelSection

# Groups that `norm: group` makes of the channels.
GROUPS = 8


def network_conflicts(section: "ModelSection") -> Iterator[Conflict]:
    """Yield what does not fit the network, the depth, the axes or the number of outputs."""
    if section.name == "unet":
        yield from _widths(section)
        yield from _levels(section)
        yield from _axes(section, "kernel_sizes", section.kernel_sizes or ())
        yield from _axes(section, "strides", section.strides or ())
        yield from _kernels(section)
        yield from _heads(section)
        yield from _block_arguments(section)
        return
    if section.is_plugin:
        return
    for key in ("kernel_size", "pool_size", "dense_kernel"):
        yield from _axes(section, key, (getattr(section, key),))
    if isinstance(section.filters, int):
        yield Conflict(
            ("filters",),
            "must be a list with `model.name: fcn`, of one number for each convolution",
            section.filters,
            "For instance [32, 64].",
            (("name",),),
        )


def per_axis(entry: int | tuple[int, ...], dimensions: int) -> tuple[int, ...]:
    """Return one number for each axis; a single one holds for all."""
    return (entry,) * dimensions if isinstance(entry, int) else entry


def _widths(section: "ModelSection") -> Iterator[Conflict]:
    widths = section.filters
    if not isinstance(widths, int):
        yield from _unread(section, "max_filters", "a list of `filters`", "filters")
    else:
        if section.max_filters < widths:
            yield Conflict(
                ("max_filters",),
                f"must be at least `model.filters` ({widths})",
                section.max_filters,
                f"Nearest allowed value: {widths}.",
                (("filters",),),
            )
        widths = tuple(min(widths * 2**n, section.max_filters) for n in range(section.depth))
    if section.norm == "group" and any(width % GROUPS for width in widths):
        yield Conflict(
            ("norm",),
            f"must not be group unless {GROUPS} divides the channels of every level, {widths}",
            section.norm,
            "Choose other `model.filters` and `model.max_filters`, or `norm: instance`.",
            (("filters",), ("max_filters",), ("depth",)),
        )


def _levels(section: "ModelSection") -> Iterator[Conflict]:
    for key in ("filters", "convs_per_level", "kernel_sizes", "strides"):
        yield from _length(section, key, section.depth, "each level of")
    lower = "each level but the coarsest of"
    yield from _length(section, "decoder_convs_per_level", section.depth - 1, lower)
    if section.strides and math.prod(per_axis(section.strides[0], 1)) != 1:
        yield Conflict(
            ("strides",),
            "must begin with 1, since the finest level has the image's own resolution",
            section.strides,
            "Put 1 in front, and count it in `model.depth`.",
            (("depth",),),
        )


def _unread(section: "ModelSection", key: str, with_: str, related: str) -> Iterator[Conflict]:
    """Yield a key that nothing reads beside another one, if it is not as it would be unsaid."""
    value, default = getattr(section, key), type(section).model_fields[key].default
    if value != default:
        yield Conflict(
            (key,),
            f"is not read with {with_}",
            value,
            f"Remove it, or write {default} if a recipe that this one extends gives another.",
            ((related,),),
        )


def _length(section: "ModelSection", key: str, length: int, levels: str) -> Iterator[Conflict]:
    value = getattr(section, key)
    if isinstance(value, tuple) and len(value) != length:
        yield Conflict(
            (key,),
            f"must hold {length} entries, one for {levels} `model.depth` ({section.depth})",
            value,
            f"Give {length} entries, or another depth.",
            (("depth",),),
        )


def _axes(section: "ModelSection", key: str, entries: tuple) -> Iterator[Conflict]:
    count = section.dimensions
    wrong = [entry for entry in entries if isinstance(entry, tuple) and len(entry) != count]
    if wrong:
        yield Conflict(
            (key,),
            f"must have {count} numbers, as many as `model.dimensions`, where it gives one an axis",
            wrong[0],
            f"For instance {[1, 2, 2][-count:]}.",
            (("dimensions",),),
        )


def _kernels(section: "ModelSection") -> Iterator[Conflict]:
    entries = [per_axis(entry, 1) for entry in section.kernel_sizes or ()]
    if section.padding == "symmetric" and not all(size % 2 for size in sum(entries, ())):
        yield Conflict(
            ("kernel_sizes",),
            "must be odd with `padding: symmetric`, or features outgrow the image",
            section.kernel_sizes,
            "Write odd sizes, or `padding: same`.",
            (("padding",),),
        )


def _heads(section: "ModelSection") -> Iterator[Conflict]:
    if section.deep_supervision >= section.depth:
        yield Conflict(
            ("deep_supervision",),
            f"must be less than `model.depth` ({section.depth})",
            section.deep_supervision,
            f"Nearest allowed value: {section.depth - 1}.",
            (("depth",),),
        )
    if section.deep_supervision == 0:
        yield from _unread(section, "heads", "`deep_supervision: 0`", "deep_supervision")
    weights, count = section.head_weights, section.deep_supervision + 1
    if weights is not None and (len(weights) != count or sum(weights) == 0):
        example = ", ".join(f"{0.5**level:g}" for level in range(count))
        yield Conflict(
            ("head_weights",),
            f"must hold {count} weights, not all zero: one for the output and one for each "
            f"of the {section.deep_supervision} auxiliary outputs of `model.deep_supervision`",
            weights,
            f"For instance [{example}].",
            (("deep_supervision",),),
        )


def _block_arguments(section: "ModelSection") -> Iterator[Conflict]:
    if section.block_args is not None and not section.is_plugin_block:
        yield Conflict(
            ("block_args",),
            f"is not read by `block: {section.block}`",
            section.block_args,
            "Write what it takes as keys of `model`.",
            (("block",),),
        )
