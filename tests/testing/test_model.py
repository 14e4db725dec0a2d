import keras
import numpy as np
import pytest
from keras import layers

from kseg import parts
from kseg.models import FACTORIES
from kseg.testing import ContractError, check_model
from tests.testing.parts import MODELS

SHAPE = (2, 8, 8, 8, 1)


@pytest.mark.parametrize(("name", "arguments", "shape", "more"), MODELS)
def test_every_model_of_kseg_passes(name, arguments, shape, more):
    check_model(getattr(parts, name), arguments, shape, **more)


def test_every_factory_of_kseg_is_among_them():
    assert set(FACTORIES) == {name for name, *_ in MODELS}


def test_a_model_that_is_made_already_passes_too():
    check_model(parts.unet(1, 3, depth=2, filters=2), input_shape=SHAPE)


def right(channels, classes, *, dtype="float32", activation=None, size=None, name="head"):
    """Return the smallest network that keeps the contract, with room to break it."""
    inputs = keras.Input((size, size, size, channels))
    return keras.Model(inputs, layers.Dense(classes, activation, dtype=dtype, name=name)(inputs))


def ends_with_softmax(channels, classes):
    return right(channels, classes, activation="softmax")


def follows_the_policy(channels, classes):
    return right(channels, classes, dtype=None)


def knows_one_size(channels, classes):
    return right(channels, classes, size=8)


def names_nothing(channels, classes):
    return right(channels, classes, name=None)


def shrinks_the_image(channels, classes):
    inputs = keras.Input((None, None, None, channels))
    return keras.Model(inputs, layers.Conv3D(classes, 1, strides=2, name="head")(inputs))


def forgets_the_seed(channels, classes):
    model = right(channels, classes)
    model.set_weights([np.random.default_rng().normal(size=w.shape) for w in model.weights])
    return model


def cannot_be_saved(channels, classes):
    inputs = keras.Input((None, None, None, channels))
    return keras.Model(inputs, layers.Lambda(lambda x: x)(right(channels, classes)(inputs)))


def has_two_outputs(channels, classes):
    model = right(channels, classes)
    return keras.Model(model.input, {"out": model.output, "aux_1": model.output})


def learns_nothing(channels, classes):
    model = right(channels, classes)
    model.trainable = False
    return model


def overflows(channels, classes):
    model = right(channels, classes)
    return keras.Model(model.input, layers.Rescaling(1e38, name="scale")(model.output) * 1e9)


def is_no_model(channels, classes):
    return layers.Dense(classes)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (ends_with_softmax, "its output must be logits: leave out the softmax"),
        (follows_the_policy, "in mixed precision its logits must be float32. Received: bfloat16"),
        (knows_one_size, "the check of other sizes failed"),
        (names_nothing, "give each layer a name"),
        (shrinks_the_image, "its logits must have the shape (2, 8, 8, 8, 3)"),
        (forgets_the_seed, "the same seed of Keras must give the same weights"),
        (cannot_be_saved, "the check of saving failed"),
        (has_two_outputs, "outside training it must give one tensor. Received: dict"),
        (learns_nothing, "a training step must change its weights"),
        (overflows, "its logits must be finite"),
        (overflows, "the loss of a training step must be finite"),
        (is_no_model, "it must return a keras.Model. Received: Dense"),
    ],
)
def test_a_model_that_breaks_one_rule_is_caught_by_it(wrong, said):
    with pytest.raises(ContractError) as caught:
        check_model(wrong, input_shape=SHAPE)
    assert any(said in violation for violation in caught.value.violations), str(caught.value)


def test_the_network_that_the_wrong_ones_are_made_from_passes():
    check_model(right, input_shape=SHAPE)


def test_arguments_that_a_model_folder_cannot_hold_are_caught():
    with pytest.raises(ContractError, match="its arguments must be what JSON can hold"):
        check_model(right, {"activation": keras.activations.linear}, SHAPE)


@keras.saving.register_keras_serializable("tests")
class WrongHeads(parts.DeepSupervisionModel):
    def deployable(self):
        return keras.Model(self.input, self.output["aux_1"])


def wrong_heads(channels, classes, deep_supervision):
    first, second = right(channels, classes), right(channels, classes, name="other")
    return WrongHeads(first.input, {"out": first.output, "aux_1": second(first.input)})


def test_heads_that_are_not_what_was_asked_for_are_caught():
    with pytest.raises(ContractError) as caught:
        check_model(wrong_heads, {"deep_supervision": 2}, SHAPE)
    text = str(caught.value)
    assert "in training it must give 3 heads. Received: ['out', 'aux_1']" in text
    assert "deployable() must give the same logits" in text
    with pytest.raises(ContractError, match="a dict of 2 heads. Received: one tensor"):
        check_model(lambda c, k, deep_supervision: right(c, k), {"deep_supervision": 1}, SHAPE)
