"""A data set with a name, an id and a date in every byte of its files that is not needed.

Whoever finds another place for text in a scan plants it here: all that kseg writes is searched.
"""

import json
import struct
import zlib
from pathlib import Path

import numpy as np

from tests.volume.make import SPACING_XYZ, affine_of, nifti_bytes

# One word in all of them, so that a search cannot miss a part that was cut off.
CANARY = b"CANARY"
NAME, NUMBER, DATE = b"DOE^CANARY", b"MRN-CANARY-4711", b"19700101CANARY"
TEXT = NAME + b" " + NUMBER + b" " + DATE
# Told apart from the others, as some outputs may name the folder or the person.
FOLDER, SUBJECT = "StMarysHospital^Doe", "PersonDoe"
SHAPE_XYZ = (16, 18, 20)
LABELS = {"0": "background", "1": "organ", "2": "lesion"}

# Header fields that hold text, and those that nothing here needs (name, axes or bytes within it).
_TEXTS = ("data_type", "db_name", "descrip", "aux_file", "intent_name", "unused_str")
_UNUSED = (
    "extents session_error regular dim_info intent_p1 intent_p2 intent_p3 cal_max cal_min "
    "slice_duration slice_start slice_end slice_code toffset glmax glmin"
).split()
_QFORM = "quatern_b quatern_c quatern_d qoffset_x qoffset_y qoffset_z".split()
_SFORM = "srow_x srow_y srow_z".split()
_EXTENSION_CODES = (2, 4, 6, 44)


def write_planted(root: Path, cases=6) -> Path:
    """Write an MSD data set of tiny scans, full of canaries, in a folder with a telling name."""
    training = []
    for number in range(cases):
        scan, mask = _body(number)
        row = {"image": f"imagesTr/case{number}.nii.gz", "label": f"labelsTr/case{number}.nii.gz"}
        write_file(root / row["image"], scan, number)
        write_file(root / row["label"], mask, number)
        training.append(row | {"subject": f"{SUBJECT}{number}", "patient": TEXT.decode()})
    manifest = {"name": "tiny", "modality": {"0": "CT"}, "labels": LABELS, "training": training}
    free = "description reference licence release PatientName StudyDate".split()
    manifest |= dict.fromkeys(free, TEXT.decode()) | {"history": [{"note": TEXT.decode()}]}
    (root / "dataset.json").write_text(json.dumps(manifest))
    return root


def write_file(path: Path, array_xyz: np.ndarray, number=0) -> Path:
    """Write a NIfTI file with canaries in all that is not needed to read it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    content = planted_bytes(array_xyz, number)
    path.write_bytes(planted_gzip(content) if path.name.endswith(".gz") else content)
    return path


def planted_bytes(array_xyz: np.ndarray, number=0) -> bytes:
    """Return a NIfTI file; from `number` follow its version, orientation and the form in use."""
    version = 2 if number == 1 else 1
    # The form that a code of 0 makes meaningless is one more place to hide a text.
    qform, sform = ((1, 2), (0, 2), (1, 0))[number % 3]
    affine = affine_of(("RAS", "LPS", "LAS")[number % 3], SPACING_XYZ, 5.0)
    plain = nifti_bytes(array_xyz, affine, version=version, qform=qform, sform=sform, units=10)
    size = 348 if version == 1 else 540
    header = bytearray(plain[:size])
    fields = _header_dtype(version).fields
    for start, length in _free(fields, qform, sform):
        # Text that a careless reader drops behind its end is one more place to hide.
        _plant(header, start, length, b"CT\0" if number % 2 and length > 16 else b"")
    if qform == 0:
        # Another voxel size than the form in use says is noted, and notes are written down.
        kind, start = fields["pixdim"][0].base, fields["pixdim"][1]
        start += 3 * kind.itemsize
        header[start : start + kind.itemsize] = np.array(9, kind).tobytes()
    extensions = b"".join(_extension(code) for code in _EXTENSION_CODES)
    # Between the last extension and the first voxel, and behind the last voxel.
    _put(header, fields["vox_offset"], size + 4 + len(extensions) + len(NUMBER))
    return bytes(header) + b"\1\0\0\0" + extensions + NUMBER + plain[size + 4 :] + TEXT


def planted_gzip(content: bytes) -> bytes:
    """Compress with a file name, a comment, an extra field and a time in the gzip header."""
    extra = struct.pack("<2sH", b"PN", len(NAME)) + NAME
    flags = 4 | 8 | 16
    head = struct.pack("<4BIBB", 0x1F, 0x8B, 8, flags, 315964800, 0, 3)
    head += struct.pack("<H", len(extra)) + extra + TEXT + b".nii\0" + TEXT + b"\0"
    packer = zlib.compressobj(wbits=-15)
    body = packer.compress(content) + packer.flush()
    return head + body + struct.pack("<II", zlib.crc32(content), len(content))


def _body(number: int) -> tuple[np.ndarray, np.ndarray]:
    mask = np.zeros(SHAPE_XYZ, np.uint8)
    mask[4:12, 5:13, 3:11] = 1
    mask[6:9, 6:9, 6:9] = 2
    noise = np.random.default_rng(number).normal(0, 20, SHAPE_XYZ)
    return (noise + 100 * mask).astype(np.int16), mask


def _free(fields, qform: int, sform: int) -> list[tuple[int, int]]:
    """Return start and size of each stretch of header bytes that nothing here needs."""
    names = [*_TEXTS, *_UNUSED, *(_QFORM if qform == 0 else []), *(_SFORM if sform == 0 else [])]
    places = [_place(fields[name]) for name in names if name in fields]
    for name in ("dim", "pixdim"):
        # Those behind the axes that there are.
        start, size = _place(fields[name])
        places.append((start + size // 2, size // 2))
    joined: list[tuple[int, int]] = []
    for start, size in sorted(places):
        if joined and sum(joined[-1]) == start:
            joined[-1] = (joined[-1][0], joined[-1][1] + size)
        else:
            joined.append((start, size))
    return joined


def _header_dtype(version: int) -> np.dtype:
    from nibabel.nifti1 import header_dtype as first
    from nibabel.nifti2 import header_dtype as second

    return first if version == 1 else second


def _place(field) -> tuple[int, int]:
    return field[1], field[0].itemsize


def _plant(header: bytearray, start: int, size: int, before=b"") -> None:
    text = TEXT * 8 if size > len(NAME) else CANARY * 2
    header[start : start + size] = (before + text)[:size]


def _put(header: bytearray, field, value: float) -> None:
    start, size = _place(field)
    header[start : start + size] = np.array(value, field[0]).tobytes()


def _extension(code: int) -> bytes:
    texts = {
        2: b"\x10\0\x10\0PN" + struct.pack("<H", len(TEXT)) + TEXT,
        4: b"<AFNI_attributes><AFNI_atr atr_name='NOTE'>" + TEXT + b"</AFNI_atr></AFNI_attributes>",
        6: TEXT,
        44: json.dumps({"PatientName": TEXT.decode()}).encode(),
    }
    length = -(-(len(texts[code]) + 8) // 16) * 16
    return struct.pack("<ii", length, code) + texts[code].ljust(length - 8, b"\0")
