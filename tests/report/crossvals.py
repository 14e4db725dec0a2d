"""A finished cross-validation of a few steps, trained in this process."""

from functools import partial

import pytest

from kseg.report import write_run_report
from tests.workflow.crossvals import train_crossval


@pytest.fixture(scope="session")
def tiny_crossval(tmp_path_factory):
    """A cross-validation of two folds of small synthetic scans: see `tests.workflow.crossvals`."""
    root = tmp_path_factory.mktemp("crossval")
    words = ("data.folds=2", "fit.steps=2", "fit.steps_per_epoch=1", "fit.validate_every_epochs=9")
    with pytest.MonkeyPatch.context() as patch:
        report = partial(write_run_report, work=root / "work")
        return train_crossval(root, patch, *words, write_report=report)
