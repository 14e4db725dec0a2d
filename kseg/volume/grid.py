"""The grid of voxels as a file stores it: all that is needed to write a mask back on it."""

from dataclasses import dataclass

import numpy as np
from nibabel.nifti1 import Nifti1Header

from kseg.volume.findings import Finding

MILLIMETRES = 2  # NIfTI's code in the spatial part of xyzt_units


@dataclass(frozen=True, eq=False)
class StoredGeometry:
    """The geometry fields of a NIfTI header, never touched, so that a mask gets the same bits.

    Args:
        nifti_version: int, 1 or 2. Version 1 holds float32, version 2 float64.
        qform_code: int.
        sform_code: int.
        qfac_and_spacing: (4,) array, `pixdim[0:4]`.
        quatern_bcd: (3,) array.
        qoffset_xyz: (3,) array.
        srow: (3, 4) array, the rows of the sform.
        space_units: int, the spatial part of `xyzt_units`.
    """

    nifti_version: int
    qform_code: int
    sform_code: int
    qfac_and_spacing: np.ndarray
    quatern_bcd: np.ndarray
    qoffset_xyz: np.ndarray
    srow: np.ndarray
    space_units: int


@dataclass(frozen=True, eq=False)
class Grid:
    """The stored grid of a file.

    Args:
        shape_xyz: 3 ints, voxels along the file's own axes.
        affine: (4, 4) float64 array, (i, j, k, 1) of the file -> what other tools read as RAS mm.
        affine_mm: (4, 4) float64 array, the same in true mm and without shear: what kseg uses.
        stored: StoredGeometry, the header's fields bit for bit.
        channels: int, number of channels in the file.
        findings: tuple of Finding, what the header's checks had to say.
    """

    shape_xyz: tuple[int, int, int]
    affine: np.ndarray
    affine_mm: np.ndarray
    stored: StoredGeometry
    channels: int = 1
    findings: tuple[Finding, ...] = ()


def make_grid(affine: np.ndarray, shape_xyz: tuple[int, int, int]) -> Grid:
    """Return a grid for an image that does not come from a file, such as a phantom.

    Args:
        affine: (4, 4) array, (i, j, k, 1) of the file to be -> RAS mm, without shear.
        shape_xyz: 3 ints, voxels along the file's axes.

    Returns:
        Grid of NIfTI-1 with both codes 1 (scanner) and units of mm. Its affine is the one given,
        rounded to the float32 that the header holds.

    Raises:
        ValueError: if `affine` is not 4 by 4, or is singular.

    Example:
        >>> make_grid(np.diag([1.5, 1.5, 3, 1]), (64, 64, 20)).affine[2, 2]
        np.float64(3.0)
    """
    affine = np.asarray(affine, np.float64)
    if affine.shape != (4, 4) or not abs(np.linalg.det(affine)) > 0:
        raise ValueError(f"`affine` must be 4 by 4 and invertible. Received: affine={affine}.")
    header = Nifti1Header()
    header.set_data_shape(shape_xyz)
    header.set_sform(affine, code=1)
    header.set_qform(affine, code=1)
    header.set_xyzt_units(MILLIMETRES)
    rounded = header.get_sform()
    return Grid(
        shape_xyz=tuple(int(n) for n in shape_xyz),
        affine=rounded,
        affine_mm=rounded.copy(),
        stored=stored_geometry(header, nifti_version=1),
    )


def stored_geometry(header: Nifti1Header, nifti_version: int) -> StoredGeometry:
    """Copy the geometry fields out of a header.

    Args:
        header: nibabel header of NIfTI-1 or, as its subclass, NIfTI-2.
        nifti_version: int, 1 or 2.

    Returns:
        StoredGeometry in the machine's byte order.
    """
    kind = np.float32 if nifti_version == 1 else np.float64
    field = header.structarr
    quatern = [field["quatern_b"], field["quatern_c"], field["quatern_d"]]
    offset = [field["qoffset_x"], field["qoffset_y"], field["qoffset_z"]]
    srow = [field["srow_x"], field["srow_y"], field["srow_z"]]
    return StoredGeometry(
        nifti_version=nifti_version,
        qform_code=int(field["qform_code"]),
        sform_code=int(field["sform_code"]),
        qfac_and_spacing=field["pixdim"][:4].astype(kind),
        quatern_bcd=np.array(quatern, kind),
        qoffset_xyz=np.array(offset, kind),
        srow=np.array(srow, kind),
        space_units=int(field["xyzt_units"]) & 7,
    )
