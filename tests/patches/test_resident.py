import numpy as np
import tensorflow as tf

from kseg.patches.resident import ResidentVolumes, resident_bytes
from tests.patches.cases import random_case


def test_the_predicted_memory_is_what_the_tensors_take(tmp_path):
    cases = [random_case(tmp_path, str(k), (4, 5 + k, 6), seed=k, channels=2) for k in range(3)]
    held = vars(ResidentVolumes(cases))
    tensors = [held[name] for name in ("_image", "_labels", "_voxels")]
    assert resident_bytes(cases) == sum(t.shape.num_elements() * t.dtype.size for t in tensors)


def test_a_foreground_voxel_is_the_row_of_its_own_case(tmp_path):
    cases = [random_case(tmp_path, str(k), (4, 5, 6), seed=k) for k in range(3)]
    voxel = ResidentVolumes(cases).foreground_voxel(tf.constant(2), tf.constant(7))
    np.testing.assert_array_equal(voxel, np.load(cases[2].foreground)[7, 1:])
