"""The running mean of the weights, where the optimizer keeps one."""

from collections.abc import Iterator
from contextlib import contextmanager

import keras


@contextmanager
def averaged_weights(model: keras.Model) -> Iterator[None]:
    """Hold the running means in the model while the block runs, then the trained weights again.

    Args:
        model: compiled Keras model; without `use_ema` in its optimizer nothing changes.
    """
    trained = [weight.numpy() for weight in model.trainable_variables]
    adopt_averages(model)
    try:
        yield
    finally:
        for weight, value in zip(model.trainable_variables, trained, strict=True):
            weight.assign(value)


def adopt_averages(model: keras.Model) -> None:
    """Replace the trained weights by their running means, where the optimizer keeps any.

    Args:
        model: compiled Keras model.
    """
    model.optimizer.finalize_variable_values(model.trainable_variables)
