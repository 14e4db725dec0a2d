"""Networks of other topologies than the default: what they do and what their layers are."""

import keras
import numpy as np
import pytest

from kseg.models import DeepSupervisionModel, unet
from tests.models.tiny import batch, compiled, network, to_numpy


def sizes(model, shape):
    heads = model(np.zeros((1, *shape, 1), "float32"), training=True)
    return [tuple(head.shape[1:-1]) for head in heads.values()]


def features(model, names, shape):
    outputs = [model.get_layer(name).output for name in names]
    seen = keras.Model(model.input, outputs)(np.zeros((1, *shape, 1), "float32"))
    return [tuple(level.shape[1:]) for level in seen]


def test_strides_and_kernels_may_differ_by_level_and_axis():
    """The plan of thick slices: z is halved once, and not looked across on the finest level."""
    model = unet(
        1, 2, depth=3, filters=2, strides=[1, (1, 2, 2), 2], kernel_sizes=[(1, 3, 3), 3, 3],
        deep_supervision=2,
    )  # fmt: skip
    assert sizes(model, (2, 8, 8)) == [(2, 8, 8), (2, 4, 4), (1, 2, 2)]
    kernels = {weight.path: tuple(weight.shape) for weight in model.weights}
    assert kernels["down_0_0/convolution/kernel"] == (1, 3, 3, 1, 2)
    assert kernels["down_1_0/convolution/kernel"] == (3, 3, 3, 2, 4)
    assert kernels["up_0_0/convolution/kernel"] == (1, 3, 3, 4, 2)
    assert kernels["enlarge_0/deconvolution/kernel"] == (1, 2, 2, 2, 4)


def test_slices_do_not_see_one_another_through_flat_kernels():
    model = network(strides=[1, (1, 2, 2)], kernel_sizes=[(1, 3, 3)] * 2, norm="none")
    image, _ = batch(cases=1)
    other = image.copy()
    other[:, 3] += 1
    changed = np.abs(to_numpy(model(image)) - to_numpy(model(other))).max(axis=(0, 2, 3, 4)) > 0
    assert list(np.flatnonzero(changed)) == [3]


def test_training_thins_labels_by_each_axis_own_factor():
    images, labels = batch()
    strides = [1, (1, 2, 2), (2, 1, 2)]
    model = compiled(network(depth=3, strides=strides, deep_supervision=2))
    assert sizes(model, (8, 8, 8)) == [(8, 8, 8), (8, 4, 4), (4, 4, 2)]
    assert np.isfinite(model.fit(images, labels, verbose=0).history["loss"]).all()


def test_images_have_their_own_topology():
    images, labels = batch(dimensions=2)
    model = compiled(network(depth=3, dimensions=2, deep_supervision=2))
    assert sizes(model, (8, 12)) == [(8, 12), (4, 6), (2, 3)]
    assert model(images).shape == (2, 8, 8, 3)
    assert np.isfinite(model.fit(images, labels, verbose=0).history["loss"]).all()


def test_levels_may_have_their_own_widths_and_blocks():
    model = unet(
        1, 2, depth=3, filters=(2, 6, 4), convs_per_level=(1, 2, 3), decoder_convs_per_level=(2, 1)
    )
    shapes = features(model, ["down_0_0", "down_1_1", "down_2_2", "up_0_1", "up_1_0"], (4, 4, 4))
    assert [shape[-1] for shape in shapes] == [2, 6, 4, 2, 6]
    names = {layer.name for layer in model.layers}
    assert not names & {"down_0_1", "down_1_2", "down_2_3", "up_0_2", "up_1_1"}


@pytest.mark.parametrize("kind", ["max", "mean", "trainable"])
def test_pooling_may_take_the_place_of_strides(kind):
    model = unet(1, 2, depth=3, filters=2, downsample=kind, strides=[1, 2, (1, 2, 2)])
    assert features(model, ["down_0_1", "pool_1", "down_1_0", "pool_2"], (4, 8, 8)) == [
        (4, 8, 8, 2), (2, 4, 4, 2), (2, 4, 4, 4), (2, 2, 2, 4),
    ]  # fmt: skip
    assert model.get_layer("down_1_0").strides == (1, 1, 1)
    assert {layer.kind for layer in model.layers if layer.name.startswith("pool")} == {kind}


def test_a_residual_encoder_has_a_stem_and_keeps_a_plain_decoder():
    model = unet(1, 2, depth=3, filters=2, block="residual", convs_per_level=(1, 3, 4),
                 decoder_convs_per_level=1)  # fmt: skip
    kinds = {layer.name: type(layer).__name__ for layer in model.layers}
    residual = {name for name, kind in kinds.items() if kind == "Residual3DBlock"}
    assert residual == {f"down_{level}_{i}" for level, n in enumerate((1, 3, 4)) for i in range(n)}
    assert {kinds[name] for name in ("stem", "up_0_0", "up_1_0")} == {"Conv3DBlock"}
    assert model.get_layer("down_1_0").strides == (2, 2, 2)


