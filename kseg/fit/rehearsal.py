"""A few training steps against the clock, undone afterwards."""

import time

import keras

from kseg.fit.variables import training_variables

# The first step traces the network, the second still warms caches up.
UNTIMED_STEPS = 2
FEWEST_TIMED_STEPS = 6


def measure_step_seconds(model: keras.Model, dataset, at_most_seconds: float) -> float:
    """Return the seconds of one training step, and leave the model as it was.

    Args:
        model: compiled Keras model, its optimizer built.
        dataset: the stream that will be trained on.
        at_most_seconds: float, seconds after which no further step is timed (6 always are).

    Returns:
        Mean seconds of a step, waiting for patches included.
    """
    variables = training_variables(model)
    before = {name: variable.numpy() for name, variable in variables.items()}
    stopwatch = _Stopwatch(at_most_seconds)
    model.fit(dataset, steps_per_epoch=1_000_000, shuffle=False, verbose=0, callbacks=[stopwatch])
    for name, variable in variables.items():
        variable.assign(before[name])
    return stopwatch.step_seconds


class _Stopwatch(keras.callbacks.Callback):
    """Times steps and ends the training when it knows enough."""

    def __init__(self, at_most_seconds: float):
        super().__init__()
        self._at_most_seconds = at_most_seconds
        self._started = 0.0
        self.step_seconds = 0.0

    def on_train_batch_end(self, batch, logs=None):
        now = time.monotonic()
        timed = batch + 1 - UNTIMED_STEPS
        if timed == 0:
            self._started = now
        elif timed > 0:
            self.step_seconds = (now - self._started) / timed
            enough = now - self._started >= self._at_most_seconds
            if timed >= FEWEST_TIMED_STEPS and enough:
                self.model.stop_training = True
