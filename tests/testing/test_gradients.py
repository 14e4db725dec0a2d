import keras
import numpy as np

from kseg.testing.gradients import Shift, logit_gradient, record_gradients


def test_the_gradient_of_a_loss_is_that_of_calculus():
    labels = np.array([[0.0, 2.0]], "float32")
    logits = np.array([[1.0, 1.0]], "float32")
    gradient = logit_gradient(keras.losses.MeanSquaredError(), labels, logits)
    np.testing.assert_allclose(gradient, [[1.0, -1.0]], rtol=1e-6)  # 2 (p - t) / 2


def test_each_weight_ends_as_its_gradient_and_those_that_none_reaches_are_missing():
    inputs = keras.Input(batch_shape=(1, 2))
    shift, idle = Shift(name="used"), Shift(name="idle")
    idle.build((1, 2))
    shifted = shift(inputs)
    lost = keras.ops.stop_gradient(idle(inputs))
    model = keras.Model(inputs, shifted + lost)
    data = np.array([[1.0, 2.0]], "float32")
    reached = record_gradients(model, keras.losses.MeanSquaredError(), data, np.zeros((1, 2)))
    assert reached >= {"used/shift"}
    np.testing.assert_allclose(keras.ops.convert_to_numpy(shift.shift), [[2.0, 4.0]], rtol=1e-6)
