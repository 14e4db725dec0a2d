import keras
import numpy as np
import pytest

from kseg.fit import optimizers

KINDS = {
    "adamw": (optimizers.AdamW, keras.optimizers.AdamW),
    "adam": (optimizers.Adam, keras.optimizers.Adam),
    "sgd": (optimizers.SGD, keras.optimizers.SGD),
}


def trained(optimizer, steps, gradient=lambda step: np.random.default_rng(step).normal(size=3)):
    """Return the weights after each step, and the running mean after the last."""
    variable = keras.Variable([1.0, -2.0, 3.0], name="kernel")
    optimizer.build([variable])
    weights = []
    for step in range(steps):
        optimizer.apply([keras.ops.convert_to_tensor(gradient(step), "float32")], [variable])
        weights.append(variable.numpy().copy())
    optimizer.finalize_variable_values([variable])
    return np.array(weights), variable.numpy()


def by_hand(weights, ema):
    """The rule of `tf.train.ExponentialMovingAverage`, in the plainest form."""
    mean = weights[0].astype(np.float64)
    for update in range(1, len(weights)):
        momentum = min(ema, (1 + update) / (10 + update))
        mean = momentum * mean + (1 - momentum) * weights[update]
    return mean


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("ema", [0.99, 0.6])
def test_the_running_mean_warms_up_by_the_rule(kind, ema):
    warming, plain = KINDS[kind]
    weights, mean = trained(warming(0.1, use_ema=True, ema_momentum=ema), 30)
    np.testing.assert_allclose(mean, by_hand(weights, ema), rtol=1e-5)
    # The weights themselves go the way of Keras' optimizer, bit for bit.
    np.testing.assert_array_equal(weights, trained(plain(0.1), 30)[0])


@pytest.mark.parametrize("kind", KINDS)
def test_after_twenty_steps_the_mean_is_near_the_last_weights(kind):
    def downhill(step):
        return np.ones(3)

    warming, plain = KINDS[kind]
    weights, mean = trained(warming(0.1, use_ema=True, ema_momentum=0.99), 20, downhill)
    _, slow = trained(plain(0.1, use_ema=True, ema_momentum=0.99), 20, downhill)
    way = np.abs(weights[-1] - weights[0])
    assert (np.abs(mean - weights[-1]) < 0.25 * way).all()
    assert (np.abs(slow - weights[0]) < 0.25 * way).all()


def test_long_after_the_start_the_momentum_is_the_one_that_was_asked_for():
    optimizer = optimizers.SGD(0.1, use_ema=True, ema_momentum=0.99)
    momenta = []
    for update in (0, 1, 10, 100, 889, 890, 100_000):
        optimizer.iterations.assign(update)
        momenta.append(float(optimizer.mean_momentum()))
    asked = pytest.approx(0.99)
    assert momenta == [0, *(pytest.approx(m) for m in (2 / 11, 11 / 20, 101 / 110, 890 / 899)),
                       asked, asked]  # fmt: skip
    assert optimizer.ema_momentum == 0.99


def test_the_momentum_follows_from_the_number_of_updates_alone():
    one = optimizers.AdamW(0.1, use_ema=True, ema_momentum=0.99)
    weights, _ = trained(one, 12)
    other = optimizers.AdamW(0.1, use_ema=True, ema_momentum=0.99)
    variable = keras.Variable([1.0, -2.0, 3.0], name="kernel")
    other.build([variable])
    other.iterations.assign(12)
    assert float(other.mean_momentum()) == float(one.mean_momentum())


@pytest.mark.parametrize("kind", KINDS)
def test_checkpoints_find_the_variables_of_keras_own_optimizer(kind):
    variable = keras.Variable([1.0], name="kernel")
    names = []
    for made in KINDS[kind]:
        optimizer = made(0.1, use_ema=True)
        optimizer.build([variable])
        names.append([v.name for v in optimizer.variables])
    assert names[0] == names[1] and any("average" in name for name in names[0])


@pytest.mark.parametrize("kind", KINDS)
def test_the_optimizer_is_saved_and_loaded_by_its_config(kind):
    optimizer = KINDS[kind][0](0.5, use_ema=True, ema_momentum=0.75)
    again = keras.optimizers.deserialize(keras.optimizers.serialize(optimizer))
    assert type(again) is KINDS[kind][0] and again.get_config() == optimizer.get_config()
