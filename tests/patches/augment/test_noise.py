import numpy as np
import pytest
import tensorflow as tf

from kseg.patches.augment.noise import Noise
from tests.patches.cases import seed_of


def test_the_deviation_of_the_noise_is_uniform_up_to_its_limit():
    image = tf.zeros((6, 6, 6, 1))
    noise = tf.function(Noise(1.0, 0.1))
    sigmas = [np.std(noise(image, seed_of(step))) for step in range(60)]
    assert min(sigmas) < 0.02 and 0.08 < max(sigmas) < 0.12
    assert abs(np.mean(sigmas) - 0.05) < 0.015


def test_noise_comes_as_often_as_its_probability_says():
    image = tf.zeros((2, 2, 2, 1))
    noise = tf.function(Noise(0.3))
    changed = [np.any(noise(image, seed_of(step))) for step in range(300)]
    assert abs(np.mean(changed) - 0.3) < 0.08


def test_a_negative_deviation_is_refused():
    with pytest.raises(ValueError, match="`sigma_max` must"):
        Noise(0.1, -1.0)
