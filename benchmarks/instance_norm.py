"""Time and error of instance and group normalisation: kseg's, its portable path, and Keras' own.

Run: python benchmarks/instance_norm.py
"""

import os
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import tensorflow as tf

from kseg.parts import GroupNormalization, InstanceNormalization

# The last two are batches of slices, as a 2-D network sees them.
SHAPES = (
    (2, 32, 96, 96, 16),
    (2, 16, 48, 48, 32),
    (8, 40, 56, 40, 16),
    (8, 256, 256, 16),
    (32, 64, 64, 64),
)
REPEATS = 7


class Portable(InstanceNormalization):
    """kseg's layer without TensorFlow's fused kernel."""

    def call(self, inputs):
        """Take the path of the other backends."""
        return self._portable(inputs)


LAYERS = {
    "kseg, fused": lambda dtype: InstanceNormalization(dtype=dtype),
    "kseg, portable": lambda dtype: Portable(dtype=dtype),
    "keras GroupNormalization": lambda dtype: keras.layers.GroupNormalization(
        groups=-1, epsilon=1e-5, dtype=dtype
    ),
}
GROUP_LAYERS = {
    "kseg, 8 groups": lambda dtype: GroupNormalization(8, dtype=dtype),
    "keras, 8 groups": lambda dtype: keras.layers.GroupNormalization(8, epsilon=1e-5, dtype=dtype),
}


def median_ms(function) -> float:
    """Return the median time of a call in milliseconds, two first calls left out."""
    function()
    function()
    times = []
    for _ in range(REPEATS):
        started = time.perf_counter()
        function()
        times.append(time.perf_counter() - started)
    return float(np.median(times)) * 1e3


def time_layers(policy: str) -> None:
    """Print forward and forward-with-gradient times of each layer."""
    for shape in SHAPES:
        x = tf.cast(tf.random.normal(shape), "bfloat16" if "bfloat16" in policy else "float32")
        for name, make in (LAYERS | GROUP_LAYERS).items():
            layer = make(policy)
            layer.build(shape)

            @tf.function
            def forward(layer=layer, x=x):
                return layer(x)

            @tf.function
            def full(layer=layer, x=x):
                with tf.GradientTape() as tape:
                    tape.watch(x)
                    y = layer(x)
                return tape.gradient(y, [x, *[v.value for v in layer.trainable_variables]])

            print(
                f"{policy:15} {str(shape):24} {name:26}"
                f" forward {median_ms(forward):7.1f} ms   with gradient {median_ms(full):7.1f} ms"
            )


def show_errors() -> None:
    """Print the largest error, in standard deviations, on channels with a mean far from 0."""
    generator = np.random.default_rng(0)
    for ratio in (1, 10, 100, 1000):
        x = generator.normal(ratio, 1.0, (1, 16, 32, 32, 4)).astype("float32")
        x = tf.cast(x, "bfloat16")
        exact = tf.cast(x, "float64").numpy()
        axes = (1, 2, 3)
        centred = exact - exact.mean(axes, keepdims=True)
        exact = centred / np.sqrt((centred**2).mean(axes, keepdims=True) + 1e-5)
        errors = {
            name: np.abs(tf.cast(make("mixed_bfloat16")(x), "float64").numpy() - exact).max()
            for name, make in LAYERS.items()
        }
        told = "   ".join(f"{name} {error:.3f}" for name, error in errors.items())
        print(f"mean / spread = {ratio:5}   largest error: {told}")


if __name__ == "__main__":
    tf.config.threading.set_inter_op_parallelism_threads(1)
    show_errors()
    for policy in ("mixed_bfloat16", "float32"):
        time_layers(policy)
