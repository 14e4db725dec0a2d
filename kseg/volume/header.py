"""The header of a NIfTI file: its fields checked before a voxel is read or a byte allocated."""

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from nibabel.nifti1 import Nifti1Header
from nibabel.nifti2 import Nifti2Header

from kseg.engine import memory_limit_bytes
from kseg.volume.container import MAX_EXPANSION, Container
from kseg.volume.findings import Finding, note, refusal, repair
from kseg.volume.foreign import explain_foreign

_VERSION_OF_SIZE = {348: 1, 540: 2}
_MAGIC = {1: b"n+1", 2: b"n+2"}
_PAIR_MAGIC = {1: b"ni1", 2: b"ni2"}

# NIfTI-2 carries line ends, which a transfer as text would have changed.
_LINE_ENDS = ([13, 10, 26, 10], [0, 0, 0, 0])
_CIFTI_INTENTS = range(3000, 3100)

# The four bytes after the header that say whether extensions follow.
_EXTENSION_FLAG_BYTES = 4

_TYPE_OF_CODE = {
    2: "u1",
    4: "i2",
    8: "i4",
    16: "f4",
    64: "f8",
    256: "i1",
    512: "u2",
    768: "u4",
    1024: "i8",
    1280: "u8",
}
_COLOUR_CODES = {128, 2304}


@dataclass(frozen=True, eq=False)
class Header:
    """What the checked header of one file says.

    Args:
        nifti: nibabel header, in the file's byte order.
        version: int, 1 or 2.
        shape_xyz: 3 ints.
        channels: int, the fourth axis, 1 where there is none.
        dtype: numpy dtype of the stored voxels, in the file's byte order.
        offset: int, bytes before the first voxel.
        slope: float, factor from stored to true values.
        intercept: float, added after the factor.
        findings: tuple of Finding.
    """

    nifti: Nifti1Header
    version: int
    shape_xyz: tuple[int, int, int]
    channels: int
    dtype: np.dtype
    offset: int
    slope: float
    intercept: float
    findings: tuple[Finding, ...]

    @property
    def voxel_bytes(self) -> int:
        """Bytes that the stored voxels take."""
        return math.prod(self.shape_xyz) * self.channels * self.dtype.itemsize

    @property
    def is_scaled(self) -> bool:
        """Whether stored values differ from true ones."""
        return (self.slope, self.intercept) != (1.0, 0.0)


def read_header(container: Container) -> Header:
    """Read and check a header; the container stands behind it afterwards.

    Args:
        container: Container at its first byte.

    Returns:
        Header.

    Raises:
        VolumeError: if the bytes are no NIfTI, or claim what the file cannot hold.
    """
    path = container.path
    nifti, version = _parse(container)
    dims = _dims(nifti, path)
    shape_xyz, channels, shape_findings = _axes(dims, path)
    dtype = _dtype(nifti, path)
    slope, intercept, scale_findings = _scaling(nifti, path)
    header = Header(
        nifti=nifti,
        version=version,
        shape_xyz=shape_xyz,
        channels=channels,
        dtype=dtype,
        offset=_offset(nifti, path),
        slope=slope,
        intercept=intercept,
        findings=tuple(shape_findings + scale_findings),
    )
    _check_claim(header, container)
    container.expected_bytes = header.offset + header.voxel_bytes
    return header


def _parse(container: Container) -> tuple[Nifti1Header, int]:
    start = container.take(4)
    for endianness, order in (("<", "little"), (">", "big")):
        size = int.from_bytes(start, order)
        if size in _VERSION_OF_SIZE and len(start) == 4:
            break
    else:
        raise explain_foreign(container.path, start + container.take(1020))
    block = start + container.take(size - 4)
    if len(block) < size:
        why = f"it ends after {len(block)} bytes, inside its header of {size}"
        raise refusal("A07", container.path, why, "copy the file again")
    version = _VERSION_OF_SIZE[size]
    kind = Nifti1Header if version == 1 else Nifti2Header
    nifti = kind(block, endianness=endianness, check=False)
    _check_magic(nifti, version, container.path)
    return nifti, version


def _check_magic(nifti: Nifti1Header, version: int, path: Path) -> None:
    magic = nifti.structarr["magic"].item()
    if magic == _PAIR_MAGIC[version]:
        why = "it is one half of a .hdr/.img pair"
        raise refusal("A10", path, why, "convert the pair to a single .nii.gz file")
    if magic != _MAGIC[version]:
        why = "it has no NIfTI mark (header field magic): Analyze 7.5 does not tell left from right"
        raise refusal("A10", path, why, "convert it to NIfTI from the original scan")
    if version == 1:
        return
    if nifti.structarr["eol_check"].tolist() not in _LINE_ENDS:
        why = "its line ends were changed (header field eol_check): it was transferred as text"
        raise refusal("A10", path, why, "transfer the file again, in binary mode")
    intent = int(nifti.structarr["intent_code"])
    if intent in _CIFTI_INTENTS:
        why = f"it is a CIFTI-2 file (intent code {intent}), which has no grid of voxels"
        raise refusal("A16", path, why, "give the volume that it was made from")


