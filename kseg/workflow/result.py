"""What a run ended with."""

from dataclasses import dataclass
from pathlib import Path

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
