import gzip
import os

import numpy as np
import pytest

from kseg.errors import VolumeError
from kseg.volume import read_grid, read_image
from tests.volume.make import nifti_bytes, nifti_file, put

NOISE = np.random.default_rng(0).integers(0, 3000, (40, 40, 40)).astype(np.int16)


def refused(path):
    with pytest.raises(VolumeError) as caught:
        read_image(path)
    assert caught.value.file == str(path) and caught.value.fix
    return caught.value


def cut(path, keep):
    data = path.read_bytes()
    path.write_bytes(data[:keep] if keep < 0 else data[: int(len(data) * keep)])
    return path


def test_a01_truncated_gzip_is_refused_with_the_share_that_arrived(tmp_path):
    error = refused(cut(nifti_file(tmp_path, NOISE), 0.5))
    assert error.code == "KS-A01"
    assert "50 % of the expected 128,352 bytes" in error.why
    assert refused(cut(nifti_file(tmp_path, NOISE), 0.001)).code == "KS-A01"


def test_a01_a_whole_gzip_of_half_a_file_is_refused(tmp_path):
    path = put(tmp_path, "a.nii.gz", nifti_bytes(NOISE)[:60_000])
    assert refused(path).code == "KS-A01"


def test_a02_missing_or_wrong_trailer_is_refused(tmp_path):
    assert refused(cut(nifti_file(tmp_path, NOISE), -8)).code == "KS-A02"
    assert refused(cut(nifti_file(tmp_path, NOISE), -1)).code == "KS-A02"
    path = nifti_file(tmp_path, NOISE)
    path.write_bytes(path.read_bytes()[:-8] + bytes(8))
    assert refused(path).code == "KS-A02"
    path = nifti_file(tmp_path, NOISE)
    path.write_bytes(path.read_bytes() + b"more")
    assert refused(path).code == "KS-A02"


@pytest.mark.parametrize("place", np.linspace(0.002, 0.9999, 25))
def test_a03_one_flipped_byte_is_refused_wherever_it_is(tmp_path, place):
    path = nifti_file(tmp_path, NOISE)
    data = bytearray(path.read_bytes())
    data[int(place * len(data))] ^= 0x10
    path.write_bytes(data)
    assert refused(path).code in ("KS-A02", "KS-A03", "KS-A01")


def test_a04_an_empty_file_is_refused(tmp_path):
    path = tmp_path / "a.nii.gz"
    path.touch()
    assert refused(path).code == "KS-A04"


def test_a05_plain_nifti_named_gz_is_read_and_said(tmp_path):
    path = tmp_path / "a.nii.gz"
    path.write_bytes(nifti_bytes())
    (finding,) = read_image(path).findings
    assert (finding.code, finding.severity, finding.file) == ("KS-A05", "repair", str(path))


def test_a06_gzip_named_nii_is_read_and_said(tmp_path):
    path = tmp_path / "a.nii"
    path.write_bytes(gzip.compress(nifti_bytes()))
    (finding,) = read_image(path).findings
    assert (finding.code, finding.severity) == ("KS-A06", "repair")


def test_a07_a_short_plain_file_is_refused_with_both_sizes(tmp_path):
    error = refused(put(tmp_path, "a.nii", nifti_bytes()[:-50]))
    assert error.code == "KS-A07" and "592" in error.why and "542" in error.why
    assert refused(put(tmp_path, "a.nii", nifti_bytes()[:200])).code == "KS-A07"


def test_a07_bytes_after_the_voxels_are_noted(tmp_path):
    (finding,) = read_image(put(tmp_path, "a.nii.gz", nifti_bytes() + b"123")).findings
    assert (finding.code, finding.severity) == ("KS-A07", "note") and finding.why.startswith("3 ")


def test_a16_capitals_in_the_extension_do_not_matter(tmp_path):
    path = tmp_path / "a.nii.GZ"
    path.write_bytes(gzip.compress(nifti_bytes()))
    assert read_image(path).findings == ()


def test_several_gzip_members_are_one_file(tmp_path):
    data = nifti_bytes(NOISE)
    path = tmp_path / "a.nii.gz"
    path.write_bytes(gzip.compress(data[:5000]) + gzip.compress(data[5000:]))
    assert read_image(path).findings == ()


def test_a_missing_file_and_a_folder_are_refused_by_name(tmp_path):
    assert refused(tmp_path / "none.nii.gz").code == "KS-E05"
    assert refused(tmp_path).code == "KS-E05"
    assert refused(tmp_path / "nul\0.nii").code == "KS-E05"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
def test_a_pipe_is_refused_instead_of_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.nii")
    assert refused(tmp_path / "pipe.nii").code == "KS-E05"


def test_a_damaged_copy_is_told_from_a_senseless_header(tmp_path):
    """A wrong header inside a stream whose checksum fails is damage, not a wrong header."""
    data = gzip.compress(nifti_bytes(NOISE, datatype=9999))
    whole, broken = tmp_path / "whole.nii.gz", tmp_path / "broken.nii.gz"
    whole.write_bytes(data)
    broken.write_bytes(data[:-8] + bytes(8))
    assert refused(whole).code == "KS-A13"
    assert refused(broken).code == "KS-A02"


def test_the_header_alone_is_read_without_the_rest(tmp_path):
    path = cut(nifti_file(tmp_path, NOISE), 0.5)
    assert read_grid(path).shape_xyz == (40, 40, 40)
