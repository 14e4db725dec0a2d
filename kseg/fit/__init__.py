"""Batches in, trained weights out: the loop, its checkpoints and its clock."""

from kseg.fit.averaging import adopt_averages, averaged_weights
from kseg.fit.budget import BudgetPlan, Pace, plan_budget, seconds_to_train
from kseg.fit.checkpoint import Checkpoint, read_checkpoint, read_standing, write_checkpoint
from kseg.fit.clock import Clock
from kseg.fit.diverged import TrainingDivergedError
from kseg.fit.job import FitSettings, Job, Validation
from kseg.fit.loop import fit
from kseg.fit.rehearsal import measure_step_seconds
from kseg.fit.state import FitState
from kseg.fit.stop import STOP_FILE, RunStoppedError, Stop, Stopped, stopped_error
from kseg.fit.variables import metric_variables, restore_arrays, training_variables

__all__ = [
    "BudgetPlan",
    "Checkpoint",
    "Clock",
    "FitSettings",
    "FitState",
    "Job",
    "Pace",
    "RunStoppedError",
    "STOP_FILE",
    "Stop",
    "Stopped",
    "TrainingDivergedError",
    "Validation",
    "adopt_averages",
    "averaged_weights",
    "fit",
    "measure_step_seconds",
    "metric_variables",
    "plan_budget",
    "read_checkpoint",
    "read_standing",
    "restore_arrays",
    "seconds_to_train",
    "stopped_error",
    "training_variables",
    "write_checkpoint",
]
