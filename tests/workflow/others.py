"""Parts as other people write them, most with one mistake, by `tests.workflow.others:NAME`."""

import keras
import tensorflow as tf
from keras import layers, ops

PLACE = "tests.workflow.others"


def needs_a_key(*args, **kwargs):
    raise KeyError("dilations")


def network(channels, classes, names=("first", "last"), **more):
    inputs = keras.Input((None, None, None, channels))
    hidden = layers.Conv3D(2, 3, padding="same", name=names[0])(inputs)
    return keras.Model(inputs, layers.Conv3D(classes, 1, name=names[1])(hidden))


def halves(channels, classes):
    inputs = keras.Input((None, None, None, channels))
    return keras.Model(inputs, layers.Conv3D(classes, 2, strides=2, name="halves")(inputs))


def two_outputs(channels, classes):
    inputs = keras.Input((None, None, None, channels))
    logits = layers.Conv3D(classes, 1, name="one")(inputs)
    return keras.Model(inputs, {"out": logits, "aux": logits})


def nameless(channels, classes):
    return network(channels, classes, names=(None, None))


def twins(channels, classes):
    inputs = keras.Input((None, None, None, channels))
    return keras.Model(inputs, Twins(classes, name="twins")(inputs))


class Twins(layers.Layer):
    def __init__(self, filters, **kwargs):
        super().__init__(**kwargs)
        self.parts = [layers.Dense(filters, name="one") for _ in range(2)]

    def build(self, shape):
        for part in self.parts:
            part.build(shape)

    def call(self, inputs):
        return self.parts[0](inputs) + self.parts[1](inputs)


@keras.saving.register_keras_serializable("tests")
class Nameless(layers.Layer):
    """A block whose convolution has the name that Keras makes up."""

    child = None

    def __init__(self, filters=2, kernel_size=3, strides=1, **kwargs):
        super().__init__(**kwargs)
        self.filters, self.kernel_size, self.strides = filters, kernel_size, strides
        self.convolution = layers.Conv3D(
            filters, kernel_size, strides, padding="same", name=self.child, dtype=self.dtype_policy
        )

    def build(self, shape):
        self.convolution.build(shape)
        super().build(shape)

    def call(self, inputs):
        return self.convolution(inputs)

    def compute_output_shape(self, shape):
        return self.convolution.compute_output_shape(shape)

    def get_config(self):
        own = ("filters", "kernel_size", "strides")
        return {**super().get_config(), **{name: getattr(self, name) for name in own}}


@keras.saving.register_keras_serializable("tests")
class Named(Nameless):
    child = "convolution"


class Squares(keras.losses.Loss):
    """A loss as it should be."""

    def call(self, y_true, y_pred):
        labels = ops.one_hot(ops.cast(y_true, "int32"), y_pred.shape[-1])
        return ops.mean(ops.square(y_pred - labels), axis=(1, 2, 3, 4))


class Scalar(Squares):
    def call(self, y_true, y_pred):
        return ops.mean(super().call(y_true, y_pred))


class Untraceable(Squares):
    def call(self, y_true, y_pred):
        return super().call(y_true, y_pred.numpy())


class Mean(keras.metrics.Mean):
    """A metric as it should be."""

    def update_state(self, y_true, y_pred, sample_weight=None):
        super().update_state(y_pred)


class Vector(Mean):
    def result(self):
        return ops.stack([super().result()] * 2)


def still():
    return lambda image, labels, seed: (image, labels)


def of_the_brightest():
    return lambda image, labels, seed: (image / tf.reduce_max(image), labels)
