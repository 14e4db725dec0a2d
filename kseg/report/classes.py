"""How large each label is, so that a score can be read against what it was earned on."""

import math
import statistics
from collections.abc import Mapping, Sequence

from kseg.evaluate import LabelScore
from kseg.report.content import ClassSize


def class_sizes(volumes_ml: Mapping[str, Sequence[float]]) -> tuple[ClassSize, ...]:
    """Summarise the volumes of each label over cases.

    Args:
        volumes_ml: mapping of label to its volume in ml in each case, 0 where it is absent.

    Returns:
        tuple of `ClassSize`, in the order given.

    Example:
        >>> liver, = class_sizes({"liver": [1200.0, 0.0, 1400.0]})
        >>> liver.cases, liver.median_ml, liver.share_percent
        (2, 1300.0, 100.0)
    """
    total = sum(sum(values) for values in volumes_ml.values())
    sizes = []
    for label, values in volumes_ml.items():
        held = [value for value in values if value > 0]
        sizes.append(
            ClassSize(
                label=label,
                cases=len(held),
                median_ml=statistics.median(held) if held else math.nan,
                smallest_ml=min(held, default=math.nan),
                largest_ml=max(held, default=math.nan),
                share_percent=100 * sum(held) / total if total else 0.0,
            )
        )
    return tuple(sizes)


def true_volumes_ml(scores: Sequence[LabelScore]) -> dict[str, list[float]]:
    """Return the true volume of each label in each case that was judged.

    Args:
        scores: `LabelScore`s.

    Returns:
        mapping of label to volumes in ml.

    Example:
        >>> true_volumes_ml([LabelScore("a", "p1", "liver", truth_ml=1300.0)])
        {'liver': [1300.0]}
    """
    volumes: dict[str, list[float]] = {}
    for score in scores:
        volumes.setdefault(score.label, []).append(score.truth_ml)
    return volumes
