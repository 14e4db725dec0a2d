import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from kseg.preprocess.crop import background_values, box_slices, content_box, full_box


def test_air_of_a_ct_is_background_though_it_is_not_zero():
    voxels = np.full((8, 9, 10, 1), -1024.0, np.float32)
    voxels[2:5, 3:7, 1:9] = 40.0
    assert background_values(voxels) == (-1024.0,)
    assert content_box(voxels, (-1024.0,)) == ((2, 5), (3, 7), (1, 9))


def test_content_at_the_first_and_last_slice_does_not_hide_the_background():
    voxels = np.zeros((20, 30, 30, 1), np.float32)
    voxels[:, 10:20, 8:22] = 5.0
    assert content_box(voxels, background_values(voxels)) == ((0, 20), (10, 20), (8, 22))


def test_noise_has_no_background():
    voxels = np.random.default_rng(0).normal(size=(6, 6, 6, 1)).astype(np.float32)
    assert background_values(voxels) == (None,)
    assert content_box(voxels, (None,)) == full_box((6, 6, 6))


def test_value_on_less_than_half_of_the_faces_is_no_background():
    voxels = np.random.default_rng(0).normal(size=(10, 10, 10, 1)).astype(np.float32)
    voxels[:4] = 0.0
    assert background_values(voxels) == (None,)


def test_box_holds_the_content_of_every_channel():
    voxels = np.zeros((8, 8, 8, 2), np.float32)
    voxels[1, 2, 3, 0] = 1.0
    voxels[5, 4, 6, 1] = 1.0
    assert content_box(voxels, background_values(voxels)) == ((1, 6), (2, 5), (3, 7))


def test_channel_without_background_keeps_the_whole_image():
    voxels = np.zeros((8, 8, 8, 2), np.float32)
    voxels[..., 0] = np.random.default_rng(0).normal(size=(8, 8, 8))
    assert content_box(voxels, background_values(voxels)) == full_box((8, 8, 8))


def test_constant_image_is_kept_whole():
    voxels = np.full((4, 5, 6, 1), 3.0, np.float32)
    assert content_box(voxels, background_values(voxels)) == full_box((4, 5, 6))


def test_picture_of_one_slice_is_not_taken_for_its_own_face():
    voxels = np.full((1, 12, 12, 1), 1.0, np.float32)
    voxels[0, 0], voxels[0, -1], voxels[0, :, 0], voxels[0, :, -1] = 0, 0, 0, 0
    assert background_values(voxels) == (0.0,)
    assert content_box(voxels, (0.0,)) == ((0, 1), (1, 11), (1, 11))


@settings(max_examples=20)
@given(seed=st.integers(0, 1000), fill=st.sampled_from([0.0, -1024.0, 7.5]))
def test_nothing_but_background_is_cut_away(seed, fill):
    generator = np.random.default_rng(seed)
    voxels = np.full((7, 8, 9, 2), fill, np.float32)
    start = generator.integers(0, 5, 3)
    inner = tuple(slice(first, first + 3) for first in start)
    voxels[inner] = generator.normal(size=(3, 3, 3, 2))
    outside = np.ones(voxels.shape[:3], bool)
    outside[box_slices(content_box(voxels, background_values(voxels)))] = False
    assert (voxels[outside] == fill).all()
