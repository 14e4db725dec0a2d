import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from kseg.patches.mapped import MappedVolumes
from kseg.patches.sample import PatchSettings, cases_of_step, draw_patch, forced_count
from kseg.patches.sample import _origin_range as origin_range
from kseg.patches.tables import read_tables
from tests.patches.cases import random_case, write_case


def patch_settings(**changes):
    given = dict(size_zyx=(4, 5, 6), batch=2, foreground=0.5, seed=3, ram_bytes=0)
    return PatchSettings(**(given | changes))


def draws(cases, settings, steps):
    tables, volumes = read_tables(cases), MappedVolumes(cases)
    draw = tf.function(
        lambda step, k: draw_patch(tables, volumes, settings, step, k)[:2], autograph=False
    )
    numbers = [(step, k) for step in range(steps) for k in range(settings.batch)]
    drawn = [draw(*map(tf.constant, np.array(pair, np.int64))) for pair in numbers]
    return [(int(case), origin.numpy()) for case, origin in drawn]


@pytest.mark.parametrize(
    "change",
    [
        {"size_zyx": (4, 0, 4)},
        {"batch": 0},
        {"foreground": 1.5},
        {"seed": 2**63},
        {"ram_bytes": -1},
    ],
)
def test_settings_out_of_range_are_refused_by_name(change):
    with pytest.raises(ValueError, match=f"`{next(iter(change))}` must .* Received"):
        patch_settings(**change)


@pytest.mark.parametrize(("batch", "share"), [(2, 0.33), (3, 0.5), (5, 0.9), (1, 0.0), (4, 1.0)])
def test_the_expected_share_of_forced_patches_is_exact(batch, share):
    settings = patch_settings(batch=batch, foreground=share)
    count = tf.function(lambda step: forced_count(settings, step))
    counts = [int(count(tf.constant(step, tf.int64))) for step in range(400)]
    whole = int(batch * share)
    assert set(counts) <= {whole, whole + 1}
    assert abs(np.mean(counts) / batch - share) < 4 * 0.5 / np.sqrt(400) / batch + 1e-9


def test_forced_patches_are_centred_on_a_voxel_of_each_present_class(tmp_path):
    labels = np.zeros((30, 30, 30))
    labels[10, 11, 12], labels[20, 19, 18] = 1, 3
    case = write_case(tmp_path, "a", labels[..., None], labels)
    found = draws([case], patch_settings(batch=4, foreground=1.0), 10)
    centres = [tuple(origin + (2, 2, 3)) for _, origin in found]
    assert set(centres) == {(10, 11, 12), (20, 19, 18)}
    assert 8 < centres.count((10, 11, 12)) < 32


def test_forced_patches_near_a_border_stay_inside_at_both_ends(tmp_path):
    labels = np.zeros((9, 9, 9))
    labels[0, 0, 0] = labels[8, 8, 8] = 1
    case = write_case(tmp_path, "a", labels[..., None], labels)
    origins = {tuple(o) for _, o in draws([case], patch_settings(foreground=1.0), 10)}
    assert origins == {(0, 0, 0), (5, 4, 3)}


def test_a_forced_patch_of_a_case_without_foreground_lies_anywhere(tmp_path):
    case = write_case(tmp_path, "a", np.ones((8, 8, 8, 1)), np.zeros((8, 8, 8)))
    origins = np.array([o for _, o in draws([case], patch_settings(foreground=1.0), 40)])
    assert origins.min(0).tolist() == [0, 0, 0]
    assert origins.max(0).tolist() == [4, 3, 2]


def test_every_case_and_every_origin_comes_up_equally_often(tmp_path):
    cases = [random_case(tmp_path, str(k), (6, 5, 6), seed=k) for k in range(3)]
    found = draws(cases, patch_settings(foreground=0.0, batch=3), 100)
    assert all(70 < count < 130 for count in np.bincount([case for case, _ in found]))
    assert all(70 < count < 130 for count in np.bincount([origin[0] for _, origin in found]))


@settings(max_examples=50)
@given(st.integers(1, 12), st.integers(1, 12))
def test_the_volume_lies_in_the_middle_of_a_patch_that_is_larger(extent, size):
    low, high = (int(v[0]) for v in origin_range(tf.constant([extent] * 3), (size,) * 3))
    if extent >= size:
        assert (low, high) == (0, extent - size)
    else:
        before, after = -low, size - extent + low
        assert low == high and after - before in (0, 1)


def test_the_cases_of_a_step_are_those_that_the_stream_draws(tmp_path):
    cases = [random_case(tmp_path, f"case_{k}", (6, 6, 6), seed=k) for k in range(5)]
    settings = patch_settings(batch=3)
    found = [cases[case].id for case, _ in draws(cases, settings, 6)]
    named = [name for step in range(6) for name in cases_of_step(cases, settings, step)]
    assert found == named
