import pytest

from kseg.fit import FitSettings, Job
from tests.fit.jobs import a_job


def test_settings_and_jobs_cannot_be_changed_on_the_way(tmp_path):
    job = a_job(tmp_path)
    assert isinstance(job, Job) and job.settings == FitSettings(6, None, 2, 1)
    with pytest.raises(AttributeError):
        job.settings.steps = 7
    with pytest.raises(AttributeError):
        job.identity = {}
