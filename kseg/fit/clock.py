"""Seconds spent on a run, over all its sittings."""

import time
from collections.abc import Callable


class Clock:
    """Count wall-clock seconds from now on, on top of what earlier sittings spent.

    Args:
        now: function that returns seconds; a monotonic one, which no change of the date can move.

    Example:
        >>> ticks = iter([10.0, 14.0])
        >>> clock = Clock(now=lambda: next(ticks))
        >>> clock.elapsed_seconds()
        4.0
    """

    def __init__(self, now: Callable[[], float] = time.monotonic):
        self._now = now
        self._started = now()
        self.spent_before = 0.0

    def elapsed_seconds(self) -> float:
        """Return the seconds of this sitting and of those before."""
        return self.spent_before + self._now() - self._started
