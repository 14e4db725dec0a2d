"""An image or a label map in one orientation, with the way back to its file."""

from dataclasses import dataclass

import numpy as np

from kseg.volume.findings import Finding
from kseg.volume.grid import Grid


@dataclass(frozen=True, eq=False)
class Volume:
    """Voxels in canonical order: x grows to the Right, y to Anterior, z to Superior.

    Args:
        voxels: array, C-contiguous. An image is (z, y, x, channel) float32; labels are (z, y, x)
            of the smallest unsigned type that holds them, uint8 or uint16.
        affine: (4, 4) float64 array, canonical voxel index (x, y, z, 1) -> RAS position in mm.
        grid: Grid, the stored grid of the file it came from.
        findings: tuple of Finding, every repair and note made while reading.

    Example:
        >>> from kseg.volume.grid import make_grid
        >>> grid = make_grid(np.diag([1.5, 1.5, 3, 1]), (4, 4, 2))
        >>> Volume(np.zeros((2, 4, 4, 1), np.float32), grid.affine, grid, ()).spacing_mm
        (3.0, 1.5, 1.5)
    """

    voxels: np.ndarray
    affine: np.ndarray
    grid: Grid
    findings: tuple[Finding, ...] = ()

    @property
    def spacing_mm(self) -> tuple[float, float, float]:
        """Distance between neighbouring voxels along (z, y, x), in mm."""
        x, y, z = np.linalg.norm(self.affine[:3, :3], axis=0)
        return float(z), float(y), float(x)

    @property
    def shape_zyx(self) -> tuple[int, int, int]:
        """Number of voxels along (z, y, x)."""
        return self.voxels.shape[:3]
