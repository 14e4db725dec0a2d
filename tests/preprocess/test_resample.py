import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from kseg.preprocess.resample import resample, resample_labels


def scan(shape, seed=0):
    noise = np.random.default_rng(seed).normal(size=shape)
    return (400 * ndimage.gaussian_filter(noise, 1.0) + 40).astype(np.float32)


def zoomed(volume, shape, order):
    factors = [new / old for old, new in zip(volume.shape, shape)]
    return ndimage.zoom(
        volume.astype(np.float64), factors, order=order, mode="nearest", grid_mode=True
    )


@pytest.mark.parametrize("order", [0, 1, 3])
@pytest.mark.parametrize("shape", [(20, 31, 26), (9, 40, 13), (3, 50, 2), (1, 19, 24)])
def test_image_equals_scipy_zoom(order, shape):
    volume = scan((12, 25, 20))
    ours = resample(volume[..., None], shape, (order,) * 3)[..., 0]
    expected = zoomed(volume, shape, order)
    assert ours.dtype == np.float32
    assert np.abs(ours - expected).max() < 1e-3 * np.abs(expected).max()


@settings(max_examples=25)
@given(
    old=st.tuples(*[st.integers(1, 12)] * 3),
    new=st.tuples(*[st.integers(1, 12)] * 3),
    order=st.sampled_from([0, 1, 3]),
)
def test_constant_image_stays_constant_at_any_size(old, new, order):
    resampled = resample(np.full((*old, 1), 7.0, np.float32), new, (order,) * 3)
    assert resampled.shape == (*new, 1)
    np.testing.assert_allclose(resampled, 7.0, rtol=1e-5)


def test_each_axis_may_have_its_own_order():
    volume = scan((6, 10, 10))
    in_plane = np.stack([zoomed(plane, (15, 14), 3) for plane in volume])
    expected = zoomed(in_plane, (11, 15, 14), 0)
    ours = resample(volume[..., None], (11, 15, 14), (0, 3, 3))[..., 0]
    np.testing.assert_allclose(ours, expected, atol=1e-3 * np.abs(expected).max())


def test_channels_do_not_mix():
    volume = np.stack([scan((6, 7, 8), seed) for seed in range(3)], axis=-1)
    together = resample(volume, (9, 5, 8))
    for channel in range(3):
        alone = resample(volume[..., channel, None], (9, 5, 8))
        np.testing.assert_array_equal(together[..., channel], alone[..., 0])


def test_centre_of_mass_stays_where_it_was_in_mm():
    grid = np.indices((20, 24, 28)) + 0.5
    centre = np.array([8.3, 13.1, 12.2]).reshape(3, 1, 1, 1)
    blob = np.exp(-((grid - centre) ** 2).sum(axis=0) / 18).astype(np.float32)
    new = resample(blob[..., None], (33, 16, 40))[..., 0]
    for axis, (old_count, new_count) in enumerate(zip(blob.shape, new.shape)):
        other = tuple(set(range(3)) - {axis})
        profile = new.sum(axis=other)
        place = (profile * (np.arange(new_count) + 0.5)).sum() / profile.sum()
        expected = blob.sum(axis=other)
        expected = (expected * (np.arange(old_count) + 0.5)).sum() / expected.sum()
        assert place * old_count / new_count == pytest.approx(expected, abs=0.05)


def test_same_shape_returns_the_same_voxels():
    volume = scan((4, 5, 6))[..., None]
    assert resample(volume, (4, 5, 6)) is volume


def test_array_without_channel_axis_is_refused():
    with pytest.raises(ValueError, match="must have axes"):
        resample(np.zeros((3, 3, 3), np.float32), (3, 3, 3))


def test_unknown_order_is_refused():
    with pytest.raises(ValueError, match="0, 1 or 3"):
        resample(np.zeros((3, 3, 3, 1), np.float32), (4, 3, 3), (2, 2, 2))


def one_hot_shares(labels, shape, values):
    return np.stack([zoomed((labels == value).astype(float), shape, 1) for value in values])


@pytest.mark.parametrize("shape", [(17, 30, 21), (7, 12, 10), (12, 50, 8)])
def test_labels_equal_argmax_of_linear_one_hot(shape):
    labels = np.zeros((12, 24, 20), np.uint8)
    labels[2:9, 3:15, 4:12] = 1
    labels[5:11, 10:22, 8:19] = 4
    labels[6, 12:14, 10:13] = 9
    values = np.array([0, 1, 4, 9])
    shares = one_hot_shares(labels, shape, values)
    ours = resample_labels(labels, shape)
    ranked = np.sort(shares, axis=0)
    clear = ranked[-1] - ranked[-2] > 1e-5
    assert clear.mean() > 0.9
    assert ours.dtype == labels.dtype
    np.testing.assert_array_equal(ours[clear], values[shares.argmax(axis=0)][clear])


def test_labels_take_the_nearest_slice_along_a_coarse_axis():
    labels = np.zeros((3, 4, 4), np.uint8)
    labels[1] = 2
    resampled = resample_labels(labels, (6, 4, 4), (0, 1, 1))
    assert resampled[:, 0, 0].tolist() == [0, 0, 2, 2, 0, 0]


@settings(max_examples=25)
@given(seed=st.integers(0, 1000), new=st.tuples(*[st.integers(1, 14)] * 3))
def test_labels_never_invent_a_value(seed, new):
    labels = np.random.default_rng(seed).choice([0, 3, 300], size=(5, 6, 7)).astype(np.uint16)
    resampled = resample_labels(labels, new)
    assert resampled.shape == new
    assert set(np.unique(resampled)) <= {0, 3, 300}


def test_empty_mask_stays_empty():
    assert not resample_labels(np.zeros((4, 4, 4), np.uint8), (7, 3, 5)).any()


def test_full_mask_stays_full():
    assert (resample_labels(np.full((4, 5, 6), 3, np.uint8), (7, 3, 11)) == 3).all()
