import numpy as np
import pytest
import tensorflow as tf

from kseg.patches import Augmentation, Flip, nnunet_preset
from kseg.patches.augment.pipeline import augment_patch

KINDS = ("noise", "blur", "brightness", "contrast", "lowres", "gamma")
IMAGE = tf.random.stateless_normal((6, 8, 10, 2), [5, 6])
LABELS = tf.cast(IMAGE[..., 0] > 0, tf.uint8)


def test_no_augmentation_returns_the_patch_itself():
    image, labels = augment_patch(IMAGE, LABELS, Augmentation(), tf.constant(5, tf.int64))
    assert image is IMAGE and labels is LABELS


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_changes_the_image_at_times_and_never_the_labels(kind):
    only = Augmentation(**{kind: getattr(nnunet_preset((6, 8, 10)), kind)})
    run = tf.function(lambda key: augment_patch(IMAGE, LABELS, only, key))
    changed = 0
    for step in range(60):
        image, labels = run(tf.constant(step, tf.int64))
        assert image.shape == IMAGE.shape and np.all(np.isfinite(image))
        np.testing.assert_array_equal(labels, LABELS)
        changed += not np.array_equal(image, IMAGE)
    assert 0 < changed < 45


def test_mirroring_comes_after_the_intensities():
    kinds = {kind: getattr(nnunet_preset((6, 8, 10)), kind) for kind in KINDS}
    seed = tf.constant(3, tf.int64)
    plain, _ = augment_patch(IMAGE, LABELS, Augmentation(**kinds), seed)
    mirrored, _ = augment_patch(IMAGE, LABELS, Augmentation(flip=Flip(1.0), **kinds), seed)
    np.testing.assert_array_equal(mirrored, np.flip(plain.numpy(), (0, 1, 2)))
