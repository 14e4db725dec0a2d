"""A step of augmentation that another package brings: its contract, and how it is kept."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import tensorflow as tf
from tensorflow.python.framework import op_def_registry

SEEDS = ((1, 2), (3, 4), (5, 6))
# Operations that keep a state by their kind, but none that changes what a step gives.
_HARMLESS = {"Assert", "Case", "If", "PrintV2", "StatefulPartitionedCall", "While"}


@dataclass(frozen=True)
class PluggedStep:
    """A step of another package, as a function of (image, labels, seed).

    The step is called with float32 image (z, y, x, channels), uint8 labels (z, y, x) and an int64
    seed (2,), and returns image and labels of the same shapes and types. It is traced once into a
    `tf.data` graph, so that it may use TensorFlow's operations alone (`tf.cond` and `tf.where`
    for what depends on a value), and it must be a pure function: it draws by
    `tf.random.stateless_*` from the seed. Only then does a training that was interrupted go on with
    the patches that it would have had.

    Args:
        name: str, its name, for messages.
        function: the step.

    Example:
        >>> step = PluggedStep("double", lambda image, labels, seed: (2.0 * image, labels))
        >>> image, _ = step(tf.ones((1, 1, 1, 1)), tf.zeros((1, 1, 1), tf.uint8), [1, 2])
        >>> float(image[0, 0, 0, 0])
        2.0
    """

    name: str
    function: Callable

    def __call__(self, image, labels, seed) -> tuple[tf.Tensor, tf.Tensor]:
        """Return image and labels of the same shapes and types.

        Args:
            image: float32 (z, y, x, channels).
            labels: uint8 (z, y, x).
            seed: int64 tensor (2,).

        Returns:
            Image and labels.

        Raises:
            ValueError: if the step returns something else.
        """
        returned = self.function(image, labels, seed)
        if not isinstance(returned, tuple | list) or len(returned) != 2:
            raise ValueError(
                f"The step `{self.name}` must return image and labels. Received: {returned!r:.80}."
            )
        pairs = zip(("image", "labels"), returned, (image, labels), strict=True)
        return tuple(self._like(what, tensor, given) for what, tensor, given in pairs)

    def _like(self, what: str, tensor, given) -> tf.Tensor:
        tensor = tf.convert_to_tensor(tensor)
        if tensor.dtype != given.dtype or not tensor.shape.is_compatible_with(given.shape):
            raise ValueError(
                f"The step `{self.name}` must return {what} of {given.dtype.name} and shape "
                f"{tuple(given.shape)}. Received: {tensor.dtype.name}, {tuple(tensor.shape)}."
            )
        return tf.ensure_shape(tensor, given.shape)


def step_faults(step: PluggedStep, image: np.ndarray, labels: np.ndarray) -> Iterator[str]:
    """Yield a sentence for each way in which a step breaks its contract on one patch.

    Args:
        step: `PluggedStep`.
        image: float32 array (z, y, x, channels).
        labels: uint8 array (z, y, x).

    Yields:
        str.

    Example:
        >>> rude = PluggedStep("rude", lambda image, labels, seed: (image, labels + 1))
        >>> patch = np.zeros((2, 2, 2, 1), np.float32), np.zeros((2, 2, 2), np.uint8)
        >>> list(step_faults(rude, *patch))
        ['it must not make labels that the patch does not hold. Received: [1]']
    """
    try:
        first, again = (_traced(step, image, labels) for _ in range(2))
    except Exception as error:
        # Other people's code may fail in any way, and that is the finding.
        yield f"it cannot be traced: {type(error).__name__}: {' '.join(str(error).split()):.300}"
        return
    if kept := _stateful(first):
        yield (
            "it must draw from the seed that it is given, by tf.random.stateless_*, and keep no "
            f"state. Received: {', '.join(kept)}"
        )
        return
    for seed in SEEDS:
        patch = (image, labels, tf.constant(seed, tf.int64))
        (one, labels_one), (two, labels_two) = first(*patch), again(*patch)
        if np.isfinite(image).all() and not np.isfinite(one).all():
            yield "it must keep the image finite"
            return
        if not (np.array_equal(one, two) and np.array_equal(labels_one, labels_two)):
            yield "it must give the same for the same patch and seed, whenever it is traced"
            return
        if made := sorted(set(np.unique(labels_one)) - set(np.unique(labels))):
            yield (
                "it must not make labels that the patch does not hold. Received: "
                f"{[int(label) for label in made]}"
            )
            return


def contract_faults(
    step: PluggedStep, size_zyx: Sequence[int], channels: int, labels: int
) -> Iterator[str]:
    """Yield a sentence for each way in which a step breaks its contract on any kind of patch.

    It is tried on noise that holds every label, and on patches of one grey value and one label, as
    the air round a body gives them.

    Args:
        step: `PluggedStep`.
        size_zyx: 3 ints, voxels of a patch.
        channels: int, channels of the image.
        labels: int, label values that exist.

    Yields:
        str.

    Example:
        >>> scale = PluggedStep("scale", lambda image, labels, seed: (image / image[0], labels))
        >>> next(contract_faults(scale, (2, 2, 2), 1, 2))
        'of a patch that is 0 everywhere: it must keep the image finite'
    """
    generator = np.random.default_rng(0)
    image = generator.normal(size=(*size_zyx, channels)).astype(np.float32)
    yield from step_faults(step, image, generator.integers(0, labels, size_zyx).astype(np.uint8))
    for value in (0.0, 1000.0):
        image = np.full((*size_zyx, channels), value, np.float32)
        for fault in step_faults(step, image, np.full(size_zyx, labels - 1, np.uint8)):
            yield f"of a patch that is {value:g} everywhere: {fault}"


def _traced(step: PluggedStep, image: np.ndarray, labels: np.ndarray):
    traced = tf.function(step, autograph=False)
    specs = [tf.TensorSpec(image.shape, tf.float32), tf.TensorSpec(labels.shape, tf.uint8)]
    return traced.get_concrete_function(*specs, tf.TensorSpec((2,), tf.int64))


def _stateful(function) -> list[str]:
    """Return the operations that keep a state, also those within branches and loops."""
    graph = function.graph.as_graph_def()
    nodes = [*graph.node, *(node for inner in graph.library.function for node in inner.node_def)]
    definitions = {node.op: op_def_registry.get(node.op) for node in nodes}
    return sorted(
        name
        for name, definition in definitions.items()
        if definition is not None and definition.is_stateful and name not in _HARMLESS
    )
