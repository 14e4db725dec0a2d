import numpy as np
import pytest
import tensorflow as tf

from kseg.patches.augment.flip import Flip, mirror_axes
from tests.patches.cases import seed_of

LABELS = tf.reshape(tf.range(24, dtype=tf.int32), (2, 3, 4))
IMAGE = tf.cast(LABELS, tf.float32)[..., None]


@pytest.mark.parametrize("axes", [(), ("x",), ("z", "y"), ("z", "y", "x")])
def test_a_certain_flip_mirrors_the_named_axes_only(axes):
    image, labels = Flip(1.0, axes)(IMAGE, LABELS, seed_of(0))
    expected = np.flip(LABELS.numpy(), ["zyx".index(axis) for axis in axes])
    np.testing.assert_array_equal(labels, expected)
    np.testing.assert_array_equal(image[..., 0], expected)


def test_left_and_right_are_never_swapped_when_x_is_left_out():
    flip = Flip(0.5, ("z", "y"))
    for step in range(30):
        _, labels = flip(IMAGE, LABELS, seed_of(step))
        assert np.all(np.diff(labels.numpy(), axis=2) == 1)


def test_each_axis_is_mirrored_half_of_the_time_on_its_own():
    flip = tf.function(lambda seed: Flip()(IMAGE, LABELS, seed)[1])
    flipped = [flip(seed_of(step)) for step in range(160)]
    corners = np.bincount([int(np.argmin(labels)) for labels in flipped], minlength=24)
    assert np.count_nonzero(corners) == 8 and corners[corners > 0].min() > 6


@pytest.mark.parametrize(
    ("names", "axes"),
    [
        (["background", "left kidney", "right kidney"], "zy"),
        (["Kidney_L", "Kidney_R"], "zy"),
        (["lungLeft", "lungRight"], "zy"),
        (["adrenal-gland-right", "adrenal-gland-left"], "zy"),
        (["leftkidney", "rightkidney"], "zy"),
        (["LKidney", "RKidney"], "zy"),
        (["LV", "RV"], "zy"),
        (["Niere links", "Niere rechts"], "zy"),
        (["background", "right atrium", "liver"], "zyx"),
        (["anterior", "posterior"], "zyx"),
        (["bright", "cleft"], "zyx"),
        ([], "zyx"),
    ],
)
def test_pairs_of_sides_in_the_label_names_guard_left_and_right(names, axes):
    assert mirror_axes(names) == tuple(axes)


@pytest.mark.parametrize("axes", [("x", "x"), ("left",), "x"])
def test_axes_must_be_distinct_names(axes):
    with pytest.raises(ValueError, match="`axes` must .* Received"):
        Flip(0.5, axes)
