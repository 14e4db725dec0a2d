import itertools
from dataclasses import replace

import numpy as np
import pytest
import tensorflow as tf

from kseg.patches import (
    Affine,
    Augmentation,
    Flip,
    PatchSettings,
    PluggedStep,
    make_stream,
    nnunet_preset,
)
from tests.patches.cases import random_case, write_case

SIZE = (8, 10, 12)


def shifted(image, labels, seed):
    """Do what a step of another package might: a draw of its own for each patch."""
    return image + tf.random.stateless_uniform((), seed), labels


EVERYTHING = replace(nnunet_preset(SIZE), plugged=(PluggedStep("shifted", shifted),))
RESIDENT, MAPPED = 10**9, 0


def settings(ram_bytes=RESIDENT, **changes):
    given = dict(size_zyx=SIZE, batch=2, foreground=0.33, seed=11, ram_bytes=ram_bytes)
    return PatchSettings(**(given | changes))


def take(stream, count):
    return [(image.numpy(), labels.numpy()) for image, labels in stream.take(count)]


def assert_same_bits(first, second):
    assert len(first) == len(second)
    for one, other in zip(first, second, strict=True):
        assert all(a.tobytes() == b.tobytes() for a, b in zip(one, other, strict=True))


@pytest.fixture(scope="module")
def cases(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cases")
    shapes = ((8, 10, 12), (15, 9, 20), (1, 30, 11))
    return [
        random_case(folder, f"c{k}", shape, seed=k, channels=2) for k, shape in enumerate(shapes)
    ]


@pytest.fixture(scope="module")
def stream(cases):
    return make_stream(cases, settings(), EVERYTHING)


@pytest.fixture(scope="module")
def first_batches(stream):
    return take(stream, 12)


def test_both_backends_give_the_same_bits(cases, first_batches):
    assert_same_bits(first_batches, take(make_stream(cases, settings(MAPPED), EVERYTHING), 12))


def test_a_stream_restarted_at_a_step_goes_on_with_the_same_bits(cases, first_batches):
    restarted = make_stream(cases, settings(), EVERYTHING, start_step=7, threads=1)
    assert_same_bits(first_batches[7:], take(restarted, 5))


def test_another_seed_gives_other_patches(cases):
    one, other = (
        take(make_stream(cases, settings(seed=seed), Augmentation()), 1)[0][0] for seed in (1, 2)
    )
    assert not np.array_equal(one, other)


def test_shapes_and_types_are_static(stream):
    image, labels = stream.element_spec
    assert image == tf.TensorSpec((2, *SIZE, 2), tf.float32)
    assert labels == tf.TensorSpec((2, *SIZE), tf.uint8)


def test_without_augmentation_a_patch_is_the_stored_crop(tmp_path):
    # Each voxel's value is its place, so that a patch tells where it was cut.
    values = np.arange(9 * 10 * 11).reshape(9, 10, 11)
    case = write_case(tmp_path, "a", values[..., None], values % 3)
    stream = make_stream([case], settings(size_zyx=(4, 5, 6)), Augmentation())
    stored = values.astype(np.float16)
    for image, labels in take(stream, 5):
        for patch, mask in zip(image, labels, strict=True):
            z, y, x = np.unravel_index(int(patch[0, 0, 0, 0]), values.shape)
            place = np.s_[z : z + 4, y : y + 5, x : x + 6]
            np.testing.assert_array_equal(patch[..., 0], stored[place])
            np.testing.assert_array_equal(mask, values[place] % 3)


def test_a_volume_smaller_than_the_patch_is_centred_in_zeros(tmp_path):
    cases, lines = [], []
    for axis, extent in itertools.product(range(3), range(1, 7)):
        shape = [extent if a == axis else 5 for a in range(3)]
        name = len(cases) + 1  # is also the value of all its voxels, so that a patch tells its case
        cases.append(write_case(tmp_path, name, np.full((*shape, 1), name), np.ones(shape)))
        before = max(5 - extent, 0) // 2
        lines.append((axis, np.pad(np.ones(extent), (before, 5))[:5]))
    stream = make_stream(cases, settings(size_zyx=(5, 5, 5), batch=8), Augmentation())
    seen = set()
    for image, labels in take(stream, 15):
        for patch, mask in zip(image[..., 0], labels, strict=True):
            name = int(patch.max())
            axis, line = lines[name - 1]
            others = tuple({0, 1, 2} - {axis})
            np.testing.assert_array_equal(patch.mean(axis=others), name * line)
            np.testing.assert_array_equal(mask, patch > 0)
            seen.add(name)
    assert len(seen) == len(cases)


@pytest.mark.parametrize("shape", [(1, 1, 1), (3, 25, 2), (20, 1, 9)])
def test_rotation_and_scaling_work_on_volumes_of_any_extent(tmp_path, shape):
    case = write_case(tmp_path, "a", np.ones((*shape, 1)), np.ones(shape))
    always = Affine(rotation_probability=1.0, scale_probability=1.0)
    for image, labels in take(make_stream([case], settings(), Augmentation(affine=always)), 4):
        assert image.min() >= 0 and 0 < image.max() <= 1
        assert np.all(image[..., 0][labels == 1] >= 0.5)


def test_labels_follow_the_image_through_rotation_scaling_and_mirroring(tmp_path):
    rng = np.random.default_rng(0)
    labels = np.kron(rng.integers(0, 2, (4, 5, 5)), np.ones((4, 4, 4)))
    case = write_case(tmp_path, "a", labels[..., None], labels)
    always = Augmentation(
        flip=Flip(0.5), affine=Affine(rotation_probability=1.0, scale_probability=1.0)
    )
    for image, mask in take(make_stream([case], settings(), always), 6):
        # With two labels, the heavier one is the one whose mask is interpolated above one half.
        clear = np.abs(image[..., 0] - 0.5) > 1e-5
        np.testing.assert_array_equal(mask[clear], (image[..., 0] > 0.5)[clear])


def test_leaving_one_augmentation_out_leaves_the_others_draws_alone(cases):
    flips = Augmentation(flip=Flip())
    both = Augmentation(flip=Flip(), affine=Affine(rotation_probability=0, scale_probability=0))
    assert_same_bits(
        take(make_stream(cases, settings(), flips), 4),
        take(make_stream(cases, settings(), both), 4),
    )


@pytest.mark.parametrize("change", [{"start_step": -1}, {"threads": 0}])
def test_arguments_out_of_range_are_refused_by_name(cases, change):
    with pytest.raises(ValueError, match=f"`{next(iter(change))}` must .* Received"):
        make_stream(cases, settings(), EVERYTHING, **change)
