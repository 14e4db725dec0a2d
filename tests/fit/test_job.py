import pickle

import pytest

from kseg.errors import KsegError
from kseg.fit import FitSettings, Job, TrainingDivergedError
from tests.fit.jobs import a_job


def test_a_training_that_diverged_is_told_like_any_other_error():
    error = TrainingDivergedError(why="the loss was nan", code="KS-G05", fix="look")
    assert isinstance(error, KsegError) and error.exit_code == 2
    assert str(pickle.loads(pickle.dumps(error))) == str(error)


def test_settings_and_jobs_cannot_be_changed_on_the_way(tmp_path):
    job = a_job(tmp_path)
    assert isinstance(job, Job) and job.settings == FitSettings(6, None, 2, 1)
    with pytest.raises(AttributeError):
        job.settings.steps = 7
    with pytest.raises(AttributeError):
        job.fingerprint = "another"
