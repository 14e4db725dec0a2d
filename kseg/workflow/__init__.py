"""A whole recipe, from data to run folder; all folds of one; a model folder and many scans."""

from kseg.workflow.cohort import predict_cohort
from kseg.workflow.crossval import CrossvalResult, FoldOptions, cross_validate
from kseg.workflow.scan import ScanPredictor, make_predictor
from kseg.workflow.train import RunResult, train

__all__ = [
    "CrossvalResult",
    "FoldOptions",
    "RunResult",
    "ScanPredictor",
    "cross_validate",
    "make_predictor",
    "predict_cohort",
    "train",
]
