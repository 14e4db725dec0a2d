import subprocess
import sys

import keras
import numpy as np
import pytest

from kseg.schedules import WarmupConstant, WarmupPolynomial
from kseg.schedules.warmup import TimedWarmupSchedule, WarmupSchedule

needs_tensorflow = pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="tf.function and tf.distribute are TensorFlow's"
)


def small_model(schedule):
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(schedule), "mse")
    return model


def test_schedules_without_a_length_check_it_and_stay_as_they_are():
    schedule = WarmupConstant(0.1, warmup_steps=2)
    schedule.set_total_steps(5)
    assert schedule.total_steps is None and float(schedule(10)) == pytest.approx(0.1)
    for wrong in (0, 2.5, True):
        with pytest.raises(ValueError, match="`total_steps` must be"):
            schedule.set_total_steps(wrong)


def test_base_classes_name_the_method_that_is_missing():
    with pytest.raises(NotImplementedError, match="decay"):
        WarmupSchedule(0.1)(0)
    with pytest.raises(NotImplementedError, match="shape"):
        TimedWarmupSchedule(0.1, total_steps=10)(0)


def test_an_optimizer_reports_the_rate_of_a_new_length():
    schedule = WarmupPolynomial(0.1, total_steps=10, power=1.0)
    model = small_model(schedule)
    model.fit(np.zeros((5, 3)), np.zeros((5, 1)), batch_size=1, verbose=0)
    assert float(model.optimizer.learning_rate) == pytest.approx(0.05)
    schedule.set_total_steps(20)
    assert float(model.optimizer.learning_rate) == pytest.approx(0.075)


def test_a_saved_model_keeps_the_length_that_was_set_last(tmp_path):
    model = small_model(WarmupPolynomial(0.1, total_steps=10, warmup_steps=3))
    model.optimizer._learning_rate.set_total_steps(1234)
    model.fit(np.zeros((5, 3)), np.zeros((5, 1)), batch_size=1, verbose=0)
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    assert again.optimizer._learning_rate.total_steps == 1234
    assert float(again.optimizer.learning_rate) == float(model.optimizer.learning_rate)


@needs_tensorflow
def test_a_traced_training_function_follows_a_new_length_without_retracing():
    import tensorflow as tf

    schedule = WarmupPolynomial(0.1, total_steps=10, power=1.0)
    weight = keras.Variable(0.0)
    optimizer = keras.optimizers.SGD(schedule)
    optimizer.build([weight])
    traces = []

    @tf.function
    def step():
        traces.append(1)
        optimizer.apply([tf.constant(-1.0)], [weight])

    step()
    assert float(weight) == pytest.approx(0.1)
    schedule.set_total_steps(2)
    step()
    assert float(weight) == pytest.approx(0.1 + 0.1 * (1 - 1 / 2))
    step()
    assert float(weight) == pytest.approx(0.15, abs=1e-6) and len(traces) == 1


TWO_REPLICAS = """
import keras, numpy as np, tensorflow as tf
cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
from kseg.losses import CombinedLoss, SoftDice, WeightedCrossEntropy
from kseg.metrics import CaseDice
from kseg.schedules import WarmupPolynomial

generator = np.random.default_rng(0)
images = generator.normal(size=(8, 4, 4, 4, 3)).astype("float32")
labels = generator.integers(0, 3, (8, 4, 4, 4))

def run(strategy):
    with strategy.scope():
        keras.utils.set_random_seed(0)
        model = keras.Sequential([keras.Input((4, 4, 4, 3)), keras.layers.Conv3D(3, 1)])
        schedule = WarmupPolynomial(0.5, total_steps=100)
        loss = CombinedLoss([(WeightedCrossEntropy(), 1.0), (SoftDice(), 1.0)])
        model.compile(keras.optimizers.SGD(schedule), loss, metrics=[CaseDice()])
    results = [model.fit(images, labels, batch_size=4, shuffle=False, verbose=0).history]
    schedule.set_total_steps(5)
    results.append(model.fit(images, labels, batch_size=4, shuffle=False, verbose=0).history)
    return results, model.get_weights(), float(model.optimizer.learning_rate)

two, two_weights, two_rate = run(tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"]))
one, one_weights, one_rate = run(tf.distribute.get_strategy())
assert abs(one_rate - 0.5 * 0.2 ** 0.9) < 1e-6 and two_rate == one_rate, (one_rate, two_rate)
for a, b in zip(one_weights, two_weights):
    np.testing.assert_allclose(a, b, atol=1e-6)
for a, b in zip(one, two):
    np.testing.assert_allclose(a["loss"], b["loss"], rtol=1e-5)
    np.testing.assert_allclose(a["patch_dice"], b["patch_dice"], rtol=1e-5)
"""


@needs_tensorflow
def test_two_replicas_train_as_one_with_losses_metric_and_schedule_of_kseg():
    # In its own process: logical devices can only be set before TensorFlow starts.
    done = subprocess.run([sys.executable, "-c", TWO_REPLICAS], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
