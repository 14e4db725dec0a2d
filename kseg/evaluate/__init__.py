"""Judge masks against the truth: measures, tables, intervals."""

from kseg.evaluate.bootstrap import FEWEST
from kseg.evaluate.case import evaluate_case
from kseg.evaluate.compare import compare
from kseg.evaluate.comparison import OVER_LABELS, ComparedLabel, Comparison, Unpaired
from kseg.evaluate.folders import Evaluation, evaluate_pairs, share_labels
from kseg.evaluate.joined import join_as_recorded, joined_of_run, joined_record
from kseg.evaluate.judge import CaseNote, Failure, MaskReading, leave_out
from kseg.evaluate.left_out import LeftOut
from kseg.evaluate.measures import MEASURE_NAMES, MEASURES, Measure, measure
from kseg.evaluate.overlap import confusion_matrix, dice_per_label
from kseg.evaluate.pairs import Pair, Pairing, find_pairs
from kseg.evaluate.score import (
    EvaluatedLabel,
    EvaluateSettings,
    LabelScore,
    evaluated_labels,
    labels_by_value,
)
from kseg.evaluate.summary import LabelSummary, MeasureSummary, Summary, summarise
from kseg.evaluate.surface import SurfaceDistances, surface_distances
from kseg.evaluate.tables import (
    CASES_FILE,
    COMPARISON_FILE,
    COMPARISON_TABLE,
    REPORT_FILE,
    SUMMARY_FILE,
    StoredScores,
    read_cases,
    write_tables,
)
from kseg.evaluate.text import case_notes, failure_text, first_names
from kseg.evaluate.tolerance import parse_tolerances
from kseg.evaluate.truth import TrueCase, Truth, find_truth

__all__ = [
    "CASES_FILE",
    "COMPARISON_FILE",
    "COMPARISON_TABLE",
    "CaseNote",
    "ComparedLabel",
    "Comparison",
    "EvaluateSettings",
    "EvaluatedLabel",
    "Evaluation",
    "FEWEST",
    "Failure",
    "LabelScore",
    "LabelSummary",
    "LeftOut",
    "MEASURES",
    "MEASURE_NAMES",
    "MaskReading",
    "Measure",
    "MeasureSummary",
    "OVER_LABELS",
    "Pair",
    "Pairing",
    "REPORT_FILE",
    "SUMMARY_FILE",
    "StoredScores",
    "Summary",
    "SurfaceDistances",
    "TrueCase",
    "Truth",
    "Unpaired",
    "case_notes",
    "compare",
    "confusion_matrix",
    "dice_per_label",
    "evaluate_case",
    "evaluate_pairs",
    "evaluated_labels",
    "failure_text",
    "find_pairs",
    "find_truth",
    "first_names",
    "join_as_recorded",
    "joined_of_run",
    "joined_record",
    "labels_by_value",
    "leave_out",
    "measure",
    "parse_tolerances",
    "read_cases",
    "share_labels",
    "summarise",
    "surface_distances",
    "write_tables",
]
