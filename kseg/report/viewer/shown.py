"""What the viewer shows: each file checked as for a training, written anew without its texts."""

import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np
from isal import igzip
from nibabel.nifti1 import Nifti1Image

from kseg.errors import VolumeError
from kseg.volume import Finding, Volume, read_image, read_labels
from kseg.volume.same_grid import check_same_canonical_grid, turned_like

# A segmentation seldom has more labels than this, a scan seldom fewer grey values.
MOST_LABELS = 64
# Of fewer voxels than this for each value nobody can say whether they are labels.
_VOXELS_A_LABEL = 8
# A browser's graphics memory holds a few channels, not a time series.
MOST_CHANNELS = 8

_GZIP_LEVEL = 1
_SCANNER = 1  # NIfTI's code of a position in the scanner's coordinates


@dataclass(frozen=True)
class ShownVolume:
    """One volume as it goes to the page.

    Args:
        name: str, what the page calls it: the name of its file.
        kind: `"image"` or `"labels"`.
        content: bytes, gzip of a NIfTI-1 file in canonical axes (Right, Anterior, Superior) and mm
            whose header holds nothing but the grid.
        visible: bool, whether it is shown when the page opens.
        notes: tuple of str, what a person should know who looks at it.
    """

    name: str
    kind: Literal["image", "labels"]
    content: bytes
    visible: bool = True
    notes: tuple[str, ...] = ()


def read_shown(files: Sequence[str | Path], *, any_grid: bool = False) -> tuple[ShownVolume, ...]:
    """Read and check all files, and make of each what the page gets.

    Everything is made here, before the first request: a damaged file is refused while somebody
    reads the terminal, a request later costs no reading at all, and of each volume only the
    compressed bytes stay in memory (a scan of 512×512×200 about 60 MB, its mask under 1 MB).

    Args:
        files: paths. The first is the scan, or labels if its values look like labels; the others
            are masks.
        any_grid: bool, show masks on another grid than the first file's, with a note.

    Returns:
        tuple of ShownVolume in the order of the files; an image of several channels gives one for
        each of the first 8, of which only the first is visible.

    Raises:
        VolumeError: if a file is damaged or ambiguous, or a mask has another grid.

    Example:
        >>> import tempfile
        >>> from kseg.volume import make_grid, write_labels
        >>> file = Path(tempfile.mkdtemp()) / "mask.nii.gz"
        >>> write_labels(file, np.ones((4, 8, 8), np.uint8), make_grid(np.eye(4), (8, 8, 4)))
        >>> [(volume.name, volume.kind) for volume in read_shown([file])]
        [('mask.nii.gz', 'labels')]
    """
    if not files:
        raise ValueError(f"`files` must name at least one file. Received: files={files!r}.")
    paths = [Path(file) for file in files]
    names = _short_names(paths)
    first = read_image(paths[0], nonfinite="replace", purpose="predict")
    shown = _show_first(first, names[0])
    # The voxels are the largest array of all, and the masks need only the grid.
    first = replace(first, voxels=np.broadcast_to(np.uint8(0), first.shape_zyx))
    for path, name in zip(paths[1:], names[1:], strict=True):
        shown.append(_show_mask(path, name, first, names[0], any_grid))
    return tuple(shown)


def looks_like_labels(voxels_zyx: np.ndarray) -> bool:
    """Say whether values are few and whole, as those of a segmentation.

    Args:
        voxels_zyx: (z, y, x) array of finite values.

    Returns:
        bool, True for at most 64 different whole numbers from 0 to 65535.

    Example:
        >>> looks_like_labels(np.zeros((4, 4, 4))), looks_like_labels(np.full((4, 4, 4), 0.5))
        (True, False)
    """
    most = min(MOST_LABELS, voxels_zyx.size // _VOXELS_A_LABEL)
    seen = np.zeros(np.iinfo(np.uint16).max + 1, bool)
    for slice_yx in voxels_zyx:
        if slice_yx.min() < 0 or slice_yx.max() >= seen.size:
            return False
        whole = slice_yx.astype(np.uint16)
        if not np.array_equal(whole, slice_yx):
            return False
        seen[whole] = True
        if np.count_nonzero(seen) > most:
            return False
    return True


def _show_first(volume: Volume, name: str) -> list[ShownVolume]:
    notes = _notes(volume.findings)
    channels = volume.voxels.shape[3]
    if channels == 1 and looks_like_labels(volume.voxels[..., 0]):
        labels = _smallest(volume.voxels[..., 0].astype(np.uint16))
        return [ShownVolume(name, "labels", _clean_nifti(labels, volume.affine), notes=notes)]
    if channels > MOST_CHANNELS:
        notes += (f"the first {MOST_CHANNELS} of its {channels} channels are shown",)
    shown = []
    for channel in range(min(channels, MOST_CHANNELS)):
        content = _clean_nifti(_smallest(volume.voxels[..., channel]), volume.affine)
        label = name if channels == 1 else f"{name}, channel {channel + 1}"
        shown.append(ShownVolume(label, "image", content, channel == 0, notes))
        notes = ()
    return shown


def _show_mask(
    path: Path, name: str, first: Volume, first_name: str, any_grid: bool
) -> ShownVolume:
    mask = turned_like(read_labels(path, purpose="predict"), first)
    findings = check_same_canonical_grid(first, mask, first_name, name)
    elsewhere = [finding for finding in findings if finding.severity == "refuse"]
    if elsewhere and not any_grid:
        fix = f"{elsewhere[0].fix}; --any-grid shows it where its own header puts it"
        raise VolumeError(why=elsewhere[0].why, file=path, fix=fix, code=elsewhere[0].code)
    notes = _notes([*mask.findings, *findings])
    if elsewhere:
        notes += ("it is on another grid: do not judge its outline on the first file",)
    affine = mask.affine if elsewhere else first.affine
    return ShownVolume(name, "labels", _clean_nifti(mask.voxels, affine), notes=notes)


def _smallest(voxels_zyx: np.ndarray) -> np.ndarray:
    # Scanners store whole numbers of 12 bits: half the bytes of float32 for nearly every scan.
    if voxels_zyx.dtype == np.uint16:
        return voxels_zyx.astype(np.uint8) if voxels_zyx.max() < 256 else voxels_zyx
    limits = np.iinfo(np.int16)
    if voxels_zyx.min() < limits.min or voxels_zyx.max() > limits.max:
        return voxels_zyx
    small = voxels_zyx.astype(np.int16)
    return small if np.array_equal(small, voxels_zyx) else voxels_zyx


def _clean_nifti(voxels_zyx: np.ndarray, affine: np.ndarray) -> bytes:
    image = Nifti1Image(voxels_zyx.T, affine)
    image.header.set_xyzt_units("mm")
    image.set_qform(affine, code=_SCANNER)
    image.set_sform(affine, code=_SCANNER)
    # No time and no name go into the gzip header.
    return igzip.compress(image.to_bytes(), _GZIP_LEVEL, mtime=0)


def _short_names(paths: Sequence[Path]) -> list[str]:
    # A mask often has the name of its scan, and only its folder tells them apart.
    count = Counter(path.name for path in paths)
    names = [
        path.name if count[path.name] == 1 else f"{path.absolute().parent.name}/{path.name}"
        for path in paths
    ]
    return [os.fsencode(name).decode("utf-8", "replace") for name in names]


def _notes(findings: Sequence[Finding]) -> tuple[str, ...]:
    return tuple(f"{finding.why} [{finding.code}]" for finding in findings)
