"""Keras' optimizers, with a running mean of the weights that warms up."""

import keras
from keras import ops


class WarmingMean:
    r"""Mix-in for an optimizer whose running mean of the weights forgets the first ones.

    With a constant momentum the first weights stay in the mean for long: of 60 steps at a momentum
    of 0.99 they make up half. Here update :math:`t`, counted from 0, has the momentum

    .. math:: \min\!\left(\mathrm{ema\_momentum}, \frac{1 + t}{10 + t}\right)

    so that the mean reaches over about the last tenth of the steps, until `ema_momentum` is the
    shorter reach. It is the rule of `tf.train.ExponentialMovingAverage` with `num_updates`. As in
    Keras, the mean begins as the weights after the first update.

    The momentum follows from `iterations` alone, so that a resumed training goes on with the same
    bits. It holds on TensorFlow, where kseg trains: on JAX Keras keeps the mean elsewhere.

    Example:
        >>> optimizer = SGD(0.1, use_ema=True, ema_momentum=0.99)
        >>> round(float(optimizer.mean_momentum()), 2)
        0.0
        >>> _ = optimizer.iterations.assign(8)
        >>> round(float(optimizer.mean_momentum()), 2)
        0.5
    """

    def mean_momentum(self):
        """Return the momentum of the running mean in the update that comes next.

        Returns:
            float32 scalar tensor, 0 for the very first update.
        """
        # float32 whatever the global policy: bfloat16 could not even count to 300.
        update = ops.cast(self.iterations, "float32")
        momentum = ops.minimum((1.0 + update) / (10.0 + update), self.ema_momentum)
        return ops.where(ops.equal(update, 0.0), 0.0, momentum)

    def _update_model_variables_moving_average(self, trainable_variables):
        # Keras' own method with another momentum; `apply` calls it before it counts the update.
        momentum = self.mean_momentum()
        means = self._model_variables_moving_average
        for weight, mean in zip(trainable_variables, means, strict=True):
            if mean is not None:
                share = ops.cast(momentum, weight.dtype)
                mean.assign(share * mean + (1 - share) * weight)


@keras.saving.register_keras_serializable("kseg")
class AdamW(WarmingMean, keras.optimizers.AdamW):
    """`keras.optimizers.AdamW` whose running mean of the weights warms up; see `WarmingMean`."""


@keras.saving.register_keras_serializable("kseg")
class Adam(WarmingMean, keras.optimizers.Adam):
    """`keras.optimizers.Adam` whose running mean of the weights warms up; see `WarmingMean`."""


@keras.saving.register_keras_serializable("kseg")
class SGD(WarmingMean, keras.optimizers.SGD):
    """`keras.optimizers.SGD` whose running mean of the weights warms up; see `WarmingMean`."""
