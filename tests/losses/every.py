"""One of each kind of loss, with its reference in NumPy."""

import numpy as np
import pytest

from kseg.losses.cross_entropy import WeightedCrossEntropy
from kseg.losses.dice import SoftDice
from kseg.losses.focal import FocalCrossEntropy
from kseg.losses.region_cross_entropy import RegionCrossEntropy
from kseg.losses.top_k import TopKCrossEntropy
from kseg.losses.tversky import Tversky
from tests.losses import reference

WEIGHTS = [0.5, 2.0, 1.0]
REGIONS = [[1, 2], [2], [1, 3]]
IGNORED = {"ignore_label": 255}
BY_CLASS = [
    (WeightedCrossEntropy, reference.cross_entropy),
    (FocalCrossEntropy, reference.focal),
    (TopKCrossEntropy, reference.top_k),
]
BY_OVERLAP = [(SoftDice, reference.soft_dice), (Tversky, reference.tversky)]
KINDS = [
    *[
        (*kind, settings)
        for kind in BY_CLASS
        for settings in (
            {},
            {"class_weights": WEIGHTS},
            {"class_weights": "batch"},
            {"class_weights": WEIGHTS, **IGNORED},
            {"class_weights": "batch", "ignore_label": 1},
        )
    ],
    (FocalCrossEntropy, reference.focal, {"gamma": 0.5}),
    (FocalCrossEntropy, reference.focal, {"gamma": 0.0, "class_weights": "batch", **IGNORED}),
    (TopKCrossEntropy, reference.top_k, {"share": 0.5, **IGNORED}),
    (TopKCrossEntropy, reference.top_k, {"share": 1.0, "class_weights": WEIGHTS}),
    *[
        (*kind, settings)
        for kind in BY_OVERLAP
        for settings in (
            {},
            {"background": True, "smooth": 1e-5},
            {"per": "batch", "background": True, **IGNORED},
            {"ignore_label": 1, "smooth": 0.1},
            {"regions": REGIONS},
            {"regions": REGIONS, "per": "batch", "smooth": 0.1, **IGNORED},
        )
    ],
    (Tversky, reference.tversky, {"alpha": 0.0, "beta": 2.0}),
    (Tversky, reference.tversky, {"alpha": 2.0, "beta": 0.0, "background": True}),
    (Tversky, reference.tversky, {"gamma": 4 / 3, "per": "batch"}),
    (Tversky, reference.tversky, {"gamma": 0.5, "regions": REGIONS, **IGNORED}),
    (RegionCrossEntropy, reference.region_cross_entropy, {"regions": REGIONS}),
    (
        RegionCrossEntropy,
        reference.region_cross_entropy,
        {"regions": REGIONS, "region_weights": WEIGHTS, **IGNORED},
    ),
]


def every_loss(*, keep=lambda kind, settings: True):
    """Parametrize a test over `kind`, `expected` and `settings`."""
    chosen = [(kind, f, settings) for kind, f, settings in KINDS if keep(kind, settings)]
    names = [f"{kind.__name__}-{settings}" for kind, _, settings in chosen]
    return pytest.mark.parametrize(("kind", "expected", "settings"), chosen, ids=names)


def is_plain(kind, settings):
    """Tell whether nothing but regions or an ignored label is set."""
    return settings.items() <= (IGNORED | {"regions": REGIONS}).items()


def voxels(settings, shape=(2, 2, 3, 2), classes=3, seed=0, ignored=0.3):
    """Labels that the settings know, and float64 logits."""
    generator = np.random.default_rng(seed)
    labels = generator.integers(0, 4 if "regions" in settings else classes, shape)
    if "ignore_label" in settings:
        labels[generator.random(shape) < ignored] = settings["ignore_label"]
    return labels, generator.normal(size=(*shape, classes), scale=2)
