"""NIfTI in: one checked pass from a file's bytes to a canonical volume."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import numpy as np

from kseg.errors import VolumeError
from kseg.volume.affine import AffineFrom, GeometryOptions, Purpose, choose_affine
from kseg.volume.container import Container, name_findings, open_container
from kseg.volume.findings import Finding, note, raise_refusals, refusal
from kseg.volume.geometry import axes_like, canonical_affine, canonical_axes
from kseg.volume.grid import Grid, stored_geometry
from kseg.volume.header import Header, read_header
from kseg.volume.same_grid import check_same_grid
from kseg.volume.volume import Volume
from kseg.volume.voxels import fill_image, make_labels, read_stored


def read_image(
    paths: str | Path | Sequence[str | Path],
    *,
    channels: int | None = None,
    affine_from: AffineFrom = "auto",
    assume_orientation: str | None = None,
    nonfinite: Literal["refuse", "replace"] = "refuse",
    purpose: Purpose = "train",
) -> Volume:
    """Read an image from one file with 3 or 4 axes, or from one file a channel.

    Args:
        paths: path of one file, or a sequence of paths in the order of the channels.
        channels: int or None, the number of channels that the data set declares. With None any
            number is accepted.
        affine_from: `"auto"`, `"sform"` or `"qform"`: whom to believe where they differ. With
            `"auto"` a difference of more than 0.1 voxel is refused.
        assume_orientation: str or None, axis code such as `"LAS"` for files that give none.
        nonfinite: `"refuse"`, or `"replace"` NaN and −∞ by the lowest value, +∞ by the highest.
        purpose: `"train"` refuses files without orientation, `"predict"` assumes LAS for them.

    Returns:
        Volume, voxels (z, y, x, channel) float32.

    Raises:
        VolumeError: if any file is damaged, ambiguous, or does not fit the others.

    Example:
        >>> import tempfile
        >>> import numpy as np
        >>> from kseg.volume import make_grid, write_labels
        >>> file = Path(tempfile.mkdtemp()) / "scan.nii.gz"
        >>> grid = make_grid(np.diag([-1.5, -1.5, 3.0, 1.0]), (8, 8, 4))
        >>> write_labels(file, np.ones((4, 8, 8), np.uint8), grid)
        >>> read_image(file, channels=1).voxels.shape
        (4, 8, 8, 1)
    """
    if nonfinite not in ("refuse", "replace"):
        raise ValueError(
            f'`nonfinite` must be "refuse" or "replace". Received: nonfinite={nonfinite!r}.'
        )
    files = [Path(paths)] if isinstance(paths, str | Path) else [Path(path) for path in paths]
    if not files:
        raise ValueError(f"`paths` must name at least one file. Received: paths={paths!r}.")
    options = GeometryOptions(affine_from, assume_orientation, purpose)
    first, voxels, findings = None, None, []
    for index, file in enumerate(files):
        with _open(file, options) as (container, header, grid):
            findings += _check_channels(header, file, channels, len(files))
            first = first or grid
            pair = check_same_grid(first, grid, files[0].name, file)
            raise_refusals(pair)
            stored, surplus = read_stored(container, header)
        # The first file's axes for all: near 45 degrees two files that lie as good as equal could
        # otherwise be turned differently.
        stored = canonical_axes(first.affine_mm).view_zyx(stored)
        if voxels is None:
            voxels = np.empty((*stored.shape[1:], max(header.channels, len(files))), np.float32)
        mine = voxels[..., index : index + header.channels]
        findings += [*grid.findings, *pair, *surplus]
        findings += fill_image(mine, stored, header, file, nonfinite)
    affine = canonical_affine(first.affine_mm, first.shape_xyz)
    return Volume(voxels, affine, first, tuple(findings))


def read_labels(
    path: str | Path,
    *,
    like: Grid | None = None,
    affine_from: AffineFrom = "auto",
    assume_orientation: str | None = None,
    purpose: Purpose = "train",
) -> Volume:
    """Read a label map.

    Args:
        path: path of the file.
        like: Grid of its image, whose canonical axes the labels are brought to, however their own
            file stores them; None takes the labels' own. It matters for oblique scans near 45
            degrees, where a rounding error would exchange two axes.
        affine_from: as in `read_image`.
        assume_orientation: as in `read_image`.
        purpose: as in `read_image`; masks predicted for scans without orientation have none.

    Returns:
        Volume, voxels (z, y, x) uint8, or uint16 where a label is above 255.

    Raises:
        VolumeError: if the file is damaged or ambiguous, or its values are no labels.

    Example:
        >>> import tempfile
        >>> import numpy as np
        >>> from kseg.volume import make_grid, write_labels
        >>> file = Path(tempfile.mkdtemp()) / "scan.nii.gz"
        >>> grid = make_grid(np.diag([-1.5, -1.5, 3.0, 1.0]), (8, 8, 4))
        >>> write_labels(file, np.ones((4, 8, 8), np.uint8), grid)
        >>> read_labels(file).voxels.dtype
        dtype('uint8')
    """
    file = Path(path)
    options = GeometryOptions(affine_from, assume_orientation, purpose)
    with _open(file, options) as (container, header, grid):
        _check_channels(header, file, channels=1, files=1)
        stored, findings = read_stored(container, header)
    axes = canonical_axes(grid.affine_mm)
    if like is not None:
        axes = axes_like(grid.affine_mm, canonical_affine(like.affine_mm, like.shape_xyz))
    labels, more = make_labels(axes.view_zyx(stored[0]), header, file)
    affine = canonical_affine(grid.affine_mm, grid.shape_xyz, axes)
    return Volume(labels, affine, grid, (*grid.findings, *findings, *more))


def read_grid(
    path: str | Path,
    *,
    affine_from: AffineFrom = "auto",
    assume_orientation: str | None = None,
    purpose: Purpose = "train",
) -> Grid:
    """Read and check a file's header alone, in about a millisecond.

    Args:
        path: path of the file.
        affine_from: as in `read_image`.
        assume_orientation: as in `read_image`.
        purpose: as in `read_image`.

    Returns:
        Grid, with its number of channels and what the checks had to say.

    Raises:
        VolumeError: if the header is damaged, impossible or ambiguous.

    Example:
        >>> import tempfile
        >>> import numpy as np
        >>> from kseg.volume import make_grid, write_labels
        >>> file = Path(tempfile.mkdtemp()) / "scan.nii.gz"
        >>> grid = make_grid(np.diag([-1.5, -1.5, 3.0, 1.0]), (8, 8, 4))
        >>> write_labels(file, np.ones((4, 8, 8), np.uint8), grid)
        >>> read_grid(file).shape_xyz
        (8, 8, 4)
    """
    options = GeometryOptions(affine_from, assume_orientation, purpose)
    with _open(Path(path), options) as (_, _, grid):
        return grid


@contextmanager
def _open(path: Path, options: GeometryOptions) -> Iterator[tuple[Container, Header, Grid]]:
    with open_container(path) as container:
        try:
            header = read_header(container)
            affine = choose_affine(header, path, options)
        except VolumeError:
            # A broken copy may show first as a senseless header: tell the cause, not the symptom.
            container.look_for_damage()
            raise
        grid = Grid(
            shape_xyz=header.shape_xyz,
            affine=affine.stored,
            affine_mm=affine.mm,
            stored=stored_geometry(header.nifti, header.version),
            channels=header.channels,
            findings=(*name_findings(container), *header.findings, *affine.findings),
        )
        yield container, header, grid


def _check_channels(header: Header, path: Path, channels: int | None, files: int) -> list[Finding]:
    if files > 1:
        if header.channels != 1:
            why = f"it holds {header.channels} channels, where each of {files} files must hold one"
            raise refusal("D02", path, why, "split it into one file a channel")
        if channels not in (None, files):
            why = f"{files} files were given for {channels} channels, the first is this one"
            raise refusal("D02", path, why, "give one file for each declared channel")
    elif channels is None and header.channels > 1:
        return [note("D02", path, f"its {header.channels} volumes were read as channels")]
    elif channels not in (None, header.channels):
        why = f"it holds {header.channels} channels where {channels} are expected"
        hint = " (a time series?)" if header.channels > channels else ""
        fix = "give an image with the declared channels, or correct the data set's channels"
        raise refusal("D02", path, why + hint, fix)
    return []
