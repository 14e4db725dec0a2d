import warnings

import pytest

from kseg.storage import disk


@pytest.fixture(autouse=True)
def quick_disk(monkeypatch):
    """Wait for no disk: what survives a loss of power is tested in tests/faults."""
    monkeypatch.setattr(disk, "flush_file", lambda path: None)
    monkeypatch.setattr(disk, "flush_folder", lambda path: None)


@pytest.fixture(autouse=True)
def quiet_tuner():
    """KerasTuner asks threads for their names as Python 3.10 no longer likes it."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", category=DeprecationWarning, module="keras_tuner")
        yield
