"""An endless stream of augmented batches that can start at any step."""

from collections.abc import Callable, Sequence

import tensorflow as tf

from kseg.patches import seeds
from kseg.patches.augment.pipeline import Augmentation, augment_patch
from kseg.patches.augment.resample import resample_patch
from kseg.patches.crop import read_box
from kseg.patches.mapped import MappedVolumes
from kseg.patches.resident import ResidentVolumes, resident_bytes
from kseg.patches.sample import PatchSettings, draw_patch
from kseg.patches.seeds import Purpose
from kseg.patches.tables import read_tables
from kseg.preprocess import CachedCase

_DEFAULT_THREADS = 2


def make_stream(
    cases: Sequence[CachedCase],
    settings: PatchSettings,
    augmentation: Augmentation,
    *,
    start_step: int = 0,
    threads: int | None = None,
) -> tf.data.Dataset:
    """Return batches of patches; batch i is a pure function of (settings.seed, start_step + i).

    Volumes are held in memory where they fit `settings.ram_bytes`, and are read from disk by
    memory map where they do not; both give the same bits.

    Args:
        cases: cached cases, at least one, all with the same number of channels.
        settings: size, number and choice of the patches.
        augmentation: what is done to them; `Augmentation()` gives them as they are stored.
        start_step: int, step of the first batch.
        threads: int, threads that make patches; 2 by default. The bits do not depend on it.

    Returns:
        Infinite dataset of (image, labels): float32 (batch, z, y, x, channels) and uint8
        (batch, z, y, x), both of static shape.

    Raises:
        ValueError: if there is no case, the cases differ in channels, or a number is out of range.

    Example:
        >>> settings = PatchSettings((8, 8, 8), batch=2, foreground=0.5, seed=0, ram_bytes=0)
        >>> make_stream([], settings, Augmentation())
        Traceback (most recent call last):
            ...
        ValueError: `cases` must hold at least one case. Received: cases=[].
    """
    return make_streams(cases, settings, augmentation, threads=threads)(start_step)


def make_streams(
    cases: Sequence[CachedCase],
    settings: PatchSettings,
    augmentation: Augmentation,
    *,
    threads: int | None = None,
) -> Callable[[int], tf.data.Dataset]:
    """Return a function from a step to the stream that starts there.

    The volumes are read once, for all streams together.

    Args:
        cases: as in `make_stream`.
        settings: as in `make_stream`.
        augmentation: as in `make_stream`.
        threads: as in `make_stream`.

    Returns:
        Function of an int, the step of the first batch, that returns a dataset.

    Raises:
        ValueError: if there is no case, the cases differ in channels, or a number is out of range.
    """
    if threads is not None and threads < 1:
        raise ValueError(f"`threads` must be a positive int or None. Received: threads={threads}.")
    threads = threads or _DEFAULT_THREADS
    steps = tf.int64.max // settings.batch
    make_sample = _sampler(cases, settings, augmentation)

    def stream(start_step: int) -> tf.data.Dataset:
        if not 0 <= start_step < steps:
            raise ValueError(f"`start_step` must be 0 or more. Received: start_step={start_step}.")
        with tf.device("CPU:0"):
            # One element a sample, not a batch: the samples of a batch are made side by side.
            samples = tf.data.Dataset.range(start_step * settings.batch, steps * settings.batch)
            samples = samples.map(make_sample, num_parallel_calls=threads, deterministic=True)
            batches = samples.batch(settings.batch, drop_remainder=True).prefetch(2)
        return batches.with_options(_options(threads))

    return stream


def _sampler(cases, settings, augmentation):
    """Return the function from a running number to one sample."""
    tables = read_tables(cases)
    resident = resident_bytes(cases) <= settings.ram_bytes
    volumes = ResidentVolumes(cases) if resident else MappedVolumes(cases)
    size = tuple(settings.size_zyx)

    def make_sample(number):
        step, sample = number // settings.batch, number % settings.batch
        drawn = draw_patch(tables, volumes, settings, step, sample)
        shape = tables.shapes_zyx[drawn.case]
        image, labels = _read_patch(volumes, shape, drawn, size, augmentation.affine)
        image = tf.ensure_shape(image, (*size, tables.channels))
        labels = tf.ensure_shape(labels, size)
        return augment_patch(image, labels, augmentation, drawn.key)

    # Nothing here branches in Python on a tensor, so that autograph has nothing to convert.
    return tf.autograph.experimental.do_not_convert(make_sample)


def _read_patch(volumes, shape_zyx, drawn, size_zyx, affine):
    """Read a patch: resampled where rotation or scaling is drawn, else cut out as it is stored."""

    def read(low_zyx, extent_zyx):
        return read_box(volumes, drawn.case, shape_zyx, low_zyx, extent_zyx)

    def plain():
        return read(drawn.origin_zyx, tf.constant(size_zyx))

    if affine is None:
        return plain()
    resampled, matrix = affine.draw(seeds.purpose_seed(drawn.key, Purpose.AFFINE))

    def turned():
        return resample_patch(read, shape_zyx, drawn.origin_zyx, size_zyx, matrix)

    return tf.cond(resampled, turned, plain)


def _options(threads):
    options = tf.data.Options()
    options.deterministic = True
    # Without threads of its own the pipeline would queue behind the training step, which runs with
    # one inter-op thread; and a sample must not take the cores that the step computes on.
    options.threading.private_threadpool_size = threads
    options.threading.max_intra_op_parallelism = 1
    # Autotuning may grow buffers until memory is full; all sizes here are fixed.
    options.autotune.enabled = False
    # There is nothing to fuse; looking for it takes seconds at the start of every run.
    options.experimental_optimization.apply_default_optimizations = False
    return options
