"""What several rooms' tests share: one tiny training, and a clean slate for Keras."""

import os
import sys

import pytest

# Before anything imports TensorFlow: its notices would drown what a failing test says.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")


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
