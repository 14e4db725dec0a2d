"""Bring intensities to network units, channel by channel."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

KINDS = ("fixed", "per_image", "none")

# Below this a channel counts as constant; dividing by less would turn rounding into contrast.
SMALLEST_STD = 1e-6


@dataclass(frozen=True)
class ChannelScaling:
    """How one channel's intensities become network units.

    Args:
        kind: `"fixed"` (the same mean and standard deviation for each image), `"per_image"` or
            `"none"`.
        clip_low: float, lower limit in the image's unit, or `None`.
        clip_high: float, upper limit in the image's unit, or `None`.
        mean: float, what becomes 0; only for `"fixed"`.
        std: float, what becomes 1; only for `"fixed"`.
        clip_percentiles: (low, high) in percent of the image itself, instead of fixed limits.

    Raises:
        ValueError: if the kind is unknown or a number is missing, not finite or out of range.

    Example:
        >>> ChannelScaling("fixed", clip_low=-100.0, clip_high=200.0, mean=60.0, std=30.0).std
        30.0
    """

    kind: str
    clip_low: float | None = None
    clip_high: float | None = None
    mean: float | None = None
    std: float | None = None
    clip_percentiles: tuple[float, float] | None = None

    def __post_init__(self):
        if self.kind not in KINDS:
            raise ValueError(f"`kind` must be one of {KINDS}. Received: kind={self.kind!r}.")
        limits = self.clip_percentiles or (self.clip_low, self.clip_high)
        numbers = [number for number in (*limits, self.mean, self.std) if number is not None]
        if not all(math.isfinite(number) for number in numbers):
            raise ValueError(f"`ChannelScaling` must hold finite numbers. Received: {self}.")
        if limits != (None, None) and (None in limits or limits[0] > limits[1]):
            raise ValueError(f"Clip limits must be two rising numbers. Received: {limits}.")
        if self.kind == "fixed" and (self.mean is None or self.std is None or self.std < 0):
            raise ValueError(f"A fixed scaling must have `mean` and `std` >= 0. Received: {self}.")


def normalize(
    voxels: np.ndarray,
    scalings: Sequence[ChannelScaling],
    backgrounds: Sequence[float | None],
) -> tuple[int, ...]:
    """Clip and scale each channel in place.

    A channel of kind `"fixed"` takes limits, mean and standard deviation from its scaling, as
    measured over the training split: right for CT, whose units mean the same in each scan. A
    channel of kind `"per_image"` takes them from the image itself: from the voxels that differ from
    its background value, or from all where it has none. Background voxels are moved with the rest.

    Args:
        voxels: float32 array of intensities; overwritten.
        scalings: one `ChannelScaling` for each channel.
        backgrounds: one value or `None` for each channel, from `background_values`.

    Input shape:
        (z, y, x, channels)

    Returns:
        ints, the channels that were constant: scaled per image, they are now zero.

    Raises:
        ValueError: if `voxels` is not float32 or the number of channels differs from the plan's.

    Example:
        >>> voxels = np.array([10.0, 20.0, 30.0], np.float32).reshape(1, 1, 3, 1)
        >>> normalize(voxels, (ChannelScaling("fixed", mean=20.0, std=10.0),), (None,))
        ()
        >>> voxels.ravel().tolist()
        [-1.0, 0.0, 1.0]
    """
    if voxels.dtype != np.float32:
        raise ValueError(f"`voxels` must be float32. Received: dtype={voxels.dtype}.")
    if not voxels.shape[3] == len(scalings) == len(backgrounds):
        raise ValueError(
            f"`voxels` must have one channel for each of {len(scalings)} scalings and"
            f" {len(backgrounds)} backgrounds. Received: shape={voxels.shape}."
        )
    constant = []
    for index, (scaling, background) in enumerate(zip(scalings, backgrounds, strict=True)):
        if _scale_channel(voxels[..., index], scaling, background):
            constant.append(index)
    return tuple(constant)


def _scale_channel(channel: np.ndarray, scaling: ChannelScaling, background: float | None) -> bool:
    # Chosen before clipping, which may move the background value.
    content = None if background is None else channel != background
    low, high = _limits(channel, content, scaling)
    if low is not None:
        np.clip(channel, low, high, out=channel)
    if scaling.kind == "none":
        return False
    if scaling.kind == "fixed":
        mean, std = scaling.mean, scaling.std
    else:
        mean, std = _mean_and_std(_content_of(channel, content))
    channel -= np.float32(mean)
    channel /= np.float32(max(std, SMALLEST_STD))
    return scaling.kind == "per_image" and std < SMALLEST_STD


def _content_of(channel: np.ndarray, content: np.ndarray | None) -> np.ndarray:
    if content is None:
        return channel
    inside = channel[content]
    return inside if inside.size else channel


def _limits(channel, content, scaling: ChannelScaling) -> tuple[float | None, float | None]:
    if scaling.clip_percentiles is None:
        return scaling.clip_low, scaling.clip_high
    low, high = np.percentile(_content_of(channel, content), scaling.clip_percentiles)
    return float(low), float(high)


def _mean_and_std(values: np.ndarray) -> tuple[float, float]:
    """Accumulate in float64 without a float64 copy of the volume."""
    mean = float(values.mean(dtype=np.float64))
    deviation = values - np.float32(mean)
    np.square(deviation, out=deviation)
    return mean, float(np.sqrt(deviation.mean(dtype=np.float64)))
