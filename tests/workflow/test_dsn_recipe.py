"""The first older system as `recipes/dsn_ct.yaml`: its loss, its network and a step of it."""

import keras
import numpy as np
import pytest

from kseg.recipe import load_recipe
from kseg.workflow.network import make_network

CHANNELS, CLASSES, L2_OF_THE_TEXT = 1, 2, 0.003


def network_of(*changes):
    recipe = load_recipe("dsn_ct", ("fit.precision=float32", *changes)).recipe
    return make_network(recipe, CHANNELS, CLASSES, recipe.loss.cross_entropy.class_weights).model


def block(shape_zyx, seed=0):
    generator = np.random.default_rng(seed)
    images = generator.normal(size=(2, *shape_zyx, 1)).astype("float32")
    # About a tenth of the voxels, as ten voxels of foreground to a hundred of background.
    return images, (images[..., 0] > 1.3).astype("uint8")


def seed_formula(labels, logits, kernels):
    """The text's loss in float64: its one-hot labels, its weight map and its penalty."""
    one_hot = np.eye(CLASSES)[labels]
    w = labels.mean()
    weight_map = (one_hot * [w, 1 - w]).sum(axis=-1)
    maps = 0.0
    for head in logits:
        shifted = head - head.max(axis=-1, keepdims=True)
        log_softmax = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
        maps = maps - (one_hot * log_softmax).sum(axis=-1)
    # TensorFlow 1's `l2_regularizer(s)` is s times half the sum of the squares.
    penalty = sum(L2_OF_THE_TEXT * (kernel.astype("float64") ** 2).sum() / 2 for kernel in kernels)
    return (maps * weight_map).mean() + penalty


@pytest.fixture(scope="module")
def small():
    model = network_of("model.filters=4", "model.depth=3")
    # Weights of any size, or all logits would be nearly equal and the penalty nearly nothing.
    generator = np.random.default_rng(1)
    for variable in model.trainable_variables:
        variable.assign(generator.normal(0.1, 0.3, size=variable.shape))
    return model


def test_the_loss_is_the_texts_computed_three_ways(small):
    images, labels = block((8, 16, 16))
    heads = small(images, training=True)
    logits = [keras.ops.convert_to_numpy(head).astype("float64") for head in heads.values()]
    assert len(logits) == 3 and {head.shape for head in logits} == {(2, 8, 16, 16, 2)}
    penalized = [v.numpy() for v in small.trainable_variables if v.regularizer is not None]
    by_formula = seed_formula(labels, logits, penalized)

    of_heads = sum(float(small.loss(labels, head)) for head in heads.values())
    by_loss = of_heads + sum(float(penalty) for penalty in small.losses)
    by_model = float(small.compute_loss(images, labels, heads, training=True))
    assert by_loss == pytest.approx(by_formula, rel=1e-5)
    assert by_model == pytest.approx(by_formula, rel=1e-5)


def test_every_kernel_but_the_last_ones_is_penalized_once(small):
    kernels = [v for v in small.trainable_variables if v.path.endswith("kernel")]
    free = [v.path for v in kernels if v.regularizer is None]
    # Each auxiliary output has a kernel of its own to bring it to the full size.
    heads = {"head_0": 1, "head_1": 2, "head_2": 2}
    assert sorted(path.partition("/")[0].removesuffix("_enlarge") for path in free) == sorted(
        name for name, count in heads.items() for _ in range(count)
    )
    assert len(small.losses) == len(kernels) - len(free) > 0


def test_each_block_is_convolution_dropout_bias_batch_norm_relu_with_the_texts_first_weights():
    model = network_of("model.dropout=0.2")
    first = model.get_layer("down_0_0")
    assert first.filters == 64 and first.kernel_size == (3, 3, 3)
    kernel = first.convolution.kernel.numpy()
    # A normal law cut off at two deviations has 0.88 of its deviation left.
    assert kernel.std() == pytest.approx(0.01 * 0.88, rel=0.05) and abs(kernel).max() <= 0.02
    np.testing.assert_array_equal(first.bias.numpy(), np.float32(0.1))

    x = np.random.default_rng(0).normal(size=(1, 8, 8, 8, 1)).astype("float32")
    by_hand = first.convolution(x)
    by_hand = by_hand + first.bias.value
    by_hand = first.normalization(by_hand, training=False)
    np.testing.assert_allclose(
        first(x, training=False), keras.ops.relu(by_hand), rtol=1e-5, atol=1e-6
    )
    # The bias comes after the dropout: it stands where everything was dropped.
    everything = type(first).from_config(
        {**first.get_config(), "dropout": 1.0, "norm": "none", "activation": None}
    )
    np.testing.assert_array_equal(everything(x, training=True), np.float32(0.1))

    enlarge = model.get_layer("enlarge_2")
    assert (enlarge.strides, enlarge.norm, enlarge.activation) == ((2, 2, 2), "none", "relu")
    widths = [model.get_layer(f"down_{level}_1").filters for level in range(4)]
    assert widths == [64, 128, 256, 512]
    assert [model.get_layer(f"enlarge_{level}").filters for level in (2, 1, 0)] == [256, 128, 64]


def test_the_learning_rate_falls_in_stairs():
    recipe = load_recipe("dsn_ct").recipe
    model = network_of("model.filters=2")
    steps = recipe.fit.steps_per_epoch * recipe.schedule.decay_every_epochs
    for step in (0, steps - 1, steps, 2 * steps + 1):
        model.optimizer.iterations.assign(step)
        expected = recipe.optimizer.learning_rate * recipe.schedule.decay_rate ** (step // steps)
        assert float(model.optimizer.learning_rate) == pytest.approx(expected, rel=1e-6)


def test_one_step_of_the_full_network_changes_every_kernel():
    model = network_of()
    # A bias right before a batch norm has no gradient: the norm takes it away again.
    kernels = [v for v in model.trainable_variables if v.path.endswith("kernel")]
    before = [kernel.numpy() for kernel in kernels]
    logs = model.train_on_batch(*block((8, 16, 16)), return_dict=True)
    assert np.isfinite(logs["loss"]) and 0 <= logs["voxel_accuracy"] <= 1
    pairs = zip(before, kernels, strict=True)
    assert all(not np.array_equal(old, kernel.numpy()) for old, kernel in pairs)
