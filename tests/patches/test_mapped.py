import numpy as np
import pytest
import tensorflow as tf

from kseg.patches.mapped import MappedVolumes
from tests.patches.cases import random_case


def test_a_foreground_voxel_is_the_row_of_its_own_case(tmp_path):
    cases = [random_case(tmp_path, str(k), (4, 5, 6), seed=k) for k in range(3)]
    voxel = MappedVolumes(cases).foreground_voxel(tf.constant(2), tf.constant(7))
    np.testing.assert_array_equal(voxel, np.load(cases[2].foreground)[7, 1:])


def test_a_cache_file_that_holds_python_objects_is_refused(tmp_path):
    case = random_case(tmp_path, "a", (4, 5, 6))
    volumes = MappedVolumes([case])
    np.save(case.image, np.array([{}], object), allow_pickle=True)
    with pytest.raises(Exception, match="does not hold plain numbers"):
        volumes.read(tf.constant(0), tf.constant([0, 0, 0]), tf.constant([1, 1, 1]))
