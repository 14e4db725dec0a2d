import numpy as np
import pytest
import tensorflow as tf

from kseg.patches import Augmentation, Flip
from kseg.patches.augment.pipeline import augment_patch
from kseg.patches.augment.plugged import PluggedStep, step_faults

GENERATOR = np.random.default_rng(0)
IMAGE = GENERATOR.normal(size=(4, 5, 6, 2)).astype(np.float32)
LABELS = GENERATOR.integers(0, 3, (4, 5, 6)).astype(np.uint8)


def faults(function):
    return list(step_faults(PluggedStep("theirs", function), IMAGE, LABELS))


def shift(image, labels, seed):
    return image + tf.random.stateless_uniform((), seed), labels


def test_a_pure_step_keeps_the_contract():
    assert faults(shift) == []


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (lambda image, labels, seed: image, "must return image and labels"),
        (lambda image, labels, seed: (image[1:], labels), "must return image of float32 and shape"),
        (lambda image, labels, seed: (image, tf.cast(labels, tf.int32)), "must return labels of"),
        (lambda image, labels, seed: (image, labels + 5), r"labels .* not hold. Received: \[5, 6,"),
        (lambda image, labels, seed: (image / 0.0, labels), "keep the image finite"),
        (lambda image, labels, seed: (image + tf.random.normal(()), labels), "StandardNormal"),
        (
            lambda image, labels, seed: (
                tf.cond(image[0, 0, 0, 0] > 9, lambda: image, lambda: image * tf.random.normal(())),
                labels,
            ),
            "RandomStandardNormal",
        ),
        (
            lambda image, labels, seed: (image + GENERATOR.normal(), labels),
            "whenever it is traced",
        ),
        (
            lambda image, labels, seed: (image if image[0, 0, 0, 0] > 0 else -image, labels),
            "cannot be traced",
        ),
    ],
)  # fmt: skip
def test_each_broken_rule_is_told(function, said):
    (fault,) = faults(function)
    with pytest.raises(ValueError, match=said):
        raise ValueError(fault)


def test_steps_come_last_in_their_order_each_with_a_seed_of_its_own():
    seen = []

    def note(image, labels, seed):
        seen.append(seed.numpy().tolist())
        return image + 1.0, labels

    def double(image, labels, seed):
        seen.append(seed.numpy().tolist())
        return 2.0 * image, labels

    steps = (PluggedStep("note", note), PluggedStep("double", double))
    key = tf.constant(7, tf.int64)
    image, _ = augment_patch(IMAGE, LABELS, Augmentation(Flip(1.0), plugged=steps), key)
    np.testing.assert_allclose(image, 2.0 * (np.flip(IMAGE, (0, 1, 2)) + 1.0), rtol=1e-6)
    assert seen == [[7, 1000], [7, 1001]]
