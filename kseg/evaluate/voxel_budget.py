"""How many voxels may be measured at one time, so that many processors need not much memory."""

import threading
from collections.abc import Iterator
from concurrent.futures import CancelledError
from contextlib import contextmanager

from kseg.errors import KsegError
from kseg.evaluate.judge import MaskReading
from kseg.evaluate.pairs import Pair
from kseg.volume import read_grid

# Measuring takes about ten bytes a voxel: the two masks, and what is made of them on the way.
VOXELS_AT_ONCE = 200_000_000


class VoxelBudget:
    """Let as many cases in at a time as their voxels allow; the others wait.

    A case that is larger than all that is allowed is let in alone.

    Args:
        voxels: int, how many voxels may be in work together.

    Example:
        >>> budget = VoxelBudget(1000)
        >>> with budget.hold(400), budget.hold(600):
        ...     budget.held
        1000
    """

    def __init__(self, voxels: int = VOXELS_AT_ONCE):
        self.held = 0
        self._voxels = voxels
        self._closed = False
        self._changed = threading.Condition()

    @contextmanager
    def hold(self, voxels: int) -> Iterator[None]:
        """Wait until there is room, and take it for the length of the block.

        Args:
            voxels: int, of this case.

        Raises:
            CancelledError: if `close` was called before there was room.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._has_room(voxels))
            if self._closed:
                raise CancelledError
            self.held += voxels
        try:
            yield
        finally:
            with self._changed:
                self.held -= voxels
                self._changed.notify_all()

    def close(self) -> None:
        """Let nobody in any more."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _has_room(self, voxels: int) -> bool:
        return self.held == 0 or self.held + voxels <= self._voxels


def voxels_of(pair: Pair, reading: MaskReading) -> int:
    """Return how many voxels the larger mask of a pair has, by the headers alone.

    Args:
        pair: `Pair`.
        reading: `MaskReading`.

    Returns:
        int; 0 where a header cannot be read, as such a case ends before it takes memory.
    """
    counts = [0]
    for file in (pair.case.mask, pair.predicted):
        try:
            grid = read_grid(file, affine_from=reading.affine_from, purpose="predict")
        except (KsegError, OSError):
            return 0
        x, y, z = grid.shape_xyz
        counts.append(x * y * z)
    return max(counts)
