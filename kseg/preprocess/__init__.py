"""Turn scans into network units on one grid, and keep them on disk."""

from kseg.preprocess.cache import build_cache, foreground_voxels, prune_cache
from kseg.preprocess.cache_entry import CachedCase
from kseg.preprocess.crop import Box, background_values, box_slices, content_box, full_box
from kseg.preprocess.fingerprint import ChannelStatistics, Fingerprint, measure_fingerprint
from kseg.preprocess.grid import anisotropic_axis, interpolation_orders, target_shape
from kseg.preprocess.normalize import ChannelScaling, normalize
from kseg.preprocess.plan import IntensityRule, PreprocessPlan, make_plan, median_spacing
from kseg.preprocess.prepare import Prepared, prepare
from kseg.preprocess.resample import resample, resample_labels

__all__ = [
    "Box",
    "CachedCase",
    "ChannelScaling",
    "ChannelStatistics",
    "Fingerprint",
    "IntensityRule",
    "Prepared",
    "PreprocessPlan",
    "anisotropic_axis",
    "background_values",
    "box_slices",
    "build_cache",
    "content_box",
    "foreground_voxels",
    "full_box",
    "interpolation_orders",
    "make_plan",
    "measure_fingerprint",
    "median_spacing",
    "normalize",
    "prepare",
    "prune_cache",
    "resample",
    "resample_labels",
    "target_shape",
]
