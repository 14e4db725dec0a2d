"""Files in, volumes out, and masks back: the only room that knows how NIfTI orders its axes."""

from kseg.volume.case import read_case
from kseg.volume.findings import Finding, raise_refusals
from kseg.volume.grid import Grid, StoredGeometry, make_grid
from kseg.volume.labels import check_label_values, count_labels
from kseg.volume.names import image_stem
from kseg.volume.nifti import read_grid, read_image, read_labels
from kseg.volume.same_grid import check_label_grid, check_same_grid
from kseg.volume.volume import Volume
from kseg.volume.write import write_image, write_labels

__all__ = [
    "Finding",
    "Grid",
    "StoredGeometry",
    "Volume",
    "check_label_grid",
    "check_label_values",
    "check_same_grid",
    "count_labels",
    "image_stem",
    "make_grid",
    "raise_refusals",
    "read_case",
    "read_grid",
    "read_image",
    "read_labels",
    "write_image",
    "write_labels",
]
