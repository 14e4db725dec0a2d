"""Small scans on disk, written by nibabel."""

import nibabel as nib
import numpy as np

from kseg.dataset import Case

NAMES = ("background", "liver", "lesion")


def write_nifti(path, array_zyx, spacing_mm=(3.0, 1.5, 1.0)):
    affine = np.diag([*spacing_mm[::-1], 1.0])
    image = nib.Nifti1Image(np.ascontiguousarray(array_zyx.T), affine)
    image.header.set_xyzt_units("mm")
    image.set_qform(affine, 1)
    image.set_sform(affine, 1)
    nib.save(image, path)


def make_case(folder, name, seed=0, shape=(8, 12, 14), spacing_mm=(3.0, 1.5, 1.0), air=-1000):
    """Write a bright block with a lesion in air."""
    folder.mkdir(parents=True, exist_ok=True)
    generator = np.random.default_rng(seed)
    voxels = np.full(shape, air, np.int16)
    labels = np.zeros(shape, np.uint8)
    body = tuple(slice(2, count - 2) for count in shape)
    voxels[body] = generator.integers(0, 100, voxels[body].shape)
    labels[3:-3, 4:-4, 4:-4] = 1
    labels[4, 5:7, 5:8] = 2
    write_nifti(folder / f"{name}.nii.gz", voxels, spacing_mm)
    write_nifti(folder / f"{name}_label.nii.gz", labels, spacing_mm)
    case = Case(name, name, (folder / f"{name}.nii.gz",), folder / f"{name}_label.nii.gz")
    return case, voxels, labels


def make_cases(folder, count):
    return tuple(make_case(folder, f"case_{number}", seed=number)[0] for number in range(count))
