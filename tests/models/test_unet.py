import keras
import numpy as np
import pytest

from kseg.models import HEAD_PREFIX, DeepSupervisionModel, unet
from tests.models.tiny import batch, dtype_policy, loss, network

ORDER = [
    "down_0_0/convolution/kernel", "down_0_0/norm/gamma", "down_0_0/norm/beta",
    "down_1_0/convolution/kernel", "down_1_0/norm/gamma", "down_1_0/norm/beta",
    "down_2_0/convolution/kernel", "down_2_0/norm/gamma", "down_2_0/norm/beta",
    "enlarge_1/deconvolution/kernel", "enlarge_1/deconvolution/bias", "up_1_0/convolution/kernel",
    "up_1_0/norm/gamma", "up_1_0/norm/beta", "enlarge_0/deconvolution/kernel",
    "enlarge_0/deconvolution/bias", "up_0_0/convolution/kernel", "up_0_0/norm/gamma",
    "up_0_0/norm/beta", "head_1/kernel", "head_1/bias", "head_0/kernel", "head_0/bias",
]  # fmt: skip


@pytest.mark.parametrize("size", [(8, 8, 8), (4, 12, 8)])
def test_logits_have_the_size_of_the_image(size):
    model = unet(2, 5, depth=3, filters=2)
    assert model(np.zeros((2, *size, 2), "float32")).shape == (2, *size, 5)
    assert type(model).__name__ != "DeepSupervisionModel"


def test_depth_is_the_number_of_resolution_levels():
    model = unet(1, 2, depth=4, filters=3, max_filters=10)
    image = np.zeros((1, 16, 8, 24, 1), "float32")
    features = keras.Model(
        model.input, [model.get_layer(f"down_{level}_1").output for level in range(4)]
    )
    assert [tuple(level.shape[1:]) for level in features(image)] == [
        (16, 8, 24, 3), (8, 4, 12, 6), (4, 2, 6, 10), (2, 1, 3, 10),
    ]  # fmt: skip
    assert not any(layer.name.startswith("down_4") for layer in model.layers)


def test_every_level_has_as_many_convolutions_as_asked_for():
    model = unet(1, 2, depth=3, filters=2, convs_per_level=3)
    blocks = {layer.name for layer in model.layers if layer.name.startswith(("down", "up"))}
    expected = {f"down_{level}_{index}" for level in range(3) for index in range(3)}
    assert blocks == expected | {f"up_{level}_{index}" for level in range(2) for index in range(3)}


def test_weights_have_the_paths_and_the_order_that_model_folders_and_checkpoints_hold():
    """Regression: a renamed layer makes every model folder written before unreadable."""
    model = unet(1, 2, depth=3, filters=2, convs_per_level=1, deep_supervision=1)
    assert [weight.path for weight in model.weights] == ORDER


def test_paths_do_not_depend_on_what_was_built_before():
    first, second = network(deep_supervision=1), network(deep_supervision=1)
    assert [w.path for w in first.weights] == [w.path for w in second.weights]


def test_only_the_heads_depend_on_the_number_of_classes():
    one, other = (unet(1, classes, depth=3, filters=2, deep_supervision=2) for classes in (2, 4))
    for a, b in zip(one.weights, other.weights, strict=True):
        assert a.path == b.path
        assert (a.shape == b.shape) is not a.path.startswith(HEAD_PREFIX)


def test_deep_supervision_adds_heads_at_ever_lower_resolution():
    model = unet(1, 2, depth=3, filters=2, deep_supervision=2, head_weights=[1, 1, 0])
    assert isinstance(model, DeepSupervisionModel)
    heads = model(np.zeros((1, 8, 12, 4, 1), "float32"), training=True)
    assert {name: tuple(head.shape[1:4]) for name, head in heads.items()} == {
        "out": (8, 12, 4), "aux_1": (4, 6, 2), "aux_2": (2, 3, 1),
    }  # fmt: skip
    assert model.head_weights == (1.0, 1.0, 0.0)


