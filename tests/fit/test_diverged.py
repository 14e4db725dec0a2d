import pickle

import pytest

from kseg.errors import KsegError
from kseg.fit import TrainingDivergedError
from kseg.fit.diverged import diverged
from tests.fit.jobs import a_job


def test_a_training_that_diverged_is_told_like_any_other_error():
    error = TrainingDivergedError(why="the loss was nan", code="KS-G05", fix="look")
    assert isinstance(error, KsegError) and error.exit_code == 2
    assert str(pickle.loads(pickle.dumps(error))) == str(error)


@pytest.mark.parametrize(
    ("step", "cases"), [(0, "case_0, liver_1"), (5, "case_4, liver_1, case_5")]
)
def test_the_cases_of_the_step_and_of_the_one_before_are_named_once(tmp_path, step, cases):
    error = diverged(a_job(tmp_path), "the loss was inf", step)
    assert error.why == (
        f"the loss was inf after step {step}; the patches of the last steps came from: {cases}"
    )
    assert "checkpoint" not in error.fix, "there is none"
