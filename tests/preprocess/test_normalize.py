import numpy as np
import pytest

from kseg.preprocess.normalize import ChannelScaling, normalize


def brain():
    voxels = np.zeros((8, 8, 8, 1), np.float32)
    voxels[2:6, 2:6, 2:6, 0] = np.random.default_rng(0).normal(100, 20, (4, 4, 4))
    return voxels


def test_fixed_scaling_is_the_same_function_for_each_image():
    scaling = ChannelScaling("fixed", clip_low=-50.0, clip_high=150.0, mean=50.0, std=25.0)
    values = np.array([-1000, -50, 50, 75, 3000], np.float32).reshape(1, 1, 5, 1)
    normalize(values, (scaling,), (None,))
    assert values.ravel().tolist() == [-4, -4, 0, 1, 4]


def test_per_image_scaling_looks_at_the_voxels_inside_the_background():
    voxels = brain()
    inside = voxels[voxels != 0]
    expected = (voxels - inside.mean()) / inside.std()
    normalize(voxels, (ChannelScaling("per_image"),), (0.0,))
    np.testing.assert_allclose(voxels, expected, atol=1e-4)
    assert voxels[2:6, 2:6, 2:6].mean() == pytest.approx(0, abs=1e-5)
    assert voxels[2:6, 2:6, 2:6].std() == pytest.approx(1, abs=1e-5)


def test_per_image_scaling_without_background_looks_at_all_voxels():
    voxels = np.random.default_rng(0).normal(1e4, 3.0, (9, 9, 9, 1)).astype(np.float32)
    normalize(voxels, (ChannelScaling("per_image"),), (None,))
    assert voxels.mean() == pytest.approx(0, abs=1e-3)
    assert voxels.std() == pytest.approx(1, abs=1e-3)


def test_per_image_clipping_uses_the_image_s_own_percentiles():
    voxels = np.arange(101, dtype=np.float32).reshape(1, 1, 101, 1)
    normalize(voxels, (ChannelScaling("none", clip_percentiles=(10.0, 90.0)),), (None,))
    assert (voxels.min(), voxels.max()) == (10.0, 90.0)


def test_scale_none_without_limits_changes_nothing():
    voxels = brain()
    before = voxels.copy()
    assert normalize(voxels, (ChannelScaling("none"),), (0.0,)) == ()
    np.testing.assert_array_equal(voxels, before)


@pytest.mark.parametrize("value", [0.0, 0.1, -1e6])
def test_c10_constant_channel_becomes_zero_and_is_named(value):
    voxels = np.full((4, 4, 4, 2), value, np.float32)
    voxels[..., 1] = np.random.default_rng(0).normal(size=(4, 4, 4))
    scaling = ChannelScaling("per_image")
    assert normalize(voxels, (scaling, scaling), (value, None)) == (0,)
    assert (voxels[..., 0] == 0).all()
    assert np.isfinite(voxels).all()


def test_fixed_scaling_with_no_spread_stays_finite():
    voxels = np.full((2, 2, 2, 1), 5.0, np.float32)
    normalize(voxels, (ChannelScaling("fixed", mean=5.0, std=0.0),), (None,))
    assert (voxels == 0).all()


@pytest.mark.parametrize(
    "arguments",
    [
        {"kind": "zscore"},
        {"kind": "fixed"},
        {"kind": "fixed", "mean": 0.0, "std": -1.0},
        {"kind": "fixed", "mean": float("nan"), "std": 1.0},
        {"kind": "none", "clip_low": 5.0, "clip_high": -5.0},
        {"kind": "none", "clip_low": 5.0},
        {"kind": "none", "clip_percentiles": (99.0, 1.0)},
    ],
)
def test_impossible_scalings_are_refused(arguments):
    with pytest.raises(ValueError, match="must"):
        ChannelScaling(**arguments)


def test_wrong_number_of_channels_is_refused():
    with pytest.raises(ValueError, match="one channel for each"):
        normalize(np.zeros((2, 2, 2, 2), np.float32), (ChannelScaling("none"),), (None,))
