import numpy as np
import pytest
import tensorflow as tf

from kseg.patches.augment.factor import spread_factor


def draw(limits, count):
    return spread_factor(tf.random.stateless_uniform((2, count), [1, 2]), limits)


def test_half_of_the_factors_lie_below_one():
    drawn = draw((0.7, 1.5), 4000).numpy()
    below, above = drawn[drawn < 1], drawn[drawn >= 1]
    assert abs(len(below) / 4000 - 0.5) < 0.03
    assert 0.7 <= below.min() < 0.71 and 0.99 < below.max()
    assert above.min() < 1.01 and 1.49 < above.max() < 1.5
    assert abs(below.mean() - 0.85) < 0.01 and abs(above.mean() - 1.25) < 0.02


@pytest.mark.parametrize("limits", [(0.5, 0.9), (1.1, 1.2), (0.5, 1.0), (1.0, 1.3)])
def test_limits_on_one_side_of_one_give_a_plain_uniform(limits):
    drawn = draw(limits, 1000).numpy()
    assert limits[0] <= drawn.min() and drawn.max() <= limits[1]
    assert abs(drawn.mean() - np.mean(limits)) < 0.02
