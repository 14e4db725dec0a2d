"""Every number that training changes, under a name of its own."""

from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np


def training_variables(model: keras.Model) -> dict[str, keras.Variable]:
    """Return every variable of a compiled model and its optimizer under a name of its own.

    States of random generators, such as that of dropout, are among them.

    Args:
        model: compiled Keras model, its optimizer built.

    Returns:
        Dict from name to variable. Names hold a running number and no path: paths may repeat, and
        hold names such as `adam_w_1` that Keras counts up through a process.
    """
    return _named("model", model.variables) | _named("optimizer", model.optimizer.variables)


def metric_variables(model: keras.Model) -> dict[str, keras.Variable]:
    """Return the variables in which the metrics of an epoch gather, the loss among them.

    Args:
        model: compiled Keras model whose metrics are built: one that has begun to train.

    Returns:
        Dict from name to variable.
    """
    return _named("metrics", model.metrics_variables)


def build_metrics(model: keras.Model, batch: Sequence) -> None:
    """Make the variables of the metrics, which Keras does in the first step of a training.

    Args:
        model: compiled Keras model; its weights stay as they are.
        batch: images and labels of one step.
    """
    images, labels = batch
    model.compute_metrics(images, labels, model(images, training=False))
    model.reset_metrics()


def read_variables(variables: Mapping[str, keras.Variable]) -> dict[str, np.ndarray]:
    """Return copies of the variables' values.

    Args:
        variables: variables by name.

    Returns:
        Dict from name to array.
    """
    return {name: np.asarray(variable.numpy()) for name, variable in variables.items()}


def misfits(variables: Mapping[str, keras.Variable], arrays: Mapping[str, Any]) -> list[str]:
    """Return what keeps arrays from being given to variables.

    Args:
        variables: variables by name.
        arrays: arrays by name.

    Returns:
        List of str, one for each array that is missing, too many, or of another shape.
    """
    wanted = {name: tuple(variable.shape) for name, variable in variables.items()}
    found = {name: tuple(array.shape) for name, array in arrays.items()}
    return [
        f"{name}: {found.get(name, 'nothing')} -> {wanted.get(name, 'nothing')}"
        for name in dict.fromkeys((*found, *wanted))
        if found.get(name) != wanted.get(name)
    ]


def restore_arrays(variables: Mapping[str, keras.Variable], arrays: Mapping[str, Any]) -> None:
    """Give each variable the array of its name.

    Args:
        variables: variables by name, from `training_variables`.
        arrays: arrays by name; there may be more of them.

    Raises:
        ValueError: if a name is missing or a shape differs; nothing is changed then.
    """
    for name, variable in variables.items():
        if name not in arrays or arrays[name].shape != tuple(variable.shape):
            raise ValueError(f"`arrays` must hold {name} of shape {tuple(variable.shape)}.")
    for name, variable in variables.items():
        variable.assign(arrays[name])


def _named(group: str, variables) -> dict[str, keras.Variable]:
    return {f"{group}/{index:05d}/{v.name}": v for index, v in enumerate(variables)}