@pytest.mark.parametrize("policy", ["float32", "mixed_bfloat16", "mixed_float16"])
def test_logits_are_float32_under_any_precision(policy):
    with dtype_policy(policy):
        model = network(deep_supervision=1)
    heads = model(batch()[0], training=True)
    types = {keras.backend.standardize_dtype(head.dtype) for head in heads.values()}
    assert types == {"float32"}
    assert model.get_layer("down_0_0").compute_dtype == policy.removeprefix("mixed_")


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="a trait of TensorFlow")
def test_biases_get_their_true_gradient_in_bfloat16():
    """Regression: the gradient of a head's bias was 40 times too small in bfloat16."""
    import tensorflow as tf

    images, labels = batch(cases=1, size=24)
    gradients = {}
    for policy in ("float32", "mixed_bfloat16"):
        with dtype_policy(policy):
            model = network()
        with tf.GradientTape() as tape:
            value = loss()(labels, model(images, training=True))
        path = "head_0/bias"
        bias = next(weight for weight in model.trainable_weights if weight.path == path)
        gradients[policy] = np.asarray(tape.gradient(value, bias.value))
    exact = gradients["float32"]
    assert np.abs(gradients["mixed_bfloat16"] - exact).max() < 0.02 * np.abs(exact).max()


def test_arguments_reach_the_blocks():
    model = network(norm="batch", activation="relu", dropout=0.25, kernel_regularizer="l2")
    block = model.get_layer("down_1_0").get_config()
    assert (block["norm"], block["activation"], block["dropout"]) == ("batch", "relu", 0.25)
    kernels = [w for w in model.trainable_weights if w.name == "kernel"]
    assert len(model.losses) == len([w for w in kernels if not w.path.startswith(HEAD_PREFIX)])


def test_an_image_that_cannot_be_halved_often_enough_is_refused():
    with pytest.raises(ValueError, match="must be `strides` times as large"):
        unet(1, 2, depth=3, filters=2)(np.zeros((1, 8, 6, 8, 1), "float32"))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"depth": 1}, "`depth` must be from 2 to 16. Received: depth=1"),
        ({"depth": 10**9}, "`depth` must be from 2 to 16"),
        ({"depth": 3, "deep_supervision": 3}, "below `depth`. Received: deep_supervision=3"),
        ({"deep_supervision": -1}, "`deep_supervision` must be at least 0"),
        ({"convs_per_level": 0}, "`convs_per_level` must be from 1 to 16"),
        ({"convs_per_level": 10**9}, "`convs_per_level` must be from 1 to 16"),
        ({"filters": 0}, "`filters` must be a positive int"),
        ({"norm": "other"}, "`norm` must be"),
        ({"dimensions": 4}, "`dimensions` must be 2 or 3. Received: dimensions=4"),
        ({"downsample": "median"}, "`downsample` must be one of .*Received: downsample='median'"),
        ({"block": "dense"}, "`block` must be one of"),
        ({"heads": "small"}, "`heads` must be one of"),
        ({"depth": 3, "filters": (2, 4)}, "`filters` must be one int, or one for each of 3 levels"),
        ({"depth": 2, "filters": (2, 0)}, r"`filters` must be a positive int. Received: .*\(2, 0"),
        ({"depth": 2, "strides": [2, 2]}, "The first of `strides` must be 1"),
        ({"depth": 3, "strides": [1, 2]}, "`strides` must have one entry for each of 3 levels"),
        ({"depth": 2, "strides": [1, (2, 2)]}, "Each of `strides` must be one int or 3 ints"),
        ({"depth": 2, "strides": [1, 99]}, "`strides` must be from 1 to 16"),
        ({"depth": 2, "kernel_sizes": [3, 0]}, "`kernel_sizes` must be from 1 to 31"),
        ({"depth": 2, "kernel_sizes": [3, 2], "padding": "symmetric"}, "must be odd with padding"),
        ({"depth": 3, "decoder_convs_per_level": [1] * 3}, "one for each of 2 levels"),
        ({"padding": "valid"}, "`padding` must be"),
        ({"depth": 3, "deep_supervision": 1, "head_weights": [1]}, "one weight for each head"),
    ],
)
def test_wrong_arguments_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        unet(1, 2, **{"filters": 2, **arguments})
