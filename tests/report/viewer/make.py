"""Files to be viewed, with a name and a date planted in every text of their headers."""

import nibabel as nib
import numpy as np

from tests.volume.make import affine_of

CANARY = b"DOE^CANARY"
SHAPE_XYZ = (9, 8, 6)


def speckle(shape=SHAPE_XYZ, dtype=np.int16):
    """Values like a scan's: many, some negative."""
    values = np.random.default_rng(3).integers(-1000, 1200, shape)
    return values.astype(dtype)


def blob(shape=SHAPE_XYZ, value=2):
    mask = np.zeros(shape, np.uint8)
    mask[2:5, 2:6, 1:4] = value
    mask[0, 0, 0] = 1
    return mask


def planted(path, array, affine=None):
    """Write an array with canaries in every header text and in an extension."""
    image = nib.Nifti1Image(array, affine_of() if affine is None else affine)
    header = image.header
    header.set_xyzt_units("mm")
    image.set_sform(image.affine, code=1)
    image.set_qform(image.affine, code=1)
    header["descrip"] = CANARY + b" 19700101"
    header["aux_file"] = CANARY
    header["intent_name"] = CANARY
    header["db_name"] = CANARY
    header.extensions.append(nib.nifti1.Nifti1Extension("comment", CANARY + b" in an extension"))
    header.extensions.append(nib.nifti1.Nifti1Extension("dicom", CANARY + b" as DICOM"))
    nib.save(image, path)
    return path


def scan_and_mask(folder):
    scan = planted(folder / "scan.nii.gz", speckle())
    return scan, planted(folder / "mask.nii.gz", blob())
