"""A whole recipe, from data to run folder; a model folder applied to many scans."""

from kseg.workflow.cohort import predict_cohort
from kseg.workflow.scan import ScanPredictor, make_predictor
from kseg.workflow.train import RunResult, train

__all__ = ["RunResult", "ScanPredictor", "make_predictor", "predict_cohort", "train"]