def _dims(nifti: Nifti1Header, path: Path) -> tuple[int, ...]:
    dim = [int(n) for n in nifti.structarr["dim"]]
    fix = "the header is damaged: copy the file again"
    if not 1 <= dim[0] <= 7:
        why = f"header field dim[0], the number of axes, must be 1 to 7. Found: {dim[0]}"
        raise refusal("A11", path, why, fix)
    for axis in range(1, dim[0] + 1):
        if dim[axis] < 1:
            why = f"header field dim[{axis}], an axis length, must be 1 or more. Found: {dim[axis]}"
            raise refusal("A11", path, why, fix)
    return tuple(dim[1 : dim[0] + 1])


def _axes(dims: tuple[int, ...], path: Path) -> tuple[tuple[int, int, int], int, list[Finding]]:
    text = "×".join(str(n) for n in dims)
    if len(dims) < 3 or 1 in dims[:3]:
        why = f"its shape {text} is a single slice or line, not a volume"
        raise refusal("D04", path, why, "give the whole volume; single slices are not read yet")
    if any(n > 1 for n in dims[4:]):
        why = f"its shape {text} has {len(dims)} axes, such as a vector field has"
        raise refusal("D03", path, why, "give an image of 3 axes, or of 4 with channels last")
    findings = []
    if len(dims) > 3 and all(n == 1 for n in dims[3:]):
        kept = "×".join(str(n) for n in dims[:3])
        findings.append(repair("D01", path, f"its shape {text} was read as {kept}"))
    elif len(dims) > 4:
        kept = "×".join(str(n) for n in dims[:4])
        findings.append(repair("D01", path, f"its shape {text} was read as {kept}"))
    return dims[:3], dims[3] if len(dims) > 3 else 1, findings


def _dtype(nifti: Nifti1Header, path: Path) -> np.dtype:
    code, bits = int(nifti.structarr["datatype"]), int(nifti.structarr["bitpix"])
    if code in _COLOUR_CODES:
        why = "it is a colour rendering (RGB); intensities are needed"
        raise refusal("C11", path, why, "give the scan, not a screenshot or colour map of it")
    if code not in _TYPE_OF_CODE:
        why = f"header field datatype must be integer or real of 8 to 64 bits. Found: code {code}"
        raise refusal("A13", path, why, "convert it to int16 or float32")
    dtype = np.dtype(_TYPE_OF_CODE[code]).newbyteorder(nifti.endianness)
    # Some writers leave bitpix empty; any other contradiction means that one field is damaged.
    if bits not in (0, 8 * dtype.itemsize):
        why = f"header fields disagree: datatype {code} ({dtype.name}), bitpix {bits}"
        raise refusal("A13", path, why, "the header is damaged: copy or convert the file again")
    return dtype


def _offset(nifti: Nifti1Header, path: Path) -> int:
    least = nifti.sizeof_hdr + _EXTENSION_FLAG_BYTES
    offset = float(nifti.structarr["vox_offset"])
    if not (math.isfinite(offset) and offset >= least and offset == int(offset)):
        why = (
            "header field vox_offset, where the voxels begin, must be "
            f"a whole number of {least} or more. Found: {offset:g}"
        )
        raise refusal("A14", path, why, "the header is damaged: copy or convert the file again")
    return int(offset)


def _scaling(nifti: Nifti1Header, path: Path) -> tuple[float, float, list[Finding]]:
    slope = float(nifti.structarr["scl_slope"])
    intercept = float(nifti.structarr["scl_inter"])
    if slope == 0 or not math.isfinite(slope):
        if intercept == 0 or math.isnan(intercept):
            return 1.0, 0.0, []
        why = (
            f"header field scl_slope is {slope:g}, so that voxels are unscaled by the standard and "
            f"scl_inter = {intercept:g} is not used; other tools may add it"
        )
        return 1.0, 0.0, [note("C02", path, why)]
    if not math.isfinite(intercept):
        why = f"header field scl_inter must be a number beside scl_slope. Found: {intercept}"
        raise refusal("C02", path, why, "convert it again from the original scan")
    return slope, intercept, []


def _check_claim(header: Header, container: Container) -> None:
    path, claimed = container.path, header.offset + header.voxel_bytes
    stored, limit = container.stored_bytes, memory_limit_bytes()
    shape = "×".join(str(n) for n in (*header.shape_xyz, header.channels))
    if header.offset > container.largest_bytes:
        why = (
            f"header field vox_offset says that voxels begin at byte {header.offset:,}, "
            f"beyond the end of the file ({stored:,} bytes)"
        )
        raise refusal("A14", path, why, "the header is damaged: copy the file again")
    if claimed > stored * MAX_EXPANSION:
        why = (
            f"its header claims {shape} voxels, {claimed:,} bytes; "
            f"a file of {stored:,} bytes cannot hold them"
        )
        raise refusal("A12", path, why, "the header is damaged: copy the file again")
    if not container.compressed and claimed > stored:
        why = f"it is too short: {claimed:,} bytes expected, {stored:,} found"
        raise refusal("A07", path, why, "copy the file again")
    # The stored voxels, and beside them the float32 ones that are made of them.
    needed = header.voxel_bytes + 4 * (header.voxel_bytes // header.dtype.itemsize)
    if limit is not None and needed > limit:
        why = f"its {shape} voxels need {needed:,} bytes of memory; this machine has {limit:,}"
        raise refusal("A12", path, why, "crop it, or use a machine with more memory")
