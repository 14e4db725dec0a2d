"""What a run ended with."""

import math
from dataclasses import dataclass
from pathlib import Path

from kseg.dataset import DataSet
from kseg.evaluate import Summary
from kseg.fit import FitState
from kseg.workflow.digits_score import DigitsSummary


@dataclass(frozen=True)
class RunResult:
    """What a run ended with.

    Args:
        folder: the run folder.
        state: `FitState` at the end of training.
        summary: `Summary` of the validation (`DigitsSummary` for digits), or None where no case
            validates.
        phantom: bool, whether the scans were synthetic.
        last_words: tuple of str, the lines that the run ends with.
        parameters: int, trainable weights; of a part of a training only.
        validation_cases: int, cases of one validation; of a part of a training only.
    """

    folder: Path
    state: FitState
    summary: Summary | DigitsSummary | None
    phantom: bool
    last_words: tuple[str, ...] = ()
    parameters: int = 0
    validation_cases: int = 0


def spoken_name(dataset: DataSet) -> str:
    """Return the name of a data set as results tell it: of a phantom always with this word.

    Args:
        dataset: `DataSet`.

    Returns:
        str.

    Example:
        >>> labels = ("background", "liver")
        >>> spoken_name(DataSet("tiny", "phantom", Path("."), (), labels, ("CT",), phantom=True))
        'tiny (phantom)'
    """
    says_so = not dataset.phantom or "phantom" in dataset.name
    return dataset.name if says_so else f"{dataset.name} (phantom)"


def spoken_dice(summary: Summary) -> str:
    """Return the mean Dice over labels, and behind it that of each label.

    Args:
        summary: `Summary`.

    Returns:
        str.

    Example:
        >>> from kseg.evaluate import LabelScore, summarise
        >>> spoken_dice(summarise([LabelScore("a", "p1", "liver", 0.9)]))
        'mean Dice 0.9000 (liver 0.9000)'
    """
    labels = ", ".join(
        f"{entry.label} {'-' if math.isnan(entry.dice.mean) else f'{entry.dice.mean:.4f}'}"
        for entry in summary.labels
    )
    return f"mean Dice {summary.mean_dice:.4f} ({labels})"
