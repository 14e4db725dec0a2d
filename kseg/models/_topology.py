"""The numbers of a U-Net, one entry a level, from arguments that may be one number for all."""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

# Far beyond what any image can be halved, or any network was trained with. A model folder from a
# stranger must not keep the machine busy for ever.
MOST_LEVELS, MOST_CONVS, LARGEST_KERNEL, LARGEST_STRIDE = 16, 16, 31, 16


@dataclass(frozen=True)
class Topology:
    """What each level of a U-Net is, the finest first.

    Args:
        widths: ints, channels.
        convs: ints, blocks on the way down.
        decoder_convs: ints, blocks on the way up, for all levels but the coarsest.
        kernels: tuples of ints, kernel in voxels, one int an axis.
        strides: tuples of ints, factor by which each axis shrinks on the way into the level.
    """

    widths: tuple[int, ...]
    convs: tuple[int, ...]
    decoder_convs: tuple[int, ...]
    kernels: tuple[tuple[int, ...], ...]
    strides: tuple[tuple[int, ...], ...]

    @property
    def depth(self) -> int:
        """Number of levels."""
        return len(self.widths)

    @property
    def factors(self) -> tuple[tuple[int, ...], ...]:
        """How many voxels of the image one voxel of each level spans, along each axis."""
        return tuple(itertools.accumulate(self.strides, _product))


def make_topology(
    dimensions: int,
    depth: int,
    *,
    filters: int | Sequence[int],
    max_filters: int,
    convs_per_level: int | Sequence[int],
    decoder_convs_per_level: int | Sequence[int] | None,
    kernel_sizes: Sequence | None,
    strides: Sequence | None,
) -> Topology:
    """Return the levels of a U-Net; the arguments are those of `unet`.

    Raises:
        ValueError: if an argument is out of its range, or has not one entry a level.
    """
    if dimensions not in (2, 3):
        raise ValueError(f"`dimensions` must be 2 or 3. Received: dimensions={dimensions}.")
    if not 2 <= depth <= MOST_LEVELS:
        raise ValueError(f"`depth` must be from 2 to {MOST_LEVELS}. Received: depth={depth}.")
    if isinstance(filters, int):
        widths = tuple(min(filters * 2**level, max_filters) for level in range(depth))
    else:
        widths = _per_level("filters", filters, depth)
    convs = _per_level("convs_per_level", convs_per_level, depth)
    if decoder_convs_per_level is None:
        decoder_convs = convs[:-1]
    else:
        decoder_convs = _per_level("decoder_convs_per_level", decoder_convs_per_level, depth - 1)
    kernels = (3,) * depth if kernel_sizes is None else kernel_sizes
    steps = (1, *(2,) * (depth - 1)) if strides is None else strides
    topology = Topology(
        widths=_checked("filters", widths, filters, math.inf),
        convs=_checked("convs_per_level", convs, convs_per_level, MOST_CONVS),
        decoder_convs=_checked(
            "decoder_convs_per_level", decoder_convs, decoder_convs_per_level, MOST_CONVS
        ),
        kernels=_per_axis("kernel_sizes", kernels, depth, dimensions, LARGEST_KERNEL),
        strides=_per_axis("strides", steps, depth, dimensions, LARGEST_STRIDE),
    )
    if math.prod(topology.strides[0]) != 1:
        raise ValueError(
            "The first of `strides` must be 1: logits have the image's resolution. "
            f"Received: strides={strides}."
        )
    return topology


def _per_level(name: str, value: int | Sequence[int], levels: int) -> tuple:
    """Return `value` once a level, or as it is where it already has that many entries."""
    if isinstance(value, int):
        return (value,) * levels
    if len(value) != levels:
        raise ValueError(
            f"`{name}` must be one int, or one for each of {levels} levels. "
            f"Received: {name}={value}."
        )
    return tuple(value)


def _checked(name: str, values: tuple, received: object, most: float) -> tuple[int, ...]:
    whole = all(isinstance(value, int) and not isinstance(value, bool) for value in values)
    if not whole or not all(1 <= value <= most for value in values):
        must = "a positive int" if most == math.inf else f"from 1 to {most}"
        raise ValueError(f"`{name}` must be {must}. Received: {name}={received}.")
    return values


def _per_axis(name: str, value: Sequence, levels: int, dimensions: int, most: int) -> tuple:
    """Return `levels` tuples of one int an axis; an entry that is an int holds for all axes."""
    if isinstance(value, int) or len(value) != levels:
        raise ValueError(
            f"`{name}` must have one entry for each of {levels} levels. Received: {name}={value}."
        )
    entries = [(entry,) * dimensions if isinstance(entry, int) else tuple(entry) for entry in value]
    if any(len(entry) != dimensions for entry in entries):
        raise ValueError(
            f"Each of `{name}` must be one int or {dimensions} ints. Received: {name}={value}."
        )
    return tuple(_checked(name, entry, value, most) for entry in entries)


def _product(one: tuple[int, ...], other: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(a * b for a, b in zip(one, other, strict=True))
