"""NIfTI out: canonical voxels back on the grid of a file, bit for bit, with nothing else in it."""

from pathlib import Path

import numpy as np
from isal import igzip
from nibabel.nifti1 import Nifti1Header
from nibabel.nifti2 import Nifti2Header

from kseg.storage import write_bytes
from kseg.volume.forms import kept_forms, put_forms
from kseg.volume.geometry import canonical_axes
from kseg.volume.grid import Grid, StoredGeometry
from kseg.volume.voxels import smallest_unsigned

_GZIP_LEVEL = 2
_IMAGE_DTYPES = ("int16", "float32")


def write_labels(path: str | Path, labels_zyx: np.ndarray, grid: Grid) -> None:
    """Write a mask on the grid of the file that it belongs to, whole or not at all.

    Shape, affine, codes and units are those of the grid, bit for bit. The header is a fresh one:
    no description, name or extension of the scan is carried over, nor what a form that is not in
    use holds beside the one in use. Equal labels on equal grids give equal bytes.

    Args:
        path: path ending in `.nii` or `.nii.gz`, which decides whether it is compressed.
        labels_zyx: (z, y, x) array of integers 0 to 65535 in canonical order.
        grid: Grid of the input.

    Raises:
        ValueError: if the labels are no such integers, or do not have the grid's shape.
        OSError: if the disk is full, or the folder cannot be written to.

    Example:
        >>> import tempfile
        >>> from kseg.volume import make_grid, read_labels
        >>> file = Path(tempfile.mkdtemp()) / "mask.nii.gz"
        >>> grid = make_grid(np.diag([-1.5, -1.5, 3.0, 1.0]), (8, 8, 4))
        >>> write_labels(file, np.full((4, 8, 8), 2), grid)
        >>> int(read_labels(file).voxels.max())
        2
    """
    labels_zyx = np.asarray(labels_zyx)
    if labels_zyx.dtype.kind not in "iub":
        raise ValueError(f"`labels_zyx` must be integers. Received: dtype={labels_zyx.dtype}.")
    low, high = int(labels_zyx.min()), int(labels_zyx.max())
    if low < 0 or high > np.iinfo(np.uint16).max:
        raise ValueError(f"`labels_zyx` must be 0 to 65535. Received: {low} to {high}.")
    _write(Path(path), labels_zyx, smallest_unsigned(high), grid)


def write_image(path: str | Path, voxels_zyx: np.ndarray, grid: Grid) -> None:
    """Write an image of one channel, such as a phantom's, whole or not at all.

    Args:
        path: path ending in `.nii` or `.nii.gz`, which decides whether it is compressed.
        voxels_zyx: (z, y, x) array of int16 or float32 in canonical order.
        grid: Grid to put it on.

    Raises:
        ValueError: if the voxels have another type, or not the grid's shape.
        OSError: if the disk is full, or the folder cannot be written to.

    Example:
        >>> import tempfile
        >>> from kseg.volume import make_grid, read_image
        >>> file = Path(tempfile.mkdtemp()) / "scan.nii.gz"
        >>> grid = make_grid(np.diag([-1.5, -1.5, 3.0, 1.0]), (8, 8, 4))
        >>> write_image(file, np.full((4, 8, 8), -1000, np.int16), grid)
        >>> float(read_image(file).voxels.min())
        -1000.0
    """
    voxels_zyx = np.asarray(voxels_zyx)
    if voxels_zyx.dtype.name not in _IMAGE_DTYPES:
        raise ValueError(
            f"`voxels_zyx` must be int16 or float32. Received: dtype={voxels_zyx.dtype}."
        )
    _write(Path(path), voxels_zyx, voxels_zyx.dtype.type, grid)


def _write(path: Path, array_zyx: np.ndarray, dtype: type[np.generic], grid: Grid) -> None:
    name = path.name.lower()
    if not name.endswith((".nii", ".nii.gz")):
        raise ValueError(f"`path` must end in .nii or .nii.gz. Received: path={path}.")
    content = _encode(array_zyx, np.dtype(dtype).newbyteorder("<"), grid)
    if name.endswith(".gz"):
        # No time and no name go into the gzip header: equal masks are equal files.
        content = igzip.compress(content, _GZIP_LEVEL, mtime=0)
    write_bytes(path, content)


def _encode(array_zyx: np.ndarray, dtype: np.dtype, grid: Grid) -> bytearray:
    head = _fresh_header(grid.stored, grid.shape_xyz, dtype)
    voxels = int(np.prod(grid.shape_xyz))
    content = bytearray(len(head) + voxels * dtype.itemsize)
    content[: len(head)] = head
    stored = np.frombuffer(content, dtype, voxels, len(head)).reshape(grid.shape_xyz[::-1])
    canonical = canonical_axes(grid.affine_mm).view_zyx(stored)
    if array_zyx.shape != canonical.shape:
        raise ValueError(
            f"the array must have the grid's canonical shape {canonical.shape}. "
            f"Received: shape={array_zyx.shape}."
        )
    canonical[...] = array_zyx
    return content


def _fresh_header(geometry: StoredGeometry, shape: tuple[int, int, int], dtype: np.dtype) -> bytes:
    kind = Nifti1Header if geometry.nifti_version == 1 else Nifti2Header
    header = kind(endianness="<")
    header.set_data_dtype(dtype)
    header.set_data_shape(shape)
    field = header.structarr
    field["vox_offset"] = header.single_vox_offset
    field["scl_slope"], field["scl_inter"] = 1, 0
    field["xyzt_units"] = geometry.space_units
    qform, sform = kept_forms(geometry, shape)
    put_forms(field, geometry, qform=qform, sform=sform)
    return header.binaryblock + bytes(header.single_vox_offset - header.sizeof_hdr)
