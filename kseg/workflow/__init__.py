"""A whole recipe, from data to run folder; a model folder applied to many scans."""

from kseg.workflow.cohort import predict_cohort
from kseg.workflow.scan import ScanPredictor, open_predictor
from kseg.workflow.train import RunResult, train

__all__ = ["RunResult", "ScanPredictor", "open_predictor", "predict_cohort", "train"]
