"""Judge masks against the truth: measures, tables, intervals."""

from kseg.evaluate.overlap import LabelScore, confusion_matrix, dice_per_label, evaluate_case
from kseg.evaluate.summary import Interval, LabelSummary, Summary, summarise
from kseg.evaluate.tables import CASES_FILE, SUMMARY_FILE, write_tables

__all__ = [
    "CASES_FILE",
    "Interval",
    "LabelScore",
    "LabelSummary",
    "SUMMARY_FILE",
    "Summary",
    "confusion_matrix",
    "dice_per_label",
    "evaluate_case",
    "summarise",
    "write_tables",
]
