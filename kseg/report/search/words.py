"""What the numbers of a search are called, and how long it took, as people say it."""

import math
from collections.abc import Mapping

from kseg.report._format import figures
from kseg.report.search.trials import Trial

_TITLES = {
    "val_dice": ("Validation Dice", ""),
    "val_accuracy": ("Validation accuracy", ""),
    "patch_dice": ("Dice on training patches", ""),
    "learning_rate": ("Learning rate at the end", ""),
    "loss": ("Training loss", ""),
    "steps": ("Steps", ""),
    "seconds": ("Time to train", "s"),
    "seconds_per_scan": ("Time per scan", "s"),
    "memory_gib": ("Memory", "GiB"),
    "parameters": ("Weights", "numbers"),
}
_LABEL_DICE = "val_dice_"


def metric_title(name: str) -> tuple[str, str]:
    """Return what a metric of the table of trials is called, and its unit.

    Args:
        name: str, such as `"val_dice_liver"`.

    Returns:
        title and unit; the unit is empty where there is none.

    Example:
        >>> metric_title("seconds_per_scan"), metric_title("val_dice_liver")
        (('Time per scan', 's'), ('Dice of liver', ''))
    """
    if name.startswith(_LABEL_DICE):
        return f"Dice of {name.removeprefix(_LABEL_DICE)}", ""
    return _TITLES.get(name, (name, ""))


def metric_axis(name: str) -> str:
    """Return a metric as the name of an axis.

    Example:
        >>> metric_axis("memory_gib")
        'memory, GiB'
    """
    title, unit = metric_title(name)
    # A name of the user's own keeps its letters.
    title = title if title == name else title[0].lower() + title[1:]
    return f"{title}, {unit}" if unit else title


def score_title(metrics: Mapping[str, float]) -> str:
    """Return what the score is, in words.

    Args:
        metrics: mapping from the name of a metric to its weight.

    Returns:
        str.

    Example:
        >>> score_title({"val_dice": 1.0})
        'validation Dice'
        >>> score_title({"val_dice": 1.0, "seconds_per_scan": -0.01})
        '1 × validation Dice − 0.01 × time per scan, s'
    """
    if list(metrics.values()) == [1.0]:
        return metric_axis(next(iter(metrics)))
    text = ""
    for name, weight in metrics.items():
        sign = ("−" if weight < 0 else "+") if text else ("−" if weight < 0 else "")
        text += f" {sign} " if text else sign
        text += f"{figures(abs(weight))} × {metric_axis(name)}"
    return text


def score_axis(metrics: Mapping[str, float]) -> str:
    """Return the name of the axis of scores.

    Example:
        >>> score_axis({"val_dice": 1.0}), score_axis({"val_dice": 1.0, "loss": -1.0})
        ('validation Dice', 'score')
    """
    return score_title(metrics) if list(metrics.values()) == [1.0] else "score"


def score_text(score: float) -> str:
    """Return a score as text, with digits enough to tell two trials apart.

    Example:
        >>> score_text(0.87), score_text(1234.5), score_text(math.nan)
        ('0.8700', '1234', '–')
    """
    if not math.isfinite(score) or abs(score) >= 10:
        return figures(score)
    return f"{score:.4f}".replace("-", "−")


def share_text(trial: Trial) -> str:
    """Return which part of the whole training a trial trained, in per cent.

    Example:
        >>> share_text(Trial(3, "completed", share_from=1 / 9, share_to=1 / 3))
        '11 to 33'
        >>> share_text(Trial(0, "completed", share_to=1.0))
        '100'
    """
    end = _percent(trial.share_to)
    return f"{_percent(trial.share_from)} to {end}" if trial.share_from > 0 else end


def duration(seconds: float) -> str:
    """Return a time as people say it.

    Example:
        >>> duration(2287.0), duration(5400), duration(12.4)
        ('38 min 7 s', '1 h 30 min', '12 s')
    """
    if not math.isfinite(seconds):
        return figures(seconds)
    whole = round(seconds)
    if whole >= 3600:
        hours, minutes = divmod(round(whole / 60), 60)
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    minutes, rest = divmod(whole, 60)
    parts = (f"{minutes} min" if minutes else "", f"{rest} s" if rest or not minutes else "")
    return " ".join(filter(None, parts))


def _percent(share: float) -> str:
    return f"{100 * share:.2g}" if share < 0.1 else f"{100 * share:.0f}"
