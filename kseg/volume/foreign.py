"""Files that are not NIfTI, told apart so that the message can say what they are."""

from pathlib import Path

from kseg.errors import VolumeError
from kseg.volume.container import GZIP_MAGIC
from kseg.volume.findings import refusal

_DICOM_MARK_AT = 128

_MARKUP = ("<!doctype html", "<html", "<head", "<?xml")

_OTHER_FORMATS = {
    b"NRRD": "NRRD",
    b"CDF\x01": "MINC-1",
    b"\x89HDF": "HDF5 or MINC-2",
    b"TRACK": "TrackVis",
    b"mrtrix": "MRtrix",
    b"\x89PNG": "PNG",
    b"\xff\xd8\xff": "JPEG",
    b"PK\x03\x04": "ZIP",
}


def explain_foreign(path: Path, head: bytes) -> VolumeError:
    """Return the refusal of a file that does not begin like NIfTI.

    Args:
        path: path of the file.
        head: bytes, its first thousand or so, decompressed.

    Returns:
        VolumeError with code KS-A08 (web page), KS-A09 (pointer), KS-A10 (another format) or
        KS-A16 (compressed twice).
    """
    if head.startswith(GZIP_MAGIC):
        return refusal("A16", path, "it is compressed twice", "decompress it once with gunzip")
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if text.startswith(b"<"):
        # Never more of the file than a known word: it may be a report on a patient.
        word = next((mark for mark in _MARKUP if text.startswith(mark.encode())), "<")
        why = f"it starts with {word!r}: this is a web page, the download failed"
        return refusal("A08", path, why, "download it again, logged in where that is needed")
    if head.startswith(b"version https://git-lfs"):
        return refusal("A09", path, "it is a Git LFS pointer, not the data", "run `git lfs pull`")
    if b"annex/objects/" in head:
        why = "it is a git-annex pointer, not the data"
        return refusal("A09", path, why, "run `git annex get`")
    if head[_DICOM_MARK_AT : _DICOM_MARK_AT + 4] == b"DICM":
        why = "it is a DICOM file, one slice of a series"
        return refusal("A10", path, why, "convert the series to .nii.gz, for instance by dcm2niix")
    for mark, name in _OTHER_FORMATS.items():
        if head.startswith(mark):
            return refusal("A10", path, f"it is a {name} file", "convert it to .nii.gz")
    why = "it is no NIfTI file: it does not begin with the size of a NIfTI header"
    return refusal("A10", path, why, "convert it to .nii.gz, or copy it again")
