import pickle

import pytest

from kseg.engine import JobTimedOutError, LocalEngine, open_engine
from kseg.errors import KsegError


def test_an_engine_is_opened_by_its_name():
    with open_engine("local", workers=3) as engine:
        assert type(engine) is LocalEngine and engine.workers == 3


def test_an_unknown_name_is_refused_with_those_that_are_known():
    with pytest.raises(KsegError, match="local, ray") as caught:
        open_engine("dask", workers=1)
    assert "'dask'" in caught.value.why and "--engine" in caught.value.fix


def test_a_timeout_says_its_seconds_and_travels_between_processes():
    error = pickle.loads(pickle.dumps(JobTimedOutError(90.0)))
    assert error.seconds == 90 and "longer than 90 seconds" in str(error)
