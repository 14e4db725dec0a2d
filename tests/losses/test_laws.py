"""Laws that hold for whatever labels and logits."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.losses.every import (
    BY_CLASS,
    BY_OVERLAP,
    IGNORED,
    REGIONS,
    WEIGHTS,
    every_loss,
    is_plain,
    voxels,
)

some = settings(max_examples=5)
seeds = st.integers(0, 2**32 - 1)


def values(kind, arguments, labels, logits):
    return np.array(kind(**arguments, reduction=None)(labels, logits))


@every_loss()
@some
@given(seed=seeds)
def test_the_order_of_voxels_does_not_matter(kind, expected, settings, seed):
    labels, logits = voxels(settings, (2, 12), seed=seed)
    order = np.random.default_rng(seed).permutation(12)
    first = values(kind, settings, labels, logits)
    again = values(kind, settings, labels[:, order], logits[:, order])
    np.testing.assert_allclose(again, first, rtol=1e-5, atol=1e-6)


@every_loss()
@some
@given(seed=seeds)
def test_cases_keep_their_values_in_another_order(kind, expected, settings, seed):
    labels, logits = voxels(settings, (4, 6), seed=seed)
    order = np.random.default_rng(seed).permutation(4)
    first = values(kind, settings, labels, logits)
    again = values(kind, settings, labels[order], logits[order])
    np.testing.assert_allclose(again, first[order], rtol=1e-5, atol=1e-6)


@some
@given(seed=seeds, weights=st.lists(st.floats(0.1, 10), min_size=3, max_size=3))
def test_classes_may_change_places_with_their_weights(seed, weights):
    labels, logits = voxels({}, (2, 12), seed=seed)
    order = np.random.default_rng(seed).permutation(3)
    arguments = [{"class_weights": weights}] * len(BY_CLASS) + [{"background": True}] * 2
    for (kind, _), given_arguments in zip(BY_CLASS + BY_OVERLAP, arguments, strict=True):
        moved = dict(given_arguments)
        if "class_weights" in moved:
            moved["class_weights"] = [weights[k] for k in order]
        first = values(kind, given_arguments, labels, logits)
        again = values(kind, moved, np.argsort(order)[labels], logits[..., order])
        np.testing.assert_allclose(again, first, rtol=1e-5, atol=1e-6)


@every_loss(keep=lambda kind, settings: "regions" in settings)
@some
@given(seed=seeds)
def test_regions_may_change_places_with_their_weights(kind, expected, settings, seed):
    labels, logits = voxels(settings, (2, 12), seed=seed)
    order = np.random.default_rng(seed).permutation(3)
    moved = settings | {"regions": [REGIONS[k] for k in order]}
    if "region_weights" in settings:
        moved["region_weights"] = [settings["region_weights"][k] for k in order]
    first = values(kind, settings, labels, logits)
    again = values(kind, moved, labels, logits[..., order])
    np.testing.assert_allclose(again, first, rtol=1e-5, atol=1e-6)


@every_loss(keep=lambda kind, settings: WEIGHTS in settings.values())
@some
@given(seed=seeds, factor=st.floats(0.01, 100))
def test_the_loss_grows_with_its_weights(kind, expected, settings, seed, factor):
    key = "region_weights" if "regions" in settings else "class_weights"
    labels, logits = voxels(settings, (2, 12), seed=seed)
    grown = settings | {key: [factor * weight for weight in settings[key]]}
    first = values(kind, settings, labels, logits)
    again = values(kind, grown, labels, logits)
    np.testing.assert_allclose(again, factor * first, rtol=1e-5, atol=1e-6)


@every_loss(keep=is_plain)
@some
@given(seed=seeds)
def test_ignored_voxels_may_hold_anything(kind, expected, settings, seed):
    settings = settings | IGNORED
    labels, logits = voxels(settings, (2, 12), seed=seed)
    first = values(kind, settings, labels, logits)
    logits[labels == 255] += np.random.default_rng(seed).normal(scale=50)
    np.testing.assert_array_equal(values(kind, settings, labels, logits), first)
