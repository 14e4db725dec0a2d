"""A model with auxiliary heads that trains, saves and predicts like one with a single output."""

import math

import keras
from keras import ops

MAIN_HEAD = "out"


@keras.saving.register_keras_serializable("kseg")
class DeepSupervisionModel(keras.Model):
    """Train several heads of a functional graph against one label map.

    In training the loss is the weighted sum of the compiled loss over all heads; a head that is
    coarser, on any axis, sees the labels thinned to its own resolution (the voxel nearest the
    centre of each block). Heads at full size, and images instead of volumes, are right, too.
    Penalties in `self.losses` count once. Outside training the model returns, scores and reports
    the full-resolution head alone, so that `val_loss` and the metrics keep one name and one meaning
    whatever the number of heads.

    Args:
        inputs: Keras input tensor of the graph.
        outputs: dict of output tensors; `"out"` is the full-resolution head, the others, in
            order, auxiliary heads, each coarser than the one before or of full size. Each shape is
            (batch, z, y, x, classes) or (batch, y, x, classes).
        head_weights: sequence of floats, one a head in the order of `outputs`; None gives
            1, 1/2, 1/4, … scaled to a sum of 1.
        name: str, name of the model.

    Input shape:
        As `inputs`.

    Output shape:
        `call(x, training=True)`: dict of all heads. `call(x)`: that of the head `"out"`.

    Raises:
        ValueError: if `"out"` is missing, the number of weights is not the number of heads, or
            none of them is above 0.

    Example:
        >>> x = keras.Input((8, 8, 8, 1))
        >>> fine = keras.layers.Conv3D(2, 3, padding="same")(x)
        >>> coarse = keras.layers.Conv3D(2, 3, padding="same", strides=2)(x)
        >>> model = DeepSupervisionModel(x, {"out": fine, "aux_1": coarse})
        >>> [round(weight, 3) for weight in model.head_weights]
        [0.667, 0.333]

    Reference:
        Lee et al., Deeply-Supervised Nets, 2014, arXiv:1409.5185.
    """

    def __init__(self, inputs, outputs, *, head_weights=None, name: str | None = None):
        if MAIN_HEAD not in outputs:
            raise ValueError(
                f'`outputs` must have a head "{MAIN_HEAD}". Received: {list(outputs)}.'
            )
        super().__init__(inputs, outputs, name=name)
        weights = default_head_weights(len(outputs)) if head_weights is None else head_weights
        if len(weights) != len(outputs):
            raise ValueError(
                "`head_weights` must have one weight for each head. "
                f"Received: {len(weights)} weights for {len(outputs)} heads."
            )
        if not (all(weight >= 0 for weight in weights) and 0 < sum(weights) < math.inf):
            raise ValueError(
                "`head_weights` must be at least 0, and one of them above it. "
                f"Received: head_weights={tuple(weights)}."
            )
        self.head_names = tuple(outputs)
        self.head_weights = tuple(float(weight) for weight in weights)

    def call(self, inputs, training=None, mask=None):
        """Return all heads in training, the full-resolution logits otherwise."""
        heads = super().call(inputs, training=training, mask=mask)
        # Some backends sort the keys of a dictionary that passes through a graph.
        return {name: heads[name] for name in self.head_names} if training else heads[MAIN_HEAD]

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        """Return the weighted sum of the compiled loss over the heads, penalties once."""
        if not isinstance(y_pred, dict):
            return super().compute_loss(x, y, y_pred, sample_weight, training)
        total = 0.0
        for name, weight in zip(self.head_names, self.head_weights, strict=True):
            if weight:
                labels = thin_labels(y, y_pred[name])
                loss = super().compute_loss(x, labels, y_pred[name], sample_weight, training)
                total = total + weight * loss
        counted = sum(weight for weight in self.head_weights if weight)
        if self.losses and counted != 1.0:
            # Each head's loss above brought all penalties along, so `counted` times in all.
            # Through Keras' own hook, which shares penalties out among several devices.
            shared = [self._aggregate_additional_loss(penalty) for penalty in self.losses]
            total = total + (1.0 - counted) * ops.sum(ops.stack(shared))
        return total

    def compute_metrics(self, x, y, y_pred, sample_weight=None):
        """Return the compiled metrics of the full-resolution head."""
        main = y_pred[MAIN_HEAD] if isinstance(y_pred, dict) else y_pred
        return super().compute_metrics(x, y, main, sample_weight)

    def deployable(self) -> keras.Model:
        """Return a plain functional model, sharing the weights, without the auxiliary heads."""
        return keras.Model(_single(self.inputs), self.output[MAIN_HEAD], name=self.name)

    def get_config(self):
        """Return the graph, and the heads' names and weights."""
        graph = keras.Model(_single(self.inputs), self.output, name=self.name)
        return {
            "graph": keras.saving.serialize_keras_object(graph),
            "head_names": self.head_names,
            "head_weights": self.head_weights,
            "name": self.name,
        }

    @classmethod
    def from_config(cls, config, custom_objects=None):
        """Rebuild the model from `get_config`."""
        graph = keras.saving.deserialize_keras_object(config["graph"], custom_objects)
        # The order of names says which weight is whose; files of older versions do not hold it.
        names = config.get("head_names", graph.output)
        return cls(
            _single(graph.inputs),
            {name: graph.output[name] for name in names},
            head_weights=config["head_weights"],
            name=config["name"],
        )


def _single(tensors: list):
    """Return the only tensor of a list by itself, as the caller of a model hands it over."""
    return tensors[0] if len(tensors) == 1 else tensors


def default_head_weights(heads: int) -> tuple[float, ...]:
    """Return 1, 1/2, 1/4, … for `heads` heads, scaled to a sum of 1.

    Args:
        heads: int, number of heads, the full-resolution one included.

    Returns:
        Tuple of floats.

    Example:
        >>> default_head_weights(3)
        (0.5714285714285714, 0.2857142857142857, 0.14285714285714285)
    """
    halves = [0.5**index for index in range(heads)]
    return tuple(half / sum(halves) for half in halves)


def thin_labels(labels, head):
    """Return every n-th label of each axis so that the result has the spatial size of `head`.

    Args:
        labels: integer tensor (batch, z, y, x) or (batch, y, x), or with a last axis of 1.
        head: tensor (batch, z / a, y / b, x / c, classes) or (batch, y / b, x / c, classes).

    Returns:
        Tensor of the spatial size of `head`; all labels where the sizes are equal.
    """
    if len(labels.shape) == len(head.shape) and labels.shape[-1] == 1:
        labels = ops.squeeze(labels, axis=-1)
    slices = [slice(None)]
    for size, wanted in zip(labels.shape[1:], head.shape[1:-1], strict=True):
        if size % wanted:
            raise ValueError(
                "A head's size must divide the labels'. "
                f"Received: labels {tuple(labels.shape)}, head {tuple(head.shape)}."
            )
        step = size // wanted
        slices.append(slice((step - 1) // 2, None, step))
    return labels[tuple(slices)]
