import gzip

import nibabel as nib
import numpy as np
import pytest

from kseg.volume import read_grid, read_labels, write_labels
from kseg.volume.forms import kept_forms
from tests.volume.make import affine_of, nifti_file, ramp

TEXT = b"DOE^CANARY 19700101 MRN-CANARY-4711 DOE^CANARY 19700101 " * 2


def planted(folder, form, version, **codes):
    """A mask whose qform or sform holds a text instead of numbers."""
    path = nifti_file(folder, (ramp() % 7).astype(np.uint8), version=version, **codes)
    kind = nib.Nifti1Header if version == 1 else nib.Nifti2Header
    first, last = {"qform": ("quatern_b", "qoffset_z"), "sform": ("srow_x", "srow_z")}[form]
    fields = kind().structarr.dtype.fields
    start, end = fields[first][1], fields[last][1] + fields[last][0].itemsize
    content = bytearray(gzip.decompress(path.read_bytes()))
    content[start:end] = TEXT[: end - start]
    path.write_bytes(gzip.compress(bytes(content)))
    return path, (start, end)


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize(
    ("form", "codes"),
    [
        ("qform", {"qform": 0, "sform": 2}),
        ("sform", {"qform": 1, "sform": 0}),
        ("qform", {"qform": 0, "sform": 0}),
        ("sform", {"qform": 0, "sform": 0}),
    ],
)
def test_a_text_in_place_of_a_form_that_is_not_used_does_not_reach_a_mask(
    tmp_path, form, codes, version
):
    source, (start, end) = planted(tmp_path, form, version, **codes)
    labels = read_labels(source, purpose="predict")
    write_labels(tmp_path / "mask.nii", labels.voxels, labels.grid)
    content = (tmp_path / "mask.nii").read_bytes()
    assert content[start:end] == bytes(end - start)
    scan, mask = nib.load(source), nib.load(tmp_path / "mask.nii")
    assert mask.affine.tobytes() == scan.affine.tobytes()
    assert all(mask.header[name] == scan.header[name] for name in ("qform_code", "sform_code"))


@pytest.mark.parametrize("code", ["RAS", "LPS", "ASL"])
@pytest.mark.parametrize("codes", [(1, 0), (0, 2), (0, 0), (1, 2)])
def test_forms_that_say_the_same_are_both_kept(tmp_path, code, codes):
    affine = affine_of(code, tilt_degrees=7)
    path = nifti_file(tmp_path, affine=affine, qform=codes[0], sform=codes[1])
    grid = read_grid(path, purpose="predict")
    assert kept_forms(grid.stored, grid.shape_xyz) == (True, True)


def test_a_form_in_use_is_kept_whatever_the_other_says(tmp_path):
    path = nifti_file(tmp_path, sform=0, srow_x=[1, 2, 3, 4])
    grid = read_grid(path)
    assert kept_forms(grid.stored, grid.shape_xyz) == (True, False)
