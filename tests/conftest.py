"""What several rooms' tests share: no network, one tiny training, a clean slate for Keras."""

import contextlib
import os
import sys
import tempfile
from pathlib import Path

import pytest

from tests.no_network import guard as no_network

# In a search for doctests it would be loaded, and its hooks set, once more under another name.
collect_ignore = ["no_network/sitecustomize.py"]

# Before anything imports TensorFlow: its notices would drown what a failing test says.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

# Other tests, and doctests, need no hypothesis.
with contextlib.suppress(ImportError):
    from hypothesis import HealthCheck, settings

    # That a machine under load is slow, by example or in making them, is no fault of the code.
    # A test's own `suppress_health_check` replaces this one: name `too_slow` there, too.
    settings.register_profile("kseg", deadline=None, suppress_health_check=[HealthCheck.too_slow])
    settings.load_profile("kseg")

# The programs that tests start find the module by the folder, and tell of attempts by the file.
os.environ["PYTHONPATH"] = os.pathsep.join(
    filter(None, (str(Path(no_network.__file__).parent), os.environ.get("PYTHONPATH")))
)
_folder = tempfile.TemporaryDirectory()
_attempts = Path(_folder.name) / "network.txt"
os.environ[no_network.RECORD_VARIABLE] = str(_attempts)


@pytest.fixture(autouse=True)
def network_attempts():
    """Fail a test in which another machine was to be reached, even if the error was swallowed.

    A test that means to try removes the file that this gives.
    """
    yield _attempts
    if _attempts.exists():
        tried = _attempts.read_text()
        _attempts.unlink()
        pytest.fail(f"it tried to reach another machine: {tried}")


def pytest_sessionfinish(session):
    """Fail a session in which a doctest, which has no fixtures, tried the same."""
    if _attempts.exists():
        session.config.get_terminal_writer().line(f"\n{_attempts.read_text()}", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture(autouse=True)
def _own_precision():
    """Give every test float32, whatever policy the one before has left behind."""
    yield
    if "keras" in sys.modules:
        sys.modules["keras"].config.set_dtype_policy("float32")


@pytest.fixture(autouse=True, scope="session")
def _arrays_from_torch():
    """Let NumPy read torch's tensors as it reads those of the other backends.

    By itself torch refuses while gradients are recorded, and bfloat16 always.
    """
    if os.environ.get("KERAS_BACKEND") != "torch":
        yield
        return
    import torch

    original = torch.Tensor.__array__

    def as_array(tensor, *arguments, **named):
        tensor = tensor.detach()
        if tensor.dtype == torch.bfloat16:
            tensor = tensor.float()
        return original(tensor, *arguments, **named)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(torch.Tensor, "__array__", as_array)
        yield


@pytest.fixture(scope="session")
def tiny_run(tmp_path_factory):
    """A finished run of a few steps on six small synthetic scans: see `tests.workflow.tiny`."""
    from tests.workflow.tiny import train_tiny

    return train_tiny(tmp_path_factory.mktemp("tiny"))
