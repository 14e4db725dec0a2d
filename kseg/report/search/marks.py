"""How configurations are drawn: their marks, and the part of the scale that tells them apart."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes

from kseg.report._axes import COLOURS
from kseg.report._inline_svg import INK

POINT, BEST = COLOURS[0], COLOURS[1]
# Of fewer scores than this no one is far off the others.
_FEWEST = 5
# So many times as far from the best as the quarter mark lies: what is worse is off the scale.
_REACH = 4.0
# How far the curves that lead to the scores are seen, as a share of the spread of the scores.
_BEFORE = 1.0
_MARGIN = 0.06
_DOT = {"s": 20, "edgecolors": POINT, "linewidths": 1.1, "zorder": 3}
_LOOKS = {
    "full": {"marker": "o", "facecolors": POINT, **_DOT},
    "part": {"marker": "o", "facecolors": "none", **_DOT},
    "below": {"marker": "v", "facecolors": "none", **_DOT},
    "above": {"marker": "^", "facecolors": "none", **_DOT},
    "best": {
        "marker": "*",
        "facecolors": BEST,
        "edgecolors": INK,
        "s": 110,
        "linewidths": 0.6,
        "zorder": 4,
    },
}


@dataclass(frozen=True)
class Scale:
    """The part of an axis of scores that is drawn.

    Args:
        low: float.
        high: float.
    """

    low: float
    high: float

    @classmethod
    def of(cls, scores: Sequence[float], *, is_max: bool, seen: Sequence[float] = ()) -> "Scale":
        """Return the scale on which these scores can be told apart.

        A training that went wrong scores so much worse than all others that these would become
        one line: the scale ends before it.

        Args:
            scores: floats, at least one, the scores that matter.
            is_max: bool, a higher score is a better one.
            seen: floats that are drawn too, such as the curves that lead to the scores.

        Returns:
            `Scale`.

        Example:
            >>> scale = Scale.of([0.9, 0.89, 0.88, 0.87, 0.02], is_max=True)
            >>> scale.low > 0.5, scale.high > 0.9
            (True, True)
        """
        sign = 1.0 if is_max else -1.0
        goodness = sign * np.asarray(scores, float)
        everything = np.concatenate([goodness, sign * np.asarray(seen, float)])
        worst, top = float(everything.min()), float(everything.max())
        if len(goodness) >= _FEWEST:
            best = float(goodness.max())
            reach = _REACH * (best - float(np.percentile(goodness, 25)))
            if reach > 0:
                near = float(goodness[goodness >= best - reach].min())
                worst = max(worst, near - _BEFORE * (best - near) if len(seen) else near)
        margin = _MARGIN * (top - worst) or 0.01 * max(abs(top), 1e-3)
        ends = sorted((sign * (worst - margin), sign * (top + margin)))
        return cls(*ends)

    def put_on(self, axes: Axes) -> None:
        """Set the vertical axis of a drawing to this scale."""
        axes.set_ylim(self.low, self.high)

    def holds(self, score: float) -> bool:
        """Whether a score lies on the scale."""
        return self.low <= score <= self.high


def draw_points(
    axes: Axes,
    places: Sequence[float],
    scores: Sequence[float],
    scale: Scale,
    *,
    full: Sequence[bool],
    best: int | None,
) -> None:
    """Draw a mark for each configuration.

    Args:
        axes: `Axes`.
        places: floats, where they stand along the horizontal axis.
        scores: floats.
        scale: `Scale`; a score off it is drawn as an arrow at the edge.
        full: bools, whether each was trained as long as the longest: a dot, and else a ring.
        best: int, which of them is the best, drawn as a star; or None.
    """
    scale.put_on(axes)
    margin = 0.03 * (scale.high - scale.low)
    # All marks of one look are drawn at once, which keeps a page of hundreds of trials small.
    drawn: dict[str, list[tuple[float, float]]] = {}
    for index, (place, score) in enumerate(zip(places, scores, strict=True)):
        look = "best" if index == best else "full" if full[index] else "part"
        if not scale.holds(score):
            look = "below" if score < scale.low else "above"
            score = scale.low + margin if look == "below" else scale.high - margin
        drawn.setdefault(look, []).append((place, score))
    for look, points in drawn.items():
        axes.scatter(*zip(*points, strict=True), **_LOOKS[look])


def off_scale(scores: Sequence[float], scale: Scale) -> str:
    """Return how many scores lie off the scale, as the end of a caption; empty for none.

    Example:
        >>> off_scale([0.02, 0.9], Scale(0.8, 1.0))
        ' 1 is off the scale (arrow).'
    """
    count = sum(not scale.holds(score) for score in scores)
    return f" {count} {'is' if count == 1 else 'are'} off the scale (arrow)." if count else ""
