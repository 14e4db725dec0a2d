"""Small networks and batches for the tests of networks and of training."""

import contextlib

import keras
import numpy as np

from kseg.losses import CombinedLoss, SoftDice, WeightedCrossEntropy
from kseg.metrics import CaseDice
from kseg.models import unet

CLASSES = 3


def network(**arguments):
    keras.utils.set_random_seed(7)
    tiny = {"depth": 2, "filters": 2, "convs_per_level": 1}
    return unet(1, CLASSES, **{**tiny, **arguments})


def loss():
    return CombinedLoss([(WeightedCrossEntropy(), 1.0), (SoftDice(), 1.0)])


def compiled(model, **arguments):
    """Compile without a graph: tracing takes longer than these few steps."""
    model.compile("sgd", loss=loss(), metrics=[CaseDice([1, 2])], run_eagerly=True, **arguments)
    return model


def batch(cases=2, size=8, seed=0, dimensions=3):
    generator = np.random.default_rng(seed)
    images = generator.normal(size=(cases, *(size,) * dimensions, 1)).astype("float32")
    return images, np.digitize(images[..., 0], [-0.5, 0.5]).astype("uint8")


def to_numpy(tensor):
    """Return an array, under every backend also where a gradient hangs on the tensor."""
    return keras.ops.convert_to_numpy(tensor)


@contextlib.contextmanager
def dtype_policy(name):
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(name)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)
