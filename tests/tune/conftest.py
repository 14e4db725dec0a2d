import pytest

from kseg.storage import disk


@pytest.fixture(autouse=True)
def quick_disk(monkeypatch):
    """Wait for no disk: what survives a loss of power is tested in tests/faults."""
    monkeypatch.setattr(disk, "flush_file", lambda path: None)
    monkeypatch.setattr(disk, "flush_folder", lambda path: None)
