"""Which of a header's two forms a mask takes over: the one in use, and one that says the same."""

import numpy as np
from nibabel.nifti1 import Nifti1Header
from nibabel.nifti2 import Nifti2Header
from nibabel.spatialimages import HeaderDataError

from kseg.volume.affine import LARGEST_MOVE_VOXELS
from kseg.volume.geometry import corner_distance_voxels
from kseg.volume.grid import StoredGeometry


def kept_forms(geometry: StoredGeometry, shape_xyz: tuple[int, int, int]) -> tuple[bool, bool]:
    """Decide which forms of a scan's header go into its mask.

    A form whose code is 0 means nothing, so that its 24 or 48 bytes may hold anything, a name as
    well as numbers. It is kept only where it says what the other form says, as most tools write it.

    Args:
        geometry: StoredGeometry of the scan.
        shape_xyz: 3 ints, voxels along the file's axes.

    Returns:
        2 bools: whether the qform is kept, and whether the sform is.

    Example:
        >>> from kseg.volume.grid import make_grid
        >>> grid = make_grid(np.diag([1.5, 1.5, 3, 1]), (64, 64, 20))
        >>> kept_forms(grid.stored, grid.shape_xyz)
        (True, True)
    """
    used = geometry.qform_code > 0, geometry.sform_code > 0
    if all(used):
        return used
    agree = _say_the_same(geometry, shape_xyz)
    return used[0] or agree, used[1] or agree


def _say_the_same(geometry: StoredGeometry, shape_xyz: tuple[int, int, int]) -> bool:
    kind = Nifti1Header if geometry.nifti_version == 1 else Nifti2Header
    header = kind()
    put_forms(header.structarr, geometry)
    spacing = header.structarr["pixdim"]
    spacing[0] = -1 if spacing[0] < 0 else 1
    # Numbers that are texts may be enormous, or none at all.
    with np.errstate(all="ignore"):
        try:
            qform, sform = header.get_qform(), header.get_sform()
            return corner_distance_voxels(sform, qform, shape_xyz) <= LARGEST_MOVE_VOXELS
        except (ValueError, HeaderDataError, np.linalg.LinAlgError):
            return False


def put_forms(
    field: np.ndarray, geometry: StoredGeometry, *, qform: bool = True, sform: bool = True
) -> None:
    """Put the geometry of a scan into a fresh header, bit for bit.

    Args:
        field: structured array of the header.
        geometry: StoredGeometry.
        qform: bool, whether the quaternion and its offset are put in.
        sform: bool, whether the sform is.
    """
    field["qform_code"], field["sform_code"] = geometry.qform_code, geometry.sform_code
    field["pixdim"][:4] = geometry.qfac_and_spacing
    if qform:
        for letter, value in zip("bcd", geometry.quatern_bcd, strict=True):
            field[f"quatern_{letter}"] = value
        for letter, value in zip("xyz", geometry.qoffset_xyz, strict=True):
            field[f"qoffset_{letter}"] = value
    if sform:
        for letter, row in zip("xyz", geometry.srow, strict=True):
            field[f"srow_{letter}"] = row
