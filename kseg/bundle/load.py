"""Networks from model folders: for prediction, or as the start of another training."""

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from kseg.bundle.files import COPY_AGAIN, DESCRIPTION_FILE, WEIGHTS_FILE
from kseg.bundle.read import ModelFolder, read_weights
from kseg.bundle.weights import model_weights
from kseg.dataset import Regions
from kseg.errors import ModelFileError
from kseg.plugins import allowed_component

if TYPE_CHECKING:  # A folder can be read, and refused, without waiting for Keras.
    import keras


def load_network(folder: ModelFolder, allow_plugins: Sequence[str] = ()) -> "keras.Model":
    """Build the network that a model folder describes and give it the folder's weights.

    A network of kseg's own is compared with the folder's weights, one by one, while it is built
    and before it has any memory: a description of a few words can name a network of terabytes.

    Args:
        folder: `ModelFolder` from `read_model`.
        allow_plugins: names of the packages whose code may run, if the network is theirs.

    Returns:
        Keras model that computes in the precision in which it was trained.

    Raises:
        ModelFileError: if the network is unknown, is another package's and that is not allowed,
            or the weights do not fit it.
    """
    description = folder.description
    # Before anything is built: a folder from a stranger must not choose what is imported.
    is_own = _allow_components(folder, allow_plugins)
    with _trained_precision(description.precision):
        model = _build(folder, compare_first=is_own)
    variables = model_weights(model)
    _refuse_misfits(folder, variables)
    _assign(variables, read_weights(folder))
    return model


def transfer_weights(
    folder: ModelFolder,
    model: "keras.Model",
    label_names: Sequence[str],
    regions: Regions | None = None,
) -> tuple[list[str], list[str]]:
    """Give a network every weight of another run whose name and shape it shares.

    A run with other labels shares the body but not the heads, which keep their fresh weights; a
    run with other channels keeps a fresh first layer.

    Args:
        folder: `ModelFolder` of the run to start from.
        model: the network that is about to be trained.
        label_names: its labels, index = value.
        regions: its `Regions`, or None.

    Returns:
        Names of the weights that were taken over, and of those that were not.

    Raises:
        ModelFileError: if the two networks share no weight at all.
    """
    from kseg.models import HEAD_PREFIX

    variables = model_weights(model)
    shapes = {tensor.name: tensor.shape for tensor in folder.tensors}
    # Heads of as many labels as ours, but of other ones, fit in shape and not in meaning.
    theirs = folder.description
    same_labels = (tuple(label_names), regions) == (theirs.label_names, theirs.regions)
    taken = [
        name
        for name, variable in variables.items()
        if shapes.get(name) == tuple(variable.shape)
        and (same_labels or not name.startswith(HEAD_PREFIX))
    ]
    if not taken:
        raise ModelFileError(
            why="its network shares no weight with the one of this recipe",
            file=folder.files.label(WEIGHTS_FILE),
            fix="start from a run with the same model section, or leave `fit.init` out",
            code="KS-M05",
        )
    _assign({name: variables[name] for name in taken}, read_weights(folder))
    return taken, [name for name in variables if name not in taken]


def _allow_components(folder: ModelFolder, allow_plugins: Sequence[str]) -> bool:
    """Refuse code that is not allowed; return whether the network is all kseg's own."""
    description, file = folder.description, folder.files.label(DESCRIPTION_FILE)
    component = allowed_component("models", description.network, allow_plugins, file)
    block = description.arguments.get("block") if component.builtin else None
    if not isinstance(block, Mapping):
        return component.builtin
    return allowed_component("layers", str(block.get("name")), allow_plugins, file).builtin


def _build(folder: ModelFolder, *, compare_first: bool) -> "keras.Model":
    from kseg.bundle.compared import MisfitError, compared_weights
    from kseg.models import FACTORIES, build

    description = folder.description
    comparing = compared_weights(folder.tensors) if compare_first else contextlib.nullcontext()
    try:
        with comparing:
            return build(
                description.network,
                len(description.channels),
                description.outputs,
                description.arguments,
            )
    except MisfitError as error:
        raise _unfit(folder, str(error)) from error
    except Exception as error:
        # Arguments come from a stranger: Keras and plug-ins answer nonsense in any way.
        raise ModelFileError(
            why=f"its network cannot be built: {_printable(str(error))}",
            file=folder.files.label(DESCRIPTION_FILE),
            fix=f"use a model whose network is one of {', '.join(sorted(FACTORIES))}",
            code="KS-M04",
        ) from error


def _printable(text: str) -> str:
    """Return a text that may repeat a stranger's, without what a terminal would obey."""
    return "".join(sign if sign.isprintable() else repr(sign)[1:-1] for sign in text[:1000])


def _refuse_misfits(folder: ModelFolder, variables: "Mapping[str, keras.Variable]") -> None:
    from kseg.bundle.compared import misfit

    tensors = {tensor.name: tensor for tensor in folder.tensors}
    for name, variable in variables.items():
        if fault := misfit(name, variable.shape, variable.dtype, tensors):
            raise _unfit(folder, fault)
    if extra := [name for name in tensors if name not in variables]:
        raise _unfit(folder, f"{extra[0]!r:.100} must not be there: the network has no such weight")


def _unfit(folder: ModelFolder, why: str) -> ModelFileError:
    return ModelFileError(
        why=f"its weights do not fit the network that {DESCRIPTION_FILE} describes: {why}",
        file=folder.files.label(WEIGHTS_FILE),
        fix=COPY_AGAIN,
        code="KS-M02",
    )


def _assign(variables: "Mapping[str, keras.Variable]", arrays: Mapping[str, np.ndarray]) -> None:
    for name, variable in variables.items():
        variable.assign(arrays[name])


@contextlib.contextmanager
def _trained_precision(precision: str) -> Iterator[None]:
    """Build layers that compute as in training; they keep it, the caller goes on with its own."""
    import keras

    callers = keras.config.dtype_policy()
    keras.config.set_dtype_policy(precision if precision == "float32" else f"mixed_{precision}")
    try:
        yield
    finally:
        keras.config.set_dtype_policy(callers)
