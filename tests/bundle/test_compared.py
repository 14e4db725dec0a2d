import tracemalloc

import keras
import pytest

from kseg.bundle.compared import MisfitError, compared_weights, misfit
from kseg.bundle.header import Tensor
from kseg.models import build

SMALL = {"depth": 2, "filters": 2, "convs_per_level": 1}


def tensors_of(model):
    return [Tensor(v.path, v.dtype, tuple(v.shape), 0) for v in model.weights]


@pytest.mark.parametrize(
    "arguments",
    [
        SMALL,
        {**SMALL, "deep_supervision": 1, "attention": True, "dropout": 0.5, "norm": "batch"},
        {**SMALL, "block": "residual", "squeeze_excitation": True, "downsample": "trainable"},
    ],
)
def test_a_network_that_its_tensors_fit_is_built_with_memory(arguments):
    tensors = tensors_of(build("unet", 1, 3, arguments))
    with compared_weights(tensors):
        model = build("unet", 1, 3, arguments)
    assert [v.path for v in model.weights] == [tensor.name for tensor in tensors]
    assert tuple(model(keras.ops.ones((1, 4, 4, 4, 1)), training=False).shape) == (1, 4, 4, 4, 3)


@pytest.mark.parametrize(
    "changes",
    [
        {"filters": 2**40, "max_filters": 2**50},
        {"filters": 100_000, "max_filters": 100_000},
        {"depth": 16, "convs_per_level": 16},
        {"kernel_sizes": [31, 31]},
        {"norm": "none"},
        {"attention": True},
    ],
)
def test_a_network_that_they_do_not_fit_ends_at_its_first_weight_without_memory(changes):
    tensors = tensors_of(build("unet", 1, 3, SMALL))
    tracemalloc.start()
    try:
        with pytest.raises(MisfitError, match="must have the shape"):
            with compared_weights(tensors):
                build("unet", 1, 3, {**SMALL, **changes})
        assert tracemalloc.get_traced_memory()[1] < 20 << 20
    finally:
        tracemalloc.stop()


def test_after_a_refusal_the_next_network_gets_only_its_own_memory():
    with pytest.raises(MisfitError):
        with compared_weights([]):
            keras.layers.Dense(2**40).build((None, 2**40))
    with pytest.raises(KeyError), compared_weights([]):
        raise KeyError
    # Terabytes if the first were still waiting for theirs.
    with keras.StatelessScope():
        layer = keras.layers.Dense(3)
        layer.build((None, 2))
    assert layer.kernel.numpy().shape == (2, 3)


def test_a_weight_that_fits_gets_no_memory_either_if_another_does_not():
    made = []

    def initializer(shape, dtype=None):
        made.append(shape)
        return keras.ops.zeros(shape, dtype)

    with pytest.raises(MisfitError, match="dense/bias"):
        with compared_weights([Tensor("dense/kernel", "float32", (2, 3), 0)]):
            keras.layers.Dense(3, kernel_initializer=initializer, name="dense").build((None, 2))
    assert made == []


def test_what_is_wrong_is_said_of_shape_and_of_type():
    tensors = {"a": Tensor("a", "float16", (2, 3), 0)}
    assert misfit("a", [2, 3], "float16", tensors) == ""
    assert "Received: shape (2, 3) of float16" in misfit("a", (2, 3), "float32", tensors)
    assert "Received: shape (2, 3) of float16" in misfit("a", (3, 2), "float16", tensors)
    assert "Received: nothing" in misfit("b", (2, 3), "float16", tensors)
