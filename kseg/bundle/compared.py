"""A network is held against the weights of its folder while it is built, before it has memory."""

import contextlib
from collections.abc import Iterator, Sequence

import keras
from keras.src.backend.common import global_state

from kseg.bundle.header import Tensor

# Where Keras keeps the variables that were made in a stateless scope and have no values yet.
# `setup.cfg` holds Keras below the next release; `test_compared.py` tells when this moves.
_WAITING = "uninitialized_variables"


def misfit(name: str, shape: Sequence[int], dtype: str, tensors: dict[str, Tensor]) -> str:
    """Return what is wrong between a variable of a network and the tensor of its name, if anything.

    Args:
        name: str, path of the variable.
        shape: its shape.
        dtype: its type.
        tensors: tensors of the file by name.

    Returns:
        str, empty where both fit.

    Example:
        >>> misfit("head_0/bias", (2,), "float32", {})
        'head_0/bias must have the shape (2,) and the type float32. Received: nothing'
    """
    found = tensors.get(name)
    if found is not None and (found.shape, found.dtype) == (tuple(shape), dtype):
        return ""
    received = "nothing" if found is None else f"shape {found.shape} of {found.dtype}"
    return f"{name} must have the shape {tuple(shape)} and the type {dtype}. Received: {received}"


@contextlib.contextmanager
def compared_weights(tensors: Sequence[Tensor]) -> Iterator[None]:
    """Let no weight that is made in the block have memory unless the file holds it, too.

    Weights get their memory at the end of the block. The first that the file does not hold, in that
    shape, ends it: neither memory nor time can then exceed what the file itself is worth.

    Args:
        tensors: tensors of the file.

    Raises:
        MisfitError: if a weight is not among them.
    """
    waiting = _Compared(tensors)
    with keras.StatelessScope():
        global_state.set_global_attribute(_WAITING, waiting)
        try:
            yield
        except BaseException as error:
            # Else those that do fit would get memory, and initialisers of a stranger's choice run.
            global_state.set_global_attribute(_WAITING, [])
            if waiting.fault:
                # Keras may have put the error into another one.
                raise MisfitError(waiting.fault) from error
            raise


class MisfitError(ValueError):
    """A network that its weights do not fit."""


class _Compared(list):
    """The variables that wait for memory; none gets in that the file does not hold."""

    def __init__(self, tensors: Sequence[Tensor]):
        super().__init__()
        self.fault = ""
        self._tensors = {tensor.name: tensor for tensor in tensors}

    def append(self, variable) -> None:
        # States of random generators, which are whole numbers, are in no file.
        if variable.dtype.startswith(("float", "bfloat")):
            self.fault = misfit(variable.path, variable.shape, variable.dtype, self._tensors)
        if self.fault:
            raise MisfitError(self.fault)
        super().append(variable)
