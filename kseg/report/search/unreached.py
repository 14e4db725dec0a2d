"""What a search did not come to, so that nobody takes it for more than it was."""

from kseg.report.search.files import SearchFiles
from kseg.words import counted

_WHOLE = 0.999


def unreached(files: SearchFiles) -> tuple[str, ...]:
    """Return what the search did not come to.

    Args:
        files: `SearchFiles`.

    Returns:
        tuple of sentences, the first of them why it ended.
    """
    lines = [*_lengths(files), *_values(files)]
    if not lines and files.trials.longest:
        lines = [
            "Every configuration was trained to the end, and every choice and every quarter of "
            "every range was tried."
        ]
    return (*_ends(files), *lines)


def _ends(files: SearchFiles) -> list[str]:
    trials, record, lines = files.trials, files.record, []
    if record.ended:
        lines.append(f"The search ended because of this: {record.ended.rstrip('.')}.")
    else:
        lines.append("The search has not ended.")
    running = [str(trial.number) for trial in trials.all if trial.status == "running"]
    if running:
        lines.append(f"Begun and without a result: trial {', '.join(running)}.")
    return lines


def _lengths(files: SearchFiles) -> list[str]:
    trials, lines = files.trials, []
    if 0 < trials.largest_share < _WHOLE:
        lines.append(
            f"No configuration was trained to the end: the longest trained "
            f"{100 * trials.largest_share:.3g} % of the whole training."
        )
    stopped = [
        each
        for each in trials.configurations
        if each.last.is_scored and not trials.is_longest(each.last)
    ]
    if stopped:
        were = "was" if len(stopped) == 1 else "were"
        lines.append(
            f"{len(stopped)} of {counted(len(trials.configurations), 'configuration')} {were} "
            "stopped early. Their scores are those of a shorter training and cannot be held "
            "against the others."
        )
    blank = [each for each in trials.configurations if not each.last.is_scored]
    if blank:
        have = "has" if len(blank) == 1 else "have"
        lines.append(f"{counted(len(blank), 'configuration')} {have} no score at all.")
    return lines


def _values(files: SearchFiles) -> list[str]:
    scored = [each for each in files.trials.configurations if each.last.is_scored]
    if not scored:
        return []
    lines = []
    for dimension in files.record.space:
        values = [each.values[dimension.key] for each in scored if dimension.key in each.values]
        if not values:
            lines.append(f"{dimension.key}: no trial with a score used it.")
        elif missing := dimension.untried(values):
            lines.append(f"{dimension.key}: no trial with a score had {missing}.")
    return lines
