import numpy as np
import pytest
import tensorflow as tf

from kseg.patches.crop import read_box
from kseg.patches.mapped import MappedVolumes
from kseg.patches.resident import ResidentVolumes
from tests.patches.cases import random_case


@pytest.mark.parametrize("backend", [ResidentVolumes, MappedVolumes])
@pytest.mark.parametrize(
    ("low", "size"), [((1, 1, 1), (2, 3, 4)), ((-2, 0, -1), (9, 4, 9)), ((3, 4, 5), (4, 4, 4))]
)
def test_a_box_is_the_padded_volume_sliced(tmp_path, backend, low, size):
    cases = [random_case(tmp_path, f"{k}", (4, 5, 6 + k), seed=k, channels=2) for k in range(2)]
    image, labels = np.load(cases[1].image), np.load(cases[1].labels)
    place = tuple(slice(10 + b, 10 + b + n) for b, n in zip(low, size, strict=True))
    got = read_box(
        backend(cases), 1, tf.constant(cases[1].shape_zyx), tf.constant(low), tf.constant(size)
    )
    wide = np.pad(image.astype(np.float32), [(10, 10)] * 3 + [(0, 0)])
    np.testing.assert_array_equal(got[0], wide[place])
    np.testing.assert_array_equal(got[1], np.pad(labels, 10)[place])
    assert got[0].dtype == tf.float32 and got[1].dtype == tf.uint8
