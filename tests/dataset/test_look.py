from pathlib import Path

import nibabel
import numpy as np
import pytest

from kseg.dataset import Case, ReadOptions
from kseg.dataset.look import look_at_headers, look_at_voxels
from tests.dataset.folders import write_mask, write_scan
from tests.volume.make import turn_file

NAMES = ("background", "liver", "lesion")


def make_case(root: Path, **mask) -> Case:
    return Case("a", "a", (write_scan(root / "a.nii.gz"),), write_mask(root / "m.nii.gz", **mask))


def codes(look):
    return [(finding.code, finding.severity) for finding in look.findings]


def look(case, options=ReadOptions(), channels=1):
    return look_at_voxels(case, channels, NAMES, options)


def test_a_good_case_has_no_findings(tmp_path):
    seen = look(make_case(tmp_path))
    assert seen.findings == ()
    assert seen.spacing_mm == (2.0, 1.5, 1.5) and seen.label_values == {0, 1, 2}


def test_headers_alone_never_read_the_voxels(tmp_path):
    seen = look_at_headers(make_case(tmp_path, values=(9,)), 1, ReadOptions())
    assert seen.findings == () and seen.image_digest is None


def test_d05_a_mask_of_another_shape_is_refused_with_both_files_and_shapes(tmp_path):
    case = make_case(tmp_path, shape=(3, 5, 6))
    for seen in (look_at_headers(case, 1, ReadOptions()), look(case)):
        assert codes(seen) == [("KS-D05", "refuse")]
        text = seen.findings[0].file + seen.findings[0].why
        assert all(part in text for part in ("m.nii.gz", "a.nii.gz", "4×5×3", "6×5×3"))


def test_d06_a_mask_in_another_place_is_refused(tmp_path):
    case = make_case(tmp_path, spacing_mm=(4.0, 1.5, 1.5))
    assert codes(look_at_headers(case, 1, ReadOptions())) == [("KS-D06", "refuse")]


@pytest.mark.parametrize("code", ["LPS", "ASL", "SRA", "PIR"])
def test_d06_a_mask_stored_along_other_axes_at_the_same_place_is_fine(tmp_path, code):
    case = make_case(tmp_path)
    turn_file(case.label, code)
    assert nibabel.aff2axcodes(nibabel.load(case.label).affine) == tuple(code)
    for seen in (look_at_headers(case, 1, ReadOptions()), look(case)):
        assert seen.findings == ()


def test_d02_another_number_of_channels_is_refused_once(tmp_path):
    case = make_case(tmp_path)
    assert codes(look_at_headers(case, 2, ReadOptions())) == [("KS-D02", "refuse")]
    assert codes(look(case, channels=2)) == [("KS-D02", "refuse")]


def test_c05_a_value_that_is_not_declared_is_refused_by_name(tmp_path):
    seen = look(make_case(tmp_path, values=(1, 2, 7, 7)))
    assert codes(seen) == [("KS-C05", "refuse")]
    assert "7" in seen.findings[0].why and seen.findings[0].file.endswith("m.nii.gz")


def test_c06_a_mask_without_foreground_is_noted(tmp_path):
    assert codes(look(make_case(tmp_path, values=()))) == [("KS-C06", "note")]


def test_c09_nan_is_refused_or_replaced_as_asked(tmp_path):
    case = make_case(tmp_path)
    voxels = np.ones((4, 5, 3), np.float32)
    voxels[0, 0, 0], voxels[1, 1, 1] = np.nan, 2
    image = nibabel.Nifti1Image(voxels, np.diag([1.5, 1.5, 2, 1]))
    image.set_qform(image.affine, 1)
    nibabel.save(image, case.images[0])
    assert codes(look(case)) == [("KS-C09", "refuse")]
    assert codes(look(case, ReadOptions(nonfinite="replace"))) == [("KS-C09", "repair")]


def test_c10_a_constant_channel_is_noted(tmp_path):
    case = make_case(tmp_path)
    image = nibabel.Nifti1Image(np.full((4, 5, 3), 7, np.int16), np.diag([1.5, 1.5, 2, 1]))
    image.set_qform(image.affine, 1)
    nibabel.save(image, case.images[0])
    assert codes(look(case)) == [("KS-C10", "note")]


def test_a01_a_truncated_scan_is_refused_and_its_mask_still_looked_at(tmp_path):
    case = make_case(tmp_path, values=(9,))
    content = case.images[0].read_bytes()
    case.images[0].write_bytes(content[: len(content) // 2])
    assert set(codes(look(case))) == {("KS-A01", "refuse"), ("KS-C05", "refuse")}


def test_a03_one_flipped_byte_is_refused(tmp_path):
    case = make_case(tmp_path)
    content = bytearray(case.images[0].read_bytes())
    content[-6] ^= 1
    case.images[0].write_bytes(content)
    assert [severity for _, severity in codes(look(case))] == ["refuse"]
    assert codes(look(case))[0][0] in ("KS-A02", "KS-A03")


def test_equal_voxels_have_equal_digests_whatever_the_file(tmp_path):
    first = make_case(tmp_path)
    plain = write_scan(tmp_path / "copy.nii")
    other = write_scan(tmp_path / "other.nii", seed=1)
    digests = [look(Case("b", "b", (path,), None)).image_digest for path in (plain, other)]
    assert look(first).image_digest == digests[0] != digests[1]


def test_channels_on_different_grids_are_refused(tmp_path):
    images = (write_scan(tmp_path / "0.nii"), write_scan(tmp_path / "1.nii", shape=(3, 5, 5)))
    assert codes(look(Case("a", "a", images, None), channels=2)) == [("KS-D05", "refuse")]
