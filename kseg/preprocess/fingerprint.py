"""Measure what the training split looks like: grids, label sizes, foreground intensities."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import numpy as np

from kseg.dataset import Case, ReadOptions
from kseg.errors import ManifestError
from kseg.preprocess.case_facts import CaseFacts, case_facts, known_facts
from kseg.preprocess.each_case import Progress, find_or_make
from kseg.preprocess.grid import Spacing, Triple
from kseg.storage import remove_leftovers

# Dense in the tails, where clip limits lie; between two of these a percentile is interpolated.
PERCENTS = (0, 0.05, 0.1, 0.2, 0.5, *range(1, 100), 99.5, 99.8, 99.9, 99.95, 100)


@dataclass(frozen=True)
class ChannelStatistics:
    """One channel's intensities over the labelled voxels of the training split.

    All in the image's own unit (HU for a CT).

    Args:
        mean: float, mean.
        std: float, standard deviation.
        low: float, 0.5th percentile.
        high: float, 99.5th percentile.
        median: float, median.
        minimum: float, smallest value.
        maximum: float, largest value.
        percentiles: floats, the values at the percentages `PERCENTS`.

    Example:
        >>> values = tuple(float(percent) for percent in PERCENTS)
        >>> statistics = ChannelStatistics(50.0, 29.0, 0.5, 99.5, 50.0, 0.0, 100.0, values)
        >>> statistics.percentile(2.5)
        2.5
    """

    mean: float
    std: float
    low: float
    high: float
    median: float
    minimum: float
    maximum: float
    percentiles: tuple[float, ...]

    def percentile(self, percent: float) -> float:
        """Return the intensity that `percent` per cent of the labelled voxels stay below.

        Args:
            percent: float from 0 to 100.

        Returns:
            float, in the image's unit.
        """
        return float(np.interp(percent, PERCENTS, self.percentiles))


@dataclass(frozen=True)
class Fingerprint:
    """What planning and preprocessing may know of the data: the training split, and no other case.

    Args:
        cases: int, cases measured.
        spacings_mm: for each case 3 floats (z, y, x), voxel spacing in mm.
        shapes_zyx: for each case 3 ints (z, y, x), voxels after cropping to content.
        channels: one `ChannelStatistics` for each channel.
        label_voxels: ints, voxels of each label value over all cases, background first.

    Example:
        >>> fingerprint = Fingerprint(1, ((3.0, 1.0, 1.0),), ((40, 90, 90),), (), (9000, 70))
        >>> Fingerprint.from_dict(fingerprint.to_dict()) == fingerprint
        True
    """

    cases: int
    spacings_mm: tuple[Spacing, ...]
    shapes_zyx: tuple[Triple, ...]
    channels: tuple[ChannelStatistics, ...]
    label_voxels: tuple[int, ...]

    def to_dict(self) -> dict[str, object]:
        """Return plain data for JSON; `from_dict` reads it back."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, object]) -> "Fingerprint":
        """Rebuild a fingerprint from `to_dict`'s data."""
        channels = tuple(
            ChannelStatistics(**{**entry, "percentiles": tuple(entry["percentiles"])})
            for entry in data["channels"]
        )
        return cls(
            cases=data["cases"],
            spacings_mm=tuple(tuple(spacing) for spacing in data["spacings_mm"]),
            shapes_zyx=tuple(tuple(shape) for shape in data["shapes_zyx"]),
            channels=channels,
            label_voxels=tuple(data["label_voxels"]),
        )


def measure_fingerprint(
    cases: Iterable[Case],
    work: Path,
    *,
    channels: Sequence[str],
    label_names: Sequence[str],
    crop: bool = True,
    options: ReadOptions = ReadOptions(),
    seed: int = 0,
    workers: int = 1,
    progress: Progress | None = None,
) -> Fingerprint:
    """Measure the cases of a training split. No other file is opened.

    Each case gives at most 10 000 labelled voxels, drawn by `seed`, to the intensity statistics,
    so that a large organ in one scan does not outweigh the other scans. What was measured of a case
    is kept under `work/fingerprint` and used again as long as the bytes of its files stay the same.

    Args:
        cases: the training split's `Case`s, never the validation split's.
        work: folder for what can be made again.
        channels: names of the channels.
        label_names: names of the labels, index = value, `"background"` first.
        crop: bool, measure shapes after cropping to content.
        options: `ReadOptions`.
        seed: int, which voxels are drawn.
        workers: int, cases that are measured at a time; memory grows with them.
        progress: function of (cases done, cases in all, case id).

    Returns:
        `Fingerprint`.

    Raises:
        ManifestError: if there is no case or no labelled voxel.
        VolumeError: naming every case that cannot be used.

    Example:
        >>> import tempfile
        >>> from kseg.volume import make_grid, write_image, write_labels
        >>> folder, grid = Path(tempfile.mkdtemp()), make_grid(np.eye(4), (6, 6, 4))
        >>> voxels = np.arange(144, dtype=np.int16).reshape(4, 6, 6)
        >>> write_image(folder / "a.nii.gz", voxels, grid)
        >>> write_labels(folder / "a_mask.nii.gz", voxels > 99, grid)
        >>> case = Case("a", "a", (folder / "a.nii.gz",), folder / "a_mask.nii.gz")
        >>> labels = ("background", "liver")
        >>> found = measure_fingerprint([case], folder, channels=("CT",), label_names=labels)
        >>> found.channels[0].minimum, found.label_voxels
        (100.0, (100, 44))
    """
    cases = tuple(cases)
    if not cases:
        raise ManifestError(
            why="the training split holds no case, so there is nothing to measure",
            fix="add cases or choose another fold",
            code="KS-E10",
        )

    folder = Path(work) / "fingerprint"
    remove_leftovers(folder)
    settings = {
        "folder": folder,
        "channels": len(channels),
        "label_names": tuple(label_names),
        "crop": crop,
        "options": options,
        "seed": seed,
    }
    facts = find_or_make(
        cases,
        partial(known_facts, **settings),
        partial(case_facts, **settings),
        workers=workers,
        progress=progress,
    )
    return _combine(facts)


def _combine(facts: Sequence[CaseFacts]) -> Fingerprint:
    samples = np.concatenate([np.asarray(fact.samples, np.float32) for fact in facts], axis=1)
    if samples.shape[1] == 0:
        raise ManifestError(
            why=f"none of the {len(facts)} masks of the training split holds a labelled voxel",
            fix="check that the masks belong to these images and are not empty",
            code="KS-C06",
        )
    return Fingerprint(
        cases=len(facts),
        spacings_mm=tuple(fact.spacing_mm for fact in facts),
        shapes_zyx=tuple(fact.shape_zyx for fact in facts),
        channels=tuple(
            _statistics(
                values,
                min(fact.minima[channel] for fact in facts if fact.minima),
                max(fact.maxima[channel] for fact in facts if fact.maxima),
            )
            for channel, values in enumerate(samples)
        ),
        label_voxels=tuple(
            int(voxels) for voxels in np.sum([fact.label_voxels for fact in facts], axis=0)
        ),
    )


def _statistics(values: np.ndarray, minimum: float, maximum: float) -> ChannelStatistics:
    values = values.astype(np.float64)
    percentiles = [float(value) for value in np.percentile(values, PERCENTS)]
    return ChannelStatistics(
        mean=float(values.mean()),
        std=float(values.std()),
        low=percentiles[PERCENTS.index(0.5)],
        high=percentiles[PERCENTS.index(99.5)],
        median=percentiles[PERCENTS.index(50)],
        minimum=minimum,
        maximum=maximum,
        percentiles=tuple(percentiles),
    )
