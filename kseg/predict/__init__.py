"""Volumes in, masks out: sliding windows, blending and the way back to the scan's grid."""

from kseg.predict.components import keep_largest_component
from kseg.predict.predictor import Predictor, WindowSettings
from kseg.predict.restore import restore_labels
from kseg.predict.window import batches, importance_map, window_origins, window_starts

__all__ = [
    "Predictor",
    "WindowSettings",
    "batches",
    "importance_map",
    "keep_largest_component",
    "restore_labels",
    "window_origins",
    "window_starts",
]
