"""The values that were found beside those of the base recipe, and the best trial itself."""

import math
from collections.abc import Mapping

from kseg.report.search.content import Setting, Winner
from kseg.report.search.files import BEST_FILE, SearchFiles
from kseg.report.search.record import SearchRecord
from kseg.report.search.space import as_number
from kseg.report.search.trials import Trial
from kseg.report.search.words import score_text

_SAME = 1e-9


def settings(files: SearchFiles) -> tuple[Setting, ...]:
    """Return each key of the space with what was searched and what was found.

    Args:
        files: `SearchFiles`.

    Returns:
        tuple of `Setting`, in the order of the space.
    """
    best = files.trials.best
    lines = []
    for dimension in files.record.space:
        base = files.record.base.get(dimension.key, "")
        value = best.values.get(dimension.key, "") if best else ""
        differs = best is not None and value != "" and not _same(value, base)
        edge = dimension.edge(value)
        lines.append(
            Setting(
                key=dimension.key,
                searched=dimension.searched,
                base=_brief(base),
                best=_brief(value),
                differs=differs,
                note=f"at the {edge}: better values may lie beyond" if edge else "",
            )
        )
    return tuple(lines)


def winner(files: SearchFiles) -> Winner | None:
    """Return the best trial, and how well the base recipe's own values did if they were tried.

    Args:
        files: `SearchFiles`.

    Returns:
        `Winner`, or None where no trial completed.
    """
    best = files.trials.best
    if best is None:
        return None
    base = base_trial(files)
    return Winner(
        trial=best.number,
        score=score_text(best.score),
        base_score="" if base is None else f"{score_text(base.score)} (trial {base.number})",
        command=f"kseg fit {BEST_FILE}" if files.has_best else "",
        trial_keys=told_of_trials(files.record),
    )


def told_of_trials(record: SearchRecord) -> str:
    """Return what all trials took otherwise than the recipe, such as a shorter training.

    Args:
        record: `SearchRecord`.

    Returns:
        str; empty for nothing.
    """
    return ", ".join(f"{key} {value or 'null'}" for key, value in record.trial.items())


def base_trial(files: SearchFiles) -> Trial | None:
    """Return the best comparable trial that had the base recipe's own values; None without one.

    Args:
        files: `SearchFiles`.

    Returns:
        `Trial`, of those trained as long as the best one.
    """
    base = files.record.base
    found = [trial for trial in files.trials.longest if _is_base(trial.values, base)]
    return min(found, key=files.trials.badness, default=None)


def _is_base(values: Mapping[str, str], base: Mapping[str, str]) -> bool:
    return bool(values) and all(_same(value, base.get(key, "")) for key, value in values.items())


def _same(one: str, other: str) -> bool:
    numbers = as_number(one), as_number(other)
    if any(map(math.isnan, numbers)):
        return one.casefold() == other.casefold()
    return math.isclose(*numbers, rel_tol=_SAME)


def _brief(value: str) -> str:
    number = as_number(value)
    return value if math.isnan(number) or len(value) < 9 else f"{number:.6g}"
