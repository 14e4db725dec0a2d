"""What a network costs: weights by layer, what sharing them saves, and memory in training."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import keras

# Weight, gradient and Adam's two moments, four bytes each.
_BYTES_A_WEIGHT = 16
# An older rule: 4 bytes forward and 8 backward for each weight and each item of the batch.
_RULE_BYTES = 12


@dataclass(frozen=True)
class LayerCost:
    """Weights of one layer, as it is and without what makes it a convolution.

    Args:
        name: str, path of the layer in the network.
        output_shape: ints without the batch.
        parameters: int, weights that it has.
        locally_connected: int, weights if each output voxel had a kernel of its own; 0 for a layer
            without a kernel.
        fully_connected: int, weights if each output were connected with each input; 0 likewise.
    """

    name: str
    output_shape: tuple[int, ...]
    parameters: int
    locally_connected: int = 0
    fully_connected: int = 0


@dataclass(frozen=True)
class NetworkCosts:
    """What a network costs for inputs of one size.

    Args:
        layers: one `LayerCost` for each layer that has weights.
        activations: int, numbers that all layers put out for one item of the batch.
        parameters: int, trainable weights.
    """

    layers: tuple[LayerCost, ...]
    activations: int
    parameters: int

    def training_bytes(self, batch: int, bytes_a_number: int = 4) -> int:
        """Estimate the memory of training.

        Every layer's output is kept for the way back, and as large a gradient comes back; weights
        count four times, for the gradient and Adam's two moments.

        Args:
            batch: int, items of a batch.
            bytes_a_number: int, 2 for half precision, 4 for float32.

        Returns:
            int, bytes.
        """
        kept = self.activations * batch * bytes_a_number
        return self.parameters * _BYTES_A_WEIGHT + 2 * kept

    def rule_of_thumb_bytes(self, batch: int) -> int:
        """Return what an older rule says: batch × weights × 12 bytes.

        It leaves out the activations, which dominate in a volume network.

        Args:
            batch: int, items of a batch.

        Returns:
            int, bytes.
        """
        return batch * self.parameters * _RULE_BYTES


def network_costs(model: keras.Model, input_shape: Sequence[int]) -> NetworkCosts:
    """Count the weights and activations of a network, by one run on an empty image.

    Args:
        model: Keras model with one input.
        input_shape: ints, shape of one input without the batch: (z, y, x, channels).

    Returns:
        `NetworkCosts`.

    Example:
        >>> inputs = keras.Input((8, 8, 1))
        >>> convolution = keras.layers.Conv2D(2, 3, use_bias=False, name="edges")
        >>> network = keras.Model(inputs, convolution(inputs))
        >>> network_costs(network, (8, 8, 1)).layers[0]
        LayerCost(name='edges', output_shape=(6, 6, 2), parameters=18, locally_connected=648,
            fully_connected=4608)
    """
    leaves = [layer for layer in _leaves(model) if not isinstance(layer, keras.layers.InputLayer)]
    seen: dict[int, tuple[tuple, tuple]] = {}
    originals = [(layer, layer.call) for layer in leaves]
    try:
        for layer, call in originals:
            layer.call = _recorder(layer, call, seen)
        # Shapes inside a layer are known to nobody but its `call`; not in training, so that no
        # running mean is touched.
        model(keras.ops.zeros((1, *input_shape)), training=False)
    finally:
        for layer, _ in originals:
            del layer.call
    costs = [_cost(layer, *seen[id(layer)]) for layer in leaves if id(layer) in seen]
    direct = _own_weights(model, leaves)
    return NetworkCosts(
        layers=tuple(cost for cost in (*costs, *direct) if cost.parameters),
        activations=sum(math.prod(output) for _, output in seen.values()),
        parameters=sum(math.prod(v.shape) for v in model.trainable_variables),
    )


def _leaves(layer) -> list:
    children = layer._flatten_layers(include_self=False, recursive=False)
    below = [leaf for child in children for leaf in _leaves(child)]
    return below or [layer]


def _recorder(layer, call, seen):
    def recording(inputs, *args, **kwargs):
        outputs = call(inputs, *args, **kwargs)
        first = inputs[0] if isinstance(inputs, list | tuple) else inputs
        if hasattr(outputs, "shape"):
            seen[id(layer)] = tuple(first.shape[1:]), tuple(outputs.shape[1:])
        return outputs

    return recording


def _cost(layer, given: tuple, output: tuple) -> LayerCost:
    parameters = sum(math.prod(v.shape) for v in layer.trainable_variables)
    kernel = getattr(layer, "kernel", None)
    if kernel is None or len(given) < 2:
        return LayerCost(layer.path, output, parameters)
    first = getattr(layer, "data_format", "channels_last") == "channels_first"
    spatial = output[1:] if first else output[:-1]
    biases = 0 if getattr(layer, "bias", None) is None else math.prod(output)
    # A transposed convolution puts its kernel on each voxel that comes in, not that goes out.
    if any("Transpose" in base.__name__ for base in type(layer).__mro__):
        spatial = given[1:] if first else given[:-1]
    return LayerCost(
        layer.path,
        output,
        parameters,
        locally_connected=math.prod(spatial) * math.prod(kernel.shape) + biases,
        fully_connected=math.prod(given) * math.prod(output) + biases,
    )


def _own_weights(model, leaves) -> list[LayerCost]:
    """Count weights that a block holds itself, beside those of its layers, such as a bias."""
    counted = {id(variable) for leaf in leaves for variable in leaf.trainable_variables}
    rest = [v for v in model.trainable_variables if id(v) not in counted]
    return [LayerCost(v.path, tuple(v.shape), math.prod(v.shape)) for v in rest]
