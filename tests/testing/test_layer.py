import keras
import pytest
from keras import layers, ops

from kseg import parts
from kseg.testing import ContractError, check_layer
from tests.testing.parts import LAYERS, names_of
from tests.workflow.others import Named, Nameless

SHAPE = (2, 4, 4, 4, 3)


@pytest.mark.parametrize(("name", "arguments", "shape"), LAYERS)
def test_every_layer_of_kseg_passes(name, arguments, shape):
    check_layer(getattr(parts, name), arguments, shape)


def test_every_layer_of_kseg_is_among_them():
    assert names_of(layers.Layer) - names_of(keras.Model) == {name for name, *_ in LAYERS}


def test_a_layer_of_keras_needs_no_registration():
    check_layer(layers.Conv2D, {"filters": 2, "kernel_size": 3, "use_bias": False}, (2, 6, 6, 3))


@keras.saving.register_keras_serializable("tests")
class Right(layers.Layer):
    """A layer that keeps the contract, for the wrong ones below to break in one place each."""

    def __init__(self, filters=2, slope=0.1, **kwargs):
        super().__init__(**kwargs)
        self.filters, self.slope = filters, slope
        self.dense = layers.Dense(filters, name="dense", dtype=self.dtype_policy)

    def build(self, input_shape):
        self.dense.build(input_shape)
        super().build(input_shape)

    def call(self, inputs):
        return ops.leaky_relu(self.dense(inputs), self.slope)

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], self.filters)

    def get_config(self):
        return {**super().get_config(), "filters": self.filters, "slope": self.slope}


@keras.saving.register_keras_serializable("tests")
class ForgetsConfig(Right):
    def get_config(self):
        return layers.Layer.get_config(self)


@keras.saving.register_keras_serializable("tests")
class ForgetsSlope(Right):
    def get_config(self):
        return {**layers.Layer.get_config(self), "filters": self.filters}


@keras.saving.register_keras_serializable("tests")
class ConfigIsNotPlain(Right):
    def get_config(self):
        return {**super().get_config(), "slope": ops.ones(())}


@keras.saving.register_keras_serializable("tests")
class ChildIgnoresDtype(Right):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.dense = layers.Dense(self.filters, name="dense")


@keras.saving.register_keras_serializable("tests")
class DropsDtype(Right):
    def __init__(self, filters=2, slope=0.1, dtype=None, **kwargs):
        super().__init__(filters, slope, **kwargs)


@keras.saving.register_keras_serializable("tests")
class OutputIsFloat32(Right):
    def call(self, inputs):
        return ops.cast(super().call(inputs), "float32")


@keras.saving.register_keras_serializable("tests")
class BuildsLate(Right):
    def build(self, input_shape):
        layers.Layer.build(self, input_shape)


@keras.saving.register_keras_serializable("tests")
class TellsAnotherShape(Right):
    def compute_output_shape(self, input_shape):
        return tuple(input_shape)


@keras.saving.register_keras_serializable("tests")
class TakesOneSize(Right):
    def call(self, inputs):
        size = [2, 4, 4, 4, 3]
        return super().call(ops.reshape(inputs, size))


@keras.saving.register_keras_serializable("tests")
class StopsGradients(Right):
    def call(self, inputs):
        return ops.stop_gradient(super().call(inputs)) + 0 * inputs[..., :1]


@keras.saving.register_keras_serializable("tests")
class DividesBySpread(Right):
    def call(self, inputs):
        return super().call(inputs) / ops.std(inputs, axis=(1, 2, 3), keepdims=True)[..., :1]


@keras.saving.register_keras_serializable("tests")
class IgnoresDataFormat(Right):
    def __init__(self, filters=2, slope=0.1, data_format="channels_last", **kwargs):
        super().__init__(filters, slope, **kwargs)
        self.data_format = data_format

    def get_config(self):
        return {**super().get_config(), "data_format": self.data_format}


class Unregistered(Right):
    pass


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (ForgetsConfig, "It lacks `filters`, `slope`"),
        (ForgetsConfig, "the check of configuration failed"),
        (ForgetsSlope, "It lacks `slope`"),
        (ConfigIsNotPlain, "what JSON can hold"),
        (ChildIgnoresDtype, "children must get dtype=self.dtype_policy: dense"),
        (DropsDtype, "must hand `dtype` to Layer.__init__"),
        (OutputIsFloat32, "its output must be bfloat16. Received: ['float32']"),
        (BuildsLate, "build() must build every child. Not built: dense"),
        (BuildsLate, "build() must make all 2 weights. It made 0"),
        (TellsAnotherShape, "compute_output_shape() must tell the real shape"),
        (TakesOneSize, "the check of unknown sizes failed"),
        (StopsGradients, "gradient"),
        (DividesBySpread, "everywhere must give finite numbers"),
        (IgnoresDataFormat, "the check of order of axes failed"),
        (Unregistered, "register_keras_serializable"),
    ],
)
def test_a_layer_that_breaks_one_rule_is_caught_by_it(wrong, said):
    with pytest.raises(ContractError) as caught:
        check_layer(wrong, {"filters": 5, "slope": 0.5}, SHAPE)
    assert any(said in violation for violation in caught.value.violations), str(caught.value)


def test_the_layer_that_the_wrong_ones_are_made_from_passes():
    check_layer(Right, {"filters": 5, "slope": 0.5}, SHAPE)


def test_sizes_may_be_fixed_where_the_caller_says_so():
    check_layer(TakesOneSize, {}, SHAPE, dynamic_shape=False)


def test_the_callers_precision_is_left_as_it_was():
    keras.config.set_dtype_policy("mixed_bfloat16")
    with pytest.raises(ContractError):
        check_layer(ChildIgnoresDtype, {}, SHAPE)
    assert keras.config.dtype_policy().name == "mixed_bfloat16"


def test_children_without_names_of_their_own_are_told():
    check_layer(Named, {}, (2, 4, 4, 4, 3))
    with pytest.raises(ContractError, match=r"give each layer a name \(layer/conv3d") as caught:
        check_layer(Nameless, {}, (2, 4, 4, 4, 3))
    assert len(caught.value.violations) == 1
