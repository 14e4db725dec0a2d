"""Which keys of a space mattered, as far as few trials can tell."""

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from kseg.recipe import ParameterSection, TuneSection, write_flow
from kseg.tune.objective import maximises
from kseg.tune.record import COMPLETED, PRUNED, TrialRecord

COLUMNS = ("parameter", "importance", "effect", "trials")
# Below this many trials a rank says nothing, and below this strength it has no direction.
FEWEST_TRIALS, WEAKEST = 4, 0.2


def importance(records: Sequence[TrialRecord], tune: TuneSection) -> pd.DataFrame:
    """Return how strongly the score went with each key.

    Scores are taken as ranks among the trials that trained the same share, so that one odd trial
    counts no more than another and long trainings are not compared with short ones. For choices it
    is the correlation ratio of the ranks, corrected for the number of values, so that a choice
    among many does not win by chance (epsilon squared, as its root); for numbers the size of
    Spearman's rank correlation, or that ratio of their thirds where the best lies in the middle.

    Args:
        records: all trials.
        tune: `TuneSection`.

    Returns:
        `pandas.DataFrame` with the columns `parameter`, `importance` (0 to 1; NaN where too few
        trials tell it), `effect` and `trials`, the most important first.
    """
    ranked = _ranks(records, maximise=maximises(tune))
    rows = []
    for key, parameter in tune.space.items():
        pairs = [(r.values[key], rank) for r, rank in ranked if key in r.values]
        if parameter.kind in ("int", "float"):
            # A changed space may have made a range of what was a choice before.
            pairs = [pair for pair in pairs if type(pair[0]) in (int, float)]
        strength, effect = _strength(parameter, pairs)
        rows.append((key, round(strength, 3), effect, len(pairs)))
    rows.sort(key=lambda row: (math.isnan(row[1]), -row[1]))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _ranks(records: Sequence[TrialRecord], *, maximise: bool) -> list[tuple[TrialRecord, float]]:
    """Return each scored trial with its rank, 0 (worst) to 1 (best), among those of its share.

    A configuration that was promoted counts once for each length: if only its last counted, the
    last among the promoted would look as bad as the last of those that were not.
    """
    ranked = []
    scored = [r for r in records if r.status in (COMPLETED, PRUNED)]
    for share in sorted({r.share_to for r in scored}):
        group = [r for r in scored if r.share_to == share]
        if len(group) < 2:
            continue
        # Whatever it scored on its way, most others were better there.
        signs = [
            -np.inf if r.status == PRUNED else r.score if maximise else -r.score for r in group
        ]
        places = (rankdata(signs) - 1) / (len(group) - 1)
        ranked += [(r, p) for r, p in zip(group, places, strict=True)]
    return ranked


def _strength(parameter: ParameterSection, pairs) -> tuple[float, str]:
    if len(pairs) < FEWEST_TRIALS or len({write_flow(value) for value, _ in pairs}) < 2:
        return math.nan, "too few trials to tell"
    ranks = np.array([rank for _, rank in pairs])
    if ranks.std() == 0:
        return 0.0, "no clear direction"
    values = [value for value, _ in pairs]
    if parameter.kind in ("int", "float"):
        return _of_numbers(values, ranks)
    strength, best = _between([write_flow(value) for value in values], ranks)
    if strength < WEAKEST:
        return strength, "no clear direction"
    return strength, f"best: {best}"


def _of_numbers(values: list, ranks: np.ndarray) -> tuple[float, str]:
    """Return the strength of a range: along it, or of one of its thirds, as of the middle."""
    correlation = float(np.corrcoef(rankdata(values), rankdata(ranks))[0, 1])
    thirds = np.ceil(3 * rankdata(values) / len(values)).astype(int)
    strength, best = _between([str(third) for third in thirds], ranks)
    if max(abs(correlation), strength) < WEAKEST:
        return max(abs(correlation), strength), "no clear direction"
    if abs(correlation) >= strength:
        return abs(correlation), f"{'higher' if correlation > 0 else 'lower'} is better"
    inside = [value for value, third in zip(values, thirds, strict=True) if str(third) == best]
    return strength, f"best: {min(inside):g} to {max(inside):g}"


def _between(labels: list[str], ranks: np.ndarray) -> tuple[float, str]:
    """Return how far groups differ in their ranks, and the name of the best."""
    names, labels = sorted(set(labels)), np.array(labels)
    means = {name: ranks[labels == name].mean() for name in names}
    between = sum((labels == name).sum() * (means[name] - ranks.mean()) ** 2 for name in names)
    within = ((ranks - np.array([means[label] for label in labels])) ** 2).sum()
    free = len(labels) - len(names)
    # Epsilon squared: 0 in the mean where the choice says nothing, whatever the number of values.
    noise = within / free * (len(names) - 1) if free > 0 else between
    strength = float(np.sqrt(max(0.0, between - noise) / (between + within)))
    return strength, str(max(means, key=means.get))
