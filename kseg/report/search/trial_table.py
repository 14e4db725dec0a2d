"""The table of all trials: none is left out, the best on top, failed ones with their reason."""

import math

from kseg.report.search.content import MetricColumn, TrialLine, TrialTable
from kseg.report.search.files import SearchFiles
from kseg.report.search.space import as_number
from kseg.report.search.words import metric_title, score_text, score_title, share_text

_MAIN = ("val_dice", "seconds_per_scan", "memory_gib")


def trial_table(files: SearchFiles) -> TrialTable:
    """Return the table of all trials.

    Args:
        files: `SearchFiles`.

    Returns:
        `TrialTable`.
    """
    best, record = files.trials.best, files.record
    # A column that only repeats the score, or that nothing was measured for, tells nothing.
    names = [
        name
        for name in files.metrics
        if record.metrics != {name: 1.0}
        and any(math.isfinite(trial.metrics[name]) for trial in files.trials.all)
    ]
    keys = record.keys
    lines = tuple(
        TrialLine(
            number=trial.number,
            is_best=trial is best,
            status=trial.status,
            reason=trial.reason,
            score=trial.score if trial.is_scored else math.nan,
            score_text=score_text(trial.score if trial.is_scored else math.nan),
            share=share_text(trial),
            share_to=trial.share_to,
            continues="" if trial.continues is None else str(trial.continues),
            values=tuple(_brief(trial.values.get(key, "")) for key in keys),
            metrics=tuple(trial.metrics[name] for name in names),
        )
        for trial in files.trials.ranked
    )
    return TrialTable(
        score=score_title(record.metrics),
        score_order="descending" if record.is_max else "ascending",
        keys=keys,
        columns=tuple(_column(name) for name in names),
        lines=lines,
    )


def _column(name: str) -> MetricColumn:
    title, unit = metric_title(name)
    is_dice = name.startswith("val_dice")
    return MetricColumn(title, unit, name in _MAIN, "descending" if is_dice else "ascending")


def _brief(value: str) -> str:
    number = as_number(value)
    return value if math.isnan(number) else f"{number:.4g}"
