"""One HTML page of a run, an evaluation or a search, and a viewer; without TensorFlow."""

from kseg.report.build import write_evaluation_report, write_run_report
from kseg.report.evaluation_content import Evaluated
from kseg.report.search import is_search, write_search_report

__all__ = [
    "Evaluated",
    "is_search",
    "write_evaluation_report",
    "write_run_report",
    "write_search_report",
]
