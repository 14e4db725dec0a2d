"""Decide once, from the fingerprint, what every scan goes through before the network."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Protocol

import numpy as np

from kseg.errors import RecipeError
from kseg.preprocess.fingerprint import ChannelStatistics, Fingerprint
from kseg.preprocess.grid import anisotropic_axis
from kseg.preprocess.normalize import ChannelScaling

_CT = re.compile(r"(^|[^a-z])(cb|ld)?cta?([^a-z]|$)")


class IntensityRule(Protocol):
    """What a recipe says of one modality, whatever class it says it with.

    Attributes:
        clip_percentiles: (low, high) in percent, or `None` for no clipping.
        scale: `"zscore"` or `"none"`.
        over: `"foreground"`, limits and statistics over the labelled voxels of the training split,
            or `"image"`, over each image by itself.
    """

    clip_percentiles: Sequence[float] | None
    scale: str
    over: str


@dataclass(frozen=True)
class PreprocessPlan:
    """Everything that `prepare` needs to know; it travels inside the model folder.

    Args:
        spacing_mm: 3 floats (z, y, x), voxel spacing that the network sees, in mm.
        scalings: one `ChannelScaling` for each channel.
        crop: bool, cut to the content before scaling.

    Raises:
        ValueError: if a spacing is not a positive number or there is no channel.

    Example:
        >>> plan = PreprocessPlan((3.0, 2.0, 2.0), (ChannelScaling("per_image"),), crop=True)
        >>> plan.to_dict()["spacing_mm"]
        [3.0, 2.0, 2.0]
    """

    spacing_mm: tuple[float, float, float]
    scalings: tuple[ChannelScaling, ...]
    crop: bool = True

    def __post_init__(self):
        if len(self.spacing_mm) != 3 or not all(
            math.isfinite(step) and step > 0 for step in self.spacing_mm
        ):
            raise ValueError(
                f"`spacing_mm` must be 3 positive numbers (z, y, x). Received: {self.spacing_mm}."
            )
        if not self.scalings:
            raise ValueError("`scalings` must hold one entry a channel. Received: none.")

    def to_dict(self) -> dict[str, object]:
        """Return plain data for JSON, as a model folder holds them."""
        return {
            "spacing_mm": list(self.spacing_mm),
            "crop": self.crop,
            "scalings": [asdict(scaling) for scaling in self.scalings],
        }


def make_plan(
    fingerprint: Fingerprint,
    *,
    spacing_mm: Sequence[float] | str,
    crop: bool,
    intensity: Mapping[str, IntensityRule],
    channels: Sequence[str],
) -> PreprocessPlan:
    """Combine the recipe's `preprocess` section with the training split's fingerprint.

    A channel takes the rule of its own name; else a CT by name (`CT`, `CTA`, `portal CT`) takes
    the rule `CT`; else `MRI`; else `default`. Capitals do not matter in the channel's own name.

    Args:
        fingerprint: `Fingerprint` of the training split.
        spacing_mm: 3 floats (z, y, x) in mm, or `"median"` for `median_spacing`.
        crop: bool, cut to the content.
        intensity: mapping from a channel's or modality's name to its `IntensityRule`.
        channels: names of the data set's channels.

    Returns:
        `PreprocessPlan`.

    Raises:
        RecipeError: if no rule fits a channel.
        ValueError: if the fingerprint has another number of channels.

    Example:
        >>> from types import SimpleNamespace
        >>> from kseg.preprocess.fingerprint import PERCENTS
        >>> values = tuple(float(percent) for percent in PERCENTS)
        >>> statistics = ChannelStatistics(50.0, 29.0, 0.5, 99.5, 50.0, 0.0, 100.0, values)
        >>> fingerprint = Fingerprint(
        ...     1, ((3.0, 1.0, 1.0),), ((40, 90, 90),), (statistics,), (9000, 70)
        ... )
        >>> rule = SimpleNamespace(clip_percentiles=(0.5, 99.5), scale="zscore", over="foreground")
        >>> plan = make_plan(
        ...     fingerprint, spacing_mm="median", crop=True, intensity={"CT": rule}, channels=["CT"]
        ... )
        >>> plan.spacing_mm, plan.scalings[0].clip_high
        ((3.0, 1.0, 1.0), 99.5)
    """
    if len(channels) != len(fingerprint.channels):
        raise ValueError(
            f"`channels` must name the {len(fingerprint.channels)} channels of the fingerprint."
            f" Received: channels={tuple(channels)}."
        )
    spacing = median_spacing(fingerprint) if spacing_mm == "median" else spacing_mm
    scalings = tuple(
        _scaling(_rule(name, intensity), statistics)
        for name, statistics in zip(channels, fingerprint.channels, strict=True)
    )
    return PreprocessPlan(tuple(float(step) for step in spacing), scalings, bool(crop))


def median_spacing(fingerprint: Fingerprint) -> tuple[float, float, float]:
    """Choose the spacing that suits most scans of the training split.

    It is the median of each axis. Where the median scan has one axis more than 3 times as coarse as
    the others and fewer than a third of their voxels, that axis takes the 10th percentile, so that
    the finer scans keep their slices; but never less than the other axes' spacing.

    Args:
        fingerprint: `Fingerprint` of the training split.

    Returns:
        3 floats (z, y, x), spacing in mm.

    Example:
        >>> spacings = ((2.0, 1.0, 1.0), (3.0, 0.5, 0.5), (3.0, 1.0, 1.0))
        >>> median_spacing(Fingerprint(3, spacings, ((40, 90, 90),) * 3, (), (9000, 70)))
        (3.0, 1.0, 1.0)

    Reference:
        Isensee et al., nnU-Net, Nature Methods 18, 2021, supplementary note 2.
    """
    spacings = np.asarray(fingerprint.spacings_mm)
    spacing = np.median(spacings, axis=0)
    shape = np.median(np.asarray(fingerprint.shapes_zyx), axis=0)
    coarse = anisotropic_axis(spacing.tolist())
    if coarse is not None:
        others = [axis for axis in range(3) if axis != coarse]
        finest_allowed = spacing[others].max()
        # Not the anisotropy rule again: that one compares with the finest axis, this with both.
        if spacing[coarse] > 3 * finest_allowed and shape[coarse] * 3 < shape[others].min():
            low = np.percentile(spacings[:, coarse], 10)
            spacing[coarse] = max(low, finest_allowed)
    return tuple(round(float(step), 6) for step in spacing)


def _rule(channel: str, intensity: Mapping[str, IntensityRule]) -> IntensityRule:
    is_ct = _CT.search(channel.lower()) is not None
    any_case = {name.lower(): rule for name, rule in intensity.items()} | dict(intensity)
    for name in (channel, channel.lower(), "CT" if is_ct else "MRI", "default"):
        if name in any_case:
            return any_case[name]
    raise RecipeError(
        why=f"preprocess.intensity has no entry for the channel {channel!r};"
        f" it has {', '.join(sorted(intensity)) or 'none'}",
        fix=f"add an entry named {channel}, {'CT' if is_ct else 'MRI'} or default",
        code="KS-F09",
    )


def _scaling(rule: IntensityRule, statistics: ChannelStatistics) -> ChannelScaling:
    zscore = rule.scale == "zscore"
    if rule.over == "image":
        clip = rule.clip_percentiles
        percentiles = None if clip is None else tuple(float(percent) for percent in clip)
        return ChannelScaling("per_image" if zscore else "none", clip_percentiles=percentiles)
    low, high = (
        (None, None)
        if rule.clip_percentiles is None
        else (statistics.percentile(percent) for percent in rule.clip_percentiles)
    )
    if not zscore:
        return ChannelScaling("none", low, high)
    return ChannelScaling("fixed", low, high, statistics.mean, statistics.std)
