"""Which patch of which case is sample k of step s: a pure function of the seed."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import tensorflow as tf

from kseg.patches import seeds
from kseg.patches.seeds import Purpose
from kseg.patches.tables import CaseTables
from kseg.preprocess import CachedCase

_INT64_LIMIT = 2**63


@dataclass(frozen=True)
class PatchSettings:
    """How patches are cut.

    Args:
        size_zyx: 3 ints, patch extent in voxels.
        batch: int, patches in a batch.
        foreground: float in [0, 1], expected share of a batch's patches that are centred on a
            foreground voxel. A batch holds floor(batch * foreground) of them, and one more with
            the probability that makes the share exact; they are the last ones of the batch.
        seed: int, 64-bit; equal seeds give equal patches.
        ram_bytes: int, budget for volumes held in memory; larger sets are read from disk.

    Raises:
        ValueError: if a value is out of its range.

    Example:
        >>> PatchSettings((40, 56, 40), batch=2, foreground=0.33, seed=1, ram_bytes=10**9).batch
        2
    """

    size_zyx: tuple[int, int, int]
    batch: int
    foreground: float
    seed: int
    ram_bytes: int

    def __post_init__(self):
        if len(self.size_zyx) != 3 or min(self.size_zyx) < 1:
            raise ValueError(
                f"`size_zyx` must be 3 positive ints. Received: size_zyx={self.size_zyx}."
            )
        if self.batch < 1:
            raise ValueError(f"`batch` must be a positive int. Received: batch={self.batch}.")
        if not 0 <= self.foreground <= 1:
            raise ValueError(
                f"`foreground` must lie in [0, 1]. Received: foreground={self.foreground}."
            )
        if not -_INT64_LIMIT <= self.seed < _INT64_LIMIT:
            raise ValueError(f"`seed` must be a 64-bit int. Received: seed={self.seed}.")
        if self.ram_bytes < 0:
            raise ValueError(
                f"`ram_bytes` must be 0 or more. Received: ram_bytes={self.ram_bytes}."
            )


class DrawnPatch(NamedTuple):
    """One drawn patch: int32 `case`, int32 (3,) `origin_zyx` (voxels), int64 `key`."""

    case: tf.Tensor
    origin_zyx: tf.Tensor
    key: tf.Tensor


def draw_patch(tables: CaseTables, volumes, settings: PatchSettings, step, sample) -> DrawnPatch:
    """Draw case and origin of one sample.

    The case is drawn uniformly, with replacement. A forced sample is centred on a listed voxel of
    a uniformly drawn foreground class present in the case; any other sample, and a forced one of a
    case without foreground, has a uniformly drawn origin. The patch stays inside the volume. On an
    axis on which the volume is smaller than the patch, the volume lies in the patch's middle.

    Args:
        tables: extents and foreground ranges of the cases.
        volumes: a backend (`ResidentVolumes` or `MappedVolumes`) to look a voxel up.
        settings: patch settings.
        step: int64 scalar, training step.
        sample: int64 scalar, index in the batch.

    Returns:
        A `DrawnPatch`; its origin is negative on an axis on which the patch needs padding.

    Reference:
        Isensee et al., nnU-Net, Nature Methods 2021, arXiv:1904.08128, for the oversampling.
    """
    key = seeds.sample_key(settings.seed, step, sample)
    which, where, what, voxel = _draw_place(key)
    case = seeds.index(which, len(tables.shapes_zyx))
    lowest, highest = _origin_range(tables.shapes_zyx[case], settings.size_zyx)
    present = tf.cast(tf.where(tables.class_counts[case] > 0)[:, 0], tf.int32)

    def centred():
        label = present[seeds.index(what, tf.size(present))]
        row = seeds.index(voxel, tables.class_counts[case, label])
        centre = volumes.foreground_voxel(case, tables.class_starts[case, label] + row)
        wanted = centre - tf.constant([extent // 2 for extent in settings.size_zyx])
        return tf.clip_by_value(wanted, lowest, highest)

    def anywhere():
        return lowest + seeds.index(where, highest - lowest + 1)

    first_forced = settings.batch - forced_count(settings, step)
    forced = (tf.cast(sample, tf.int32) >= first_forced) & (tf.size(present) > 0)
    return DrawnPatch(case, tf.ensure_shape(tf.cond(forced, centred, anywhere), (3,)), key)


def forced_count(settings: PatchSettings, step) -> tf.Tensor:
    """Return how many samples of the batch of `step` are centred on foreground, int32 scalar.

    The expected value is exactly `batch * foreground`: with a batch of 2 and a share of 0.33 there
    is one forced sample in 66 % of the batches and none in the others.

    Args:
        settings: patch settings.
        step: int or int64 scalar, training step.

    Returns:
        int32 scalar tensor, floor(batch * foreground) or one more.

    Example:
        >>> settings = PatchSettings((8, 8, 8), batch=4, foreground=0.5, seed=0, ram_bytes=0)
        >>> int(forced_count(settings, 3))
        2
    """
    expected = settings.batch * settings.foreground
    (share,) = seeds.uniforms(seeds.batch_seed(settings.seed, step), ())
    return int(expected) + tf.cast(share < expected - int(expected), tf.int32)


def cases_of_step(
    cases: Sequence[CachedCase], settings: PatchSettings, step: int
) -> tuple[str, ...]:
    """Name the cases whose patches make up the batch of one step, for instance to report a NaN.

    Args:
        cases: the cases handed to `make_stream`, in the same order.
        settings: the settings handed to `make_stream`.
        step: int, training step, counted from 0 whatever the stream's `start_step` was.

    Returns:
        Case ids, one for each patch of the batch, in batch order.

    Example:
        >>> from types import SimpleNamespace
        >>> settings = PatchSettings((8, 8, 8), batch=2, foreground=0.5, seed=0, ram_bytes=0)
        >>> cases_of_step([SimpleNamespace(id="scan_017")], settings, 1000)
        ('scan_017', 'scan_017')
    """
    with tf.device("CPU:0"):
        drawn = [
            seeds.index(_draw_place(seeds.sample_key(settings.seed, step, sample))[0], len(cases))
            for sample in range(settings.batch)
        ]
    return tuple(cases[int(case)].id for case in drawn)


def _draw_place(key):
    """Return the uniform draws that choose case, origin, class and voxel."""
    return seeds.uniforms(seeds.purpose_seed(key, Purpose.PLACE), (), (3,), (), ())


def _origin_range(shape_zyx, size_zyx):
    """Return the lowest and highest allowed origin on each axis, in voxels."""
    slack = shape_zyx - tf.constant(size_zyx, tf.int32)
    centred = -((-slack) // 2)
    lowest = tf.where(slack < 0, centred, 0)
    return lowest, tf.maximum(slack, lowest)
