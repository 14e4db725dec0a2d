"""Which affine a header means: the rules for sform, qform, units and shear."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from nibabel.nifti1 import Nifti1Header
from nibabel.spatialimages import HeaderDataError

from kseg.errors import VolumeError
from kseg.volume.findings import Finding, note, refusal, repair
from kseg.volume.geometry import (
    corner_distance_mm,
    corner_distance_voxels,
    shear_degrees,
    without_shear,
)
from kseg.volume.header import Header
from kseg.volume.orientation import check_orientation_code, oriented_affine

AffineFrom = Literal["auto", "sform", "qform"]
Purpose = Literal["train", "predict"]

# No repair may move a voxel further than this.
LARGEST_MOVE_VOXELS = 0.1

# Below this an affine is as good as its float32 header can tell; nothing is said or changed.
ROUNDING_VOXELS = 1e-3

_LARGEST_SHEAR_DEGREES = 0.5
_LARGEST_COORDINATE = 1e12
_SPACING_RANGE_MM = (0.01, 20.0)
_MM_PER_UNIT = {0: 1.0, 1: 1000.0, 2: 1.0, 3: 0.001}
_UNIT_NAMES = {1: "metres", 3: "microns"}
_LAS = "LAS"


@dataclass(frozen=True)
class GeometryOptions:
    """How to read a header that can be read in more than one way.

    Args:
        affine_from: `"auto"`, `"sform"` or `"qform"`: whom to believe where they differ.
        assume_orientation: str or None, axis code such as `"LAS"` for files that give none.
        purpose: `"train"` refuses a file without orientation, `"predict"` assumes LAS for it.
    """

    affine_from: AffineFrom = "auto"
    assume_orientation: str | None = None
    purpose: Purpose = "train"

    def __post_init__(self):
        """Refuse what is no such option."""
        if self.affine_from not in ("auto", "sform", "qform"):
            raise ValueError(
                '`affine_from` must be "auto", "sform" or "qform". '
                f"Received: affine_from={self.affine_from!r}."
            )
        if self.purpose not in ("train", "predict"):
            raise ValueError(
                f'`purpose` must be "train" or "predict". Received: purpose={self.purpose!r}.'
            )
        if self.assume_orientation is not None:
            check_orientation_code(self.assume_orientation)


@dataclass(frozen=True, eq=False)
class ChosenAffine:
    """The affine of one file, and what had to be said about it.

    Args:
        stored: (4, 4) float64 array, as other tools read the file.
        mm: (4, 4) float64 array, in true mm, without shear.
        findings: tuple of Finding.
    """

    stored: np.ndarray
    mm: np.ndarray
    findings: tuple[Finding, ...]


def choose_affine(header: Header, path: Path, options: GeometryOptions) -> ChosenAffine:
    """Decide where a file's voxels are, or refuse.

    Args:
        header: Header.
        path: path of the file, for messages.
        options: GeometryOptions.

    Returns:
        ChosenAffine.

    Raises:
        VolumeError: if the header is ambiguous or impossible (KS-B01 to KS-B12).
    """
    nifti = header.nifti
    pixdim = nifti.structarr["pixdim"][1:4].astype(np.float64)
    if nifti.structarr["sform_code"] <= 0 and nifti.structarr["qform_code"] <= 0:
        findings = _check_pixdim(pixdim, path, have_sform=False)
        stored, more = _without_codes(header, np.abs(pixdim), path, options)
    else:
        findings = _check_pixdim(pixdim, path, have_sform=nifti.structarr["sform_code"] > 0)
        stored, more = _from_codes(header, path, options.affine_from)
    findings += more
    in_mm, more = _to_mm(stored, int(nifti.structarr["xyzt_units"]) & 7, path)
    findings += more + _compare_spacing(stored, pixdim, path)
    straight, more = _straighten(in_mm, header.shape_xyz, path)
    return ChosenAffine(stored, straight, tuple(findings + more))


def _check_pixdim(pixdim: np.ndarray, path: Path, *, have_sform: bool) -> list[Finding]:
    bad = np.flatnonzero(~((pixdim > 0) & (pixdim < _LARGEST_COORDINATE)))
    if not bad.size:
        return []
    axis, value = bad[0] + 1, pixdim[bad[0]]
    code = "B08" if value < 0 else "B09" if value == 0 else "B07"
    why = f"header field pixdim[{axis}], the voxel size, must be above 0. Found: {value:g}"
    if not have_sform:
        raise refusal(code, path, why, "set the voxel size, or convert the scan again")
    return [repair(code, path, f"{why}; the sform's voxel size is used")]


def _without_codes(
    header: Header, spacing: np.ndarray, path: Path, options: GeometryOptions
) -> tuple[np.ndarray, list[Finding]]:
    why = "it gives no orientation (qform and sform codes are both 0): left and right are unknown"
    assumed = options.assume_orientation or _LAS
    if options.assume_orientation is None and options.purpose == "train":
        fix = "set `data.assume_orientation: LAS` if you know that this is how it is stored"
        raise refusal("B01", path, why, fix)
    affine = oriented_affine(assumed, spacing, header.shape_xyz)
    return affine, [repair("B01", path, f"{why}; {assumed} was assumed, the mask says as little")]


def _from_codes(
    header: Header, path: Path, affine_from: AffineFrom
) -> tuple[np.ndarray, list[Finding]]:
    forms, problems = _read_forms(header.nifti, path)
    present = {**forms, **problems}
    asked = affine_from if affine_from != "auto" else "sform"
    used = asked if asked in present else next(iter(present))
    other = "qform" if used == "sform" else "sform"
    if used in problems:
        raise problems[used]
    if other in problems and affine_from == "auto":
        raise problems[other]
    if other not in forms:
        return forms[used], []
    return forms[used], _compare_forms(forms, used, header.shape_xyz, path, affine_from)


def _read_forms(
    nifti: Nifti1Header, path: Path
) -> tuple[dict[str, np.ndarray], dict[str, VolumeError]]:
    forms, problems = {}, {}
    for name, read in (("sform", _sform), ("qform", _qform)):
        if nifti.structarr[f"{name}_code"] > 0:
            try:
                form = read(nifti, path)
            except VolumeError as error:
                problems[name] = error
            else:
                forms |= {} if form is None else {name: form}
    return forms, problems


def _sform(nifti: Nifti1Header, path: Path) -> np.ndarray:
    affine = nifti.get_sform().astype(np.float64)
    if not (np.abs(affine) < _LARGEST_COORDINATE).all():
        why = "its sform holds values that are no places (NaN, infinite or enormous)"
        raise refusal("B07", path, why, "set `data.affine_from: qform` if its qform is right")
    columns = np.linalg.norm(affine[:3, :3], axis=0)
    if not columns.all() or np.linalg.svd(affine[:3, :3] / columns)[1].min() < 1e-4:
        why = "its sform is singular: it puts different voxels at one place"
        raise refusal("B06", path, why, "set `data.affine_from: qform` if its qform is right")
    return affine


def _qform(nifti: Nifti1Header, path: Path) -> np.ndarray | None:
    fields = nifti.structarr
    names = ("quatern_b", "quatern_c", "quatern_d", "qoffset_x", "qoffset_y", "qoffset_z")
    fix = "set `data.affine_from: sform` if its sform is right, or convert the scan again"
    for name in names:
        if not abs(fields[name]) < _LARGEST_COORDINATE:
            why = f"header field {name} must be a believable number. Found: {float(fields[name])}"
            raise refusal("B07", path, why, fix)
    copy = nifti.copy()
    spacing = np.abs(fields["pixdim"][1:4])
    if not ((spacing > 0) & (spacing < _LARGEST_COORDINATE)).all():
        return None  # Only with a valid sform: `_check_pixdim` has refused the rest.
    copy.structarr["pixdim"][1:4] = spacing
    # The standard reads a qfac of 0 as 1.
    copy.structarr["pixdim"][0] = -1 if fields["pixdim"][0] < 0 else 1
    try:
        return copy.get_qform().astype(np.float64)
    except (ValueError, HeaderDataError) as error:
        b, c, d = (float(fields[name]) for name in names[:3])
        why = (
            f"header fields quatern_b, c, d must have length 1 or less. Found: {b:g}, {c:g}, {d:g}"
        )
        raise refusal("B11", path, why, fix) from error


def _compare_forms(
    forms: dict[str, np.ndarray],
    used: str,
    shape_xyz: tuple[int, int, int],
    path: Path,
    affine_from: AffineFrom,
) -> list[Finding]:
    sform, qform = forms["sform"], forms["qform"]
    if ((sform[:3, :3] * qform[:3, :3]).sum(axis=0) < 0).any() or (
        np.linalg.det(sform[:3, :3]) * np.linalg.det(qform[:3, :3]) < 0
    ):
        why = "its qform and sform are mirrored or turned against each other: sides may be swapped"
        raise refusal("B03", path, why, "find out which is right and correct the header")
    if corner_distance_voxels(sform, qform, shape_xyz) <= LARGEST_MOVE_VOXELS:
        return []
    distance = corner_distance_mm(sform, qform, shape_xyz)
    why = f"its qform and sform put the same voxel {distance:.1f} mm apart"
    if affine_from != "auto":
        return [note("B02", path, f"{why}; the {used} was used, as asked")]
    fix = "set `data.affine_from: sform` or `qform`, whichever is right"
    raise refusal("B02", path, f"{why}; other tools may pick either", fix)


def _to_mm(affine: np.ndarray, units: int, path: Path) -> tuple[np.ndarray, list[Finding]]:
    result, findings = affine.copy(), []
    result[:3] *= _MM_PER_UNIT.get(units, 1.0)
    spacing = np.linalg.norm(result[:3, :3], axis=0)
    text = "×".join(f"{length:g}" for length in spacing)
    low, high = _SPACING_RANGE_MM
    if not ((spacing >= low) & (spacing <= high)).all():
        why = f"its voxels measure {text} mm; {low:g} to {high:g} mm is believable"
        raise refusal("B12", path, why, "correct the voxel size or the unit in the header")
    if units in _UNIT_NAMES:
        findings.append(note("B12", path, f"its unit is {_UNIT_NAMES[units]}: read as {text} mm"))
    return result, findings


def _compare_spacing(affine: np.ndarray, pixdim: np.ndarray, path: Path) -> list[Finding]:
    used = np.linalg.norm(affine[:3, :3], axis=0)
    if np.allclose(used, np.abs(pixdim), rtol=1e-3, atol=0):
        return []
    said, found = ("×".join(f"{length:g}" for length in side) for side in (pixdim, used))
    why = f"its pixdim says {said}, its affine {found}; the affine is used"
    return [note("B10", path, why, "correct the header: other tools may use pixdim")]


def _straighten(
    affine: np.ndarray, shape_xyz: tuple[int, int, int], path: Path
) -> tuple[np.ndarray, list[Finding]]:
    shear = shear_degrees(affine)
    if shear > _LARGEST_SHEAR_DEGREES:
        why = f"its axes are {shear:.2f}° from perpendicular (shear); a grid of boxes is needed"
        raise refusal("B04", path, why, "resample it to a grid without shear first")
    straight = without_shear(affine, shape_xyz)
    moved = corner_distance_voxels(affine, straight, shape_xyz)
    if moved <= ROUNDING_VOXELS:
        return affine, []
    code = "B05" if moved <= LARGEST_MOVE_VOXELS else "B04"
    why = (
        f"its axes are {shear:.3f}° from perpendicular; inside kseg they were made so, which moves "
        f"its corners by {corner_distance_mm(affine, straight, shape_xyz):.2g} mm "
        f"({moved:.2g} voxels). Masks keep its own affine"
    )
    return straight, [repair(code, path, why)]
