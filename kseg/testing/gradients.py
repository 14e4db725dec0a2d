"""Gradients on any Keras backend, read from one training step."""

import keras
import numpy as np
from keras import ops


class GradientRecorder(keras.optimizers.Optimizer):
    """Leave in each variable its gradient, where another optimizer would leave a better value."""

    def __init__(self):
        super().__init__(learning_rate=1.0)
        self.reached: set[str] = set()

    def apply(self, grads, trainable_variables=None):
        """Put each gradient in its variable's place."""
        if not self.built:
            self.build(trainable_variables)
        variables = (
            self._trainable_variables if trainable_variables is None else trainable_variables
        )
        for gradient, variable in zip(grads, variables, strict=True):
            if gradient is not None:
                self.reached.add(variable.path)
                variable.assign(ops.cast(gradient, variable.dtype))


class Shift(keras.layers.Layer):
    """Add a weight to the input, so that the gradient of an input is that of a weight."""

    def __init__(self, start=0.0, **kwargs):
        super().__init__(dtype="float32", **kwargs)
        self.start = start

    def build(self, input_shape):
        """Make the weight, of the input's own shape, batch and all."""
        self.shift = self.add_weight(shape=input_shape, initializer="zeros", name="shift")
        self.shift.assign(np.broadcast_to(self.start, input_shape))
        self.built = True

    def call(self, inputs):
        """Return the sum."""
        return inputs + self.shift

    def compute_output_shape(self, input_shape):
        """Return the input's shape."""
        return input_shape


def record_gradients(model: keras.Model, loss, inputs, targets) -> set[str]:
    """Replace each trainable weight of a model by its gradient.

    Args:
        model: Keras model, compiled anew.
        loss: Keras loss, or a list of them.
        inputs: array, or list of arrays.
        targets: array, or list of arrays.

    Returns:
        Paths of the weights that a gradient reached.
    """
    recorder = GradientRecorder()
    model.compile(optimizer=recorder, loss=loss, run_eagerly=True, jit_compile=False)
    model.train_on_batch(inputs, targets)
    return recorder.reached


def logit_gradient(loss, labels: np.ndarray, logits: np.ndarray) -> np.ndarray:
    """Return the gradient of a loss with respect to its logits.

    Args:
        loss: Keras loss.
        labels: array of labels.
        logits: array (N, …, classes).

    Returns:
        float32 array of the logits' shape.
    """
    inputs = keras.Input(batch_shape=logits.shape)
    shift = Shift(logits.astype("float32"))
    model = keras.Model(inputs, shift(inputs))
    record_gradients(model, loss, np.zeros(logits.shape, "float32"), labels)
    return ops.convert_to_numpy(shift.shift)
