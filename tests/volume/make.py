"""NIfTI files made by nibabel and by hand, good ones and broken ones, for the tests beside."""

import gzip
import itertools
from pathlib import Path

import nibabel as nib
import numpy as np

SHAPE_XYZ = (6, 5, 4)
SPACING_XYZ = (0.8, 1.5, 3.0)

ALL_ORIENTATIONS = [
    "".join(letters)
    for pairs in itertools.permutations(("LR", "PA", "IS"))
    for letters in itertools.product(*pairs)
]


def affine_of(code="LPS", spacing=SPACING_XYZ, tilt_degrees=0.0, origin=(-31.7, 12.3, 455.1)):
    """Affine of an axis code by nibabel's own tables, with an optional tilt about world x."""
    start = nib.orientations.axcodes2ornt("RAS")
    turn = nib.orientations.ornt_transform(start, nib.orientations.axcodes2ornt(code))
    direction = np.zeros((3, 3))
    for world, (axis, sign) in enumerate(turn):
        direction[world, int(axis)] = sign
    c, s = np.cos(np.radians(tilt_degrees)), np.sin(np.radians(tilt_degrees))
    affine = np.eye(4)
    affine[:3, :3] = np.array([[1, 0, 0], [0, c, -s], [0, s, c]]) @ direction * spacing
    affine[:3, 3] = origin
    return affine


def ramp(shape=SHAPE_XYZ, dtype=np.int16):
    """Voxels that are all different, so that any mix-up of axes shows."""
    return (np.arange(np.prod(shape)) % 251).reshape(shape).astype(dtype)


def nifti_bytes(
    array=None, affine=None, *, version=1, endian="<", qform=1, sform=1, units=2, **fields
):
    """Bytes of a plain NIfTI file; `fields` overwrite header fields, `pixdim1=…` one element."""
    array = ramp() if array is None else array
    affine = affine_of() if affine is None else affine
    kind = nib.Nifti1Header if version == 1 else nib.Nifti2Header
    header = kind(endianness=endian)
    header.set_data_dtype(array.dtype)
    header.set_data_shape(array.shape)
    header.set_qform(affine, code=qform)
    header.set_sform(affine, code=sform)
    raw = header.structarr
    raw["xyzt_units"], raw["vox_offset"] = units, header.single_vox_offset
    raw["scl_slope"], raw["scl_inter"] = 1, 0
    for name, value in fields.items():
        if name[:-1] in ("pixdim", "dim"):
            raw[name[:-1]][int(name[-1])] = value
        else:
            raw[name] = value
    data = array.astype(array.dtype.newbyteorder(endian)).tobytes(order="F")
    return header.binaryblock + bytes(4) + data


def nifti_file(folder, array=None, affine=None, *, name="scan.nii.gz", **options):
    """A file of `nifti_bytes`, compressed if its name says so."""
    return put(folder, name, nifti_bytes(array, affine, **options))


def put(folder, name, data):
    """A file of some bytes, compressed if its name ends in .gz."""
    path = Path(folder) / name
    path.write_bytes(gzip.compress(data, 1, mtime=0) if name.endswith(".gz") else data)
    return path


def turn_file(path, code):
    """Store a file anew along the axes of another code; nibabel keeps each voxel in its place."""
    image = nib.load(path)
    now = nib.orientations.io_orientation(image.affine)
    turn = nib.orientations.ornt_transform(now, nib.orientations.axcodes2ornt(code))
    turned = nib.Nifti1Image(np.asarray(image.dataobj), image.affine).as_reoriented(turn)
    turned.header.set_xyzt_units("mm")
    turned.set_qform(turned.affine, code=1)
    turned.set_sform(turned.affine, code=1)
    turned.to_filename(path)
    return path
