"""Gradients of a layer under whichever backend Keras runs on."""

import keras
import numpy as np
from keras import ops

from tests.layers.checks import as_float64


def gradients(layer, x, upstream):
    """Return the gradients of sum(layer(x) * upstream) by x and by each trainable weight."""
    layer(x)
    return [as_float64(found) for found in _BACKENDS[keras.config.backend()](layer, x, upstream)]


def assert_gradients_are_those_of_finite_differences(layer, x, step=1e-2, tolerance=5e-3):
    """Compare the slope along random directions of the input and of each weight."""
    generator = np.random.default_rng(2)
    upstream = generator.normal(size=layer(x).shape).astype("float32")
    values = [x, *(as_float64(weight) for weight in layer.trainable_weights)]

    def total(changed):
        for weight, value in zip(layer.trainable_weights, changed[1:], strict=True):
            weight.assign(value)
        return (as_float64(layer(changed[0].astype("float32"))) * upstream).sum()

    found = gradients(layer, x, upstream)
    for index, gradient in enumerate(found):
        for _ in range(3):
            way = generator.normal(size=gradient.shape)
            way /= np.linalg.norm(way)
            ends = []
            for sign in (1, -1):
                changed = list(values)
                changed[index] = values[index] + sign * step * way
                ends.append(total(changed))
            slope = (ends[0] - ends[1]) / (2 * step)
            # The constant is float32's: a norm takes a bias away, whose gradient is then 0.
            allowed = tolerance * np.linalg.norm(gradient) + 1e-3
            assert abs(slope - (gradient * way).sum()) < allowed


def _tensorflow(layer, x, upstream):
    import tensorflow as tf

    x = ops.convert_to_tensor(x)
    with tf.GradientTape() as tape:
        tape.watch(x)
        total = _total(layer(x), upstream)
    return tape.gradient(total, [x, *(weight.value for weight in layer.trainable_weights)])


def _jax(layer, x, upstream):
    import jax

    fixed = [weight.value for weight in layer.non_trainable_variables]

    def total(x, weights):
        return _total(layer.stateless_call(weights, fixed, x)[0], upstream)

    weights = [weight.value for weight in layer.trainable_weights]
    by_input, by_weights = jax.grad(total, argnums=(0, 1))(ops.convert_to_tensor(x), weights)
    return [by_input, *by_weights]


def _torch(layer, x, upstream):
    x = ops.convert_to_tensor(x).clone().detach().requires_grad_(True)
    weights = [weight.value for weight in layer.trainable_weights]
    for weight in weights:
        weight.grad = None
    _total(layer(x), upstream).backward()
    return [x.grad, *(weight.grad for weight in weights)]


def _total(y, upstream):
    return ops.sum(ops.cast(y, "float32") * ops.cast(upstream, "float32"))


_BACKENDS = {"tensorflow": _tensorflow, "jax": _jax, "torch": _torch}
