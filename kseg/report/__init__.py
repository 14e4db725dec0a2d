"""One HTML page of a run or of an evaluation, and a viewer; without TensorFlow."""

from kseg.report.build import write_evaluation_report, write_run_report
from kseg.report.evaluation_content import Evaluated

__all__ = [
    "Evaluated",
    "write_evaluation_report",
    "write_run_report",
]
