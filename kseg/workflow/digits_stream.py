"""An endless stream of batches of digits that can start at any step."""

from collections.abc import Callable, Sequence

import tensorflow as tf

from kseg.dataset.sources.digits import Digits
from kseg.errors import ManifestError


def make_digit_streams(digits: Digits, batch: int, seed: int) -> Callable[[int], tf.data.Dataset]:
    """Return a function from a step to the stream of batches that starts there.

    Every pass shows each digit at most once, in an order drawn anew; batch i of a stream is a pure
    function of (seed, start + i).

    Args:
        digits: `Digits`, of which those to learn from are shown.
        batch: int, digits of a batch.
        seed: int.

    Returns:
        Function of an int, the step of the first batch, that returns an infinite dataset of
        (image, label): float32 (batch, 28, 28, 1) from 0 to 1 and uint8 (batch, 1, 1).

    Raises:
        ManifestError: if there are fewer digits than a batch takes.
    """
    count = len(digits.train_labels)
    if count < batch:
        raise ManifestError(
            why=f"there must be a digit for each of the {batch} places in a batch. "
            f"Received: {count}.",
            file=digits.file,
            fix="give more digits, or a smaller `patches.batch`",
            code="KS-E10",
        )
    with tf.device("CPU:0"):
        images = tf.constant(digits.train_images)
        labels = tf.constant(digits.train_labels)

    def fill(rows):
        return as_input(tf.gather(images, rows)), tf.gather(labels, rows)[:, None, None]

    per_pass = count // batch

    def stream(start_step: int) -> tf.data.Dataset:
        with tf.device("CPU:0"):
            passes = tf.data.Dataset.range(start_step // per_pass, tf.int64.max)
            rows = passes.flat_map(
                lambda turn: tf.data.Dataset.from_tensor_slices(
                    _order_of_pass(count, batch, seed, turn)
                )
            )
            batches = rows.skip(start_step % per_pass).map(fill).prefetch(2)
        return batches.with_options(_options())

    return stream


def rows_of_step(count: int, batch: int, seed: int, step: int) -> Sequence[int]:
    """Return which digits are in the batch of a step.

    Args:
        count: int, digits to learn from.
        batch: int, digits of a batch.
        seed: int.
        step: int, 0 or more.

    Returns:
        List of row numbers in the order of the batch.

    Example:
        >>> first = [rows_of_step(6, 2, seed=1, step=step) for step in range(3)]
        >>> sorted(sum(first, []))
        [0, 1, 2, 3, 4, 5]
    """
    turn, place = divmod(step, count // batch)
    return _order_of_pass(count, batch, seed, turn)[place].numpy().tolist()


def as_input(images) -> tf.Tensor:
    """Return digits as the network sees them.

    Args:
        images: uint8 array or tensor (cases, y, x), 0 to 255.

    Returns:
        float32 tensor (cases, y, x, 1), 0 to 1.

    Example:
        >>> as_input([[[255, 51]]]).numpy().ravel().tolist()
        [1.0, 0.20000000298023224]
    """
    return tf.cast(images, tf.float32)[..., None] / 255.0


def _order_of_pass(count: int, batch: int, seed: int, turn) -> tf.Tensor:
    """Return the rows of each batch of one pass through all digits: (batches, batch)."""
    draws = tf.random.stateless_uniform(
        (count,), [seed, turn], minval=None, maxval=None, dtype=tf.int64
    )
    # Stable, so that equal draws cannot come in either order.
    order = tf.argsort(draws, stable=True)
    return tf.reshape(order[: count // batch * batch], (-1, batch))


def _options() -> tf.data.Options:
    options = tf.data.Options()
    options.deterministic = True
    # As for patches: threads of its own, so that it need not queue behind the training step.
    options.threading.private_threadpool_size = 1
    options.threading.max_intra_op_parallelism = 1
    options.autotune.enabled = False
    options.experimental_optimization.apply_default_optimizations = False
    return options