@pytest.mark.parametrize("dimensions", [2, 3])
@pytest.mark.parametrize("block", ["plain", "residual"])
def test_attention_and_squeeze_excitation_learn(dimensions, block):
    images, labels = batch(dimensions=dimensions)
    model = compiled(
        network(dimensions=dimensions, block=block, attention=True, squeeze_excitation=True)
    )
    before = {weight.path: to_numpy(weight) for weight in model.trainable_weights}
    model.fit(images, labels, verbose=0, epochs=2)
    after = {weight.path: to_numpy(weight) for weight in model.trainable_weights}
    gates = [path for path in after if path.startswith("attend_0")]
    places = ("excite_0", "excite_1") if block == "plain" else ("down_0_0/scale", "down_1_0/scale")
    excitations = [path for path in after if path.startswith(places)]
    assert gates and len(excitations) == 8
    for some in (gates, excitations):
        assert any(np.abs(after[path] - before[path]).max() > 0 for path in some)


def test_added_features_need_no_wider_convolutions():
    concat, add = network(), network(fusion="add")
    shapes = [{w.path: tuple(w.shape) for w in model.weights} for model in (concat, add)]
    assert [found["up_0_0/convolution/kernel"][3] for found in shapes] == [4, 2]


def test_transposed_convolutions_may_be_activated():
    model = network(decoder_activation="relu")
    assert model.get_layer("enlarge_0").get_config()["activation"] == "relu"
    assert network().get_layer("enlarge_0").get_config()["activation"] is None


def test_initialisers_reach_every_kernel_and_bias_with_numbers_of_its_own():
    model = unet(
        1, 2, depth=2, filters=2, convs_per_level=3, use_bias=True, deep_supervision=1,
        heads="full_size", attention=True, block="residual",
        kernel_initializer=keras.initializers.TruncatedNormal(stddev=0.01),
        bias_initializer=keras.initializers.Constant(0.1),
    )  # fmt: skip
    kernels = {w.path: to_numpy(w) for w in model.weights if w.name == "kernel"}
    biases = {w.path: to_numpy(w) for w in model.weights if w.name == "bias"}
    assert all(np.abs(kernel).max() <= 0.02001 for kernel in kernels.values())
    gates = {path for path in biases if path.startswith("attend")}
    assert all(np.allclose(biases[path], 0.1) for path in biases.keys() - gates)
    for one, other in (
        ("down_0_1/convolution_2/convolution/kernel", "down_0_2/convolution_2/convolution/kernel"),
        ("up_0_1/convolution/kernel", "up_0_2/convolution/kernel"),
    ):
        assert not np.array_equal(kernels[one], kernels[other])


@pytest.mark.parametrize("dimensions", [2, 3])
def test_heads_of_full_size_learn_from_all_labels(dimensions):
    images, labels = batch(dimensions=dimensions)
    model = compiled(
        network(
            depth=3, dimensions=dimensions, deep_supervision=2, heads="full_size",
            head_weights=[1, 1, 1], strides=[1, 2, (2, 1, 1)[:dimensions]],
        )
    )  # fmt: skip
    assert isinstance(model, DeepSupervisionModel) and model.head_weights == (1.0, 1.0, 1.0)
    assert sizes(model, (8,) * dimensions) == [(8,) * dimensions] * 3
    kernel = model.get_layer("head_2_enlarge").weights[0]
    assert tuple(kernel.shape) == (4, 2, 2)[:dimensions] + (3, 3)
    assert kernel.dtype == "float32"
    history = model.fit(images, labels, validation_data=(images, labels), verbose=0).history
    assert list(history) == ["loss", "patch_dice", "val_loss", "val_patch_dice"]
    assert not {"head_1_enlarge", "head_2"} & {layer.name for layer in model.deployable().layers}


@pytest.mark.parametrize(("padding", "seen"), [("same", [0]), ("symmetric", [0, 1])])
def test_padding_decides_where_strided_convolutions_sample(padding, seen):
    """PyTorch's windows of 3 lie round voxels 0, 2, …, those of Keras round 1, 3, …"""
    image = np.zeros((1, 8, 8, 8, 1), "float32")
    image[0, 1, 1, 1] = 1.0
    model = network(padding=padding, norm="none", activation="linear")
    for name, seen_by in (("down_0_0", slice(1, 2)), ("down_1_0", slice(None))):
        for weight in model.get_layer(name).weights:
            values = np.zeros(weight.shape, "float32")
            values[(seen_by,) * 3 if weight.name == "kernel" else ...] = weight.name == "kernel"
            weight.assign(values)
    output = keras.Model(model.input, model.get_layer("down_1_0").output)(image)
    assert list(np.flatnonzero(to_numpy(output)[0, :, 0, 0, 0])) == seen
