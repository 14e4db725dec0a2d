import gzip
from pathlib import Path

import nibabel
import pytest

from kseg.errors import VolumeError
from kseg.volume import read_image
from tests.volume.make import nifti_bytes

NIBABEL_DATA = Path(nibabel.__file__).parent / "tests" / "data"


def code_of(path):
    with pytest.raises(VolumeError) as caught:
        read_image(path)
    assert caught.value.fix
    return caught.value.code


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"<html>\n<head>Not found", "KS-A08"),
        (b"\n<!DOCTYPE html><html>", "KS-A08"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 5\n", "KS-A09"),
        (b"/annex/objects/SHA256E-s5--1.nii.gz\n", "KS-A09"),
        (b"../.git/annex/objects/xx/SHA256E-s5--1.nii.gz\n", "KS-A09"),
        (bytes(128) + b"DICM" + bytes(300), "KS-A10"),
        (b"NRRD0004\n", "KS-A10"),
        (b"hello", "KS-A10"),
        (b"x", "KS-A10"),
    ],
)
def test_what_a_file_really_is_decides_the_code(tmp_path, data, code):
    for name in ("a.nii.gz", "a.nii"):
        (tmp_path / name).write_bytes(data)
        assert code_of(tmp_path / name) == code


def test_a16_a_file_compressed_twice_is_refused(tmp_path):
    path = tmp_path / "a.nii.gz.gz"
    path.write_bytes(gzip.compress(gzip.compress(nifti_bytes())))
    assert code_of(path) == "KS-A16"


@pytest.mark.parametrize(
    ("name", "codes"),
    [
        ("nifti1.hdr", {"KS-A10"}),
        ("nifti2.hdr", {"KS-A10"}),
        ("analyze.hdr", {"KS-A10"}),
        ("row_major.dconn.nii", {"KS-A16"}),
        ("0.dcm", {"KS-A10"}),
        ("test.mgz", {"KS-A10"}),
        ("tiny.mnc", {"KS-A10"}),
        ("small.mnc", {"KS-A10"}),
        ("simple.trk", {"KS-A10"}),
        ("tinypet.v", {"KS-A10"}),
        ("T2.PAR", {"KS-A10"}),
        ("scaled+tlrc.HEAD", {"KS-A10"}),
    ],
)
def test_other_formats_in_nibabels_test_data_are_refused(name, codes):
    if not (NIBABEL_DATA / name).exists():
        pytest.skip("nibabel was installed without its test data")
    assert code_of(NIBABEL_DATA / name) in codes


@pytest.mark.parametrize(
    ("data", "word"), [(b"<HTML>", "'<html'"), (b"\n<!DOCTYPE html><html>", "'<!doctype html'"),
                       (b"<Doe, Jane>", "'<'")]
)  # fmt: skip
def test_a08_a_web_page_is_told_by_a_known_word_and_nothing_else_of_it(tmp_path, data, word):
    (tmp_path / "a.nii.gz").write_bytes(data + b" Doe, Jane")
    with pytest.raises(VolumeError, match=f"starts with {word}: this is a web page"):
        read_image(tmp_path / "a.nii.gz")
