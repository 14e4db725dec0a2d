"""Weights of a Keras model as safetensors: names, shapes and numbers, nothing that could run."""

from collections.abc import Mapping
from pathlib import Path

import keras
import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from kseg.errors import ModelFileError
from kseg.storage import write_bytes


def write_weights(path: Path, weights: Mapping[str, np.ndarray]) -> None:
    """Write named arrays as one safetensors file, whole or not at all.

    Args:
        path: path of the file.
        weights: arrays by name.
    """
    ordered = {name: np.asarray(weights[name], order="C") for name in sorted(weights)}
    write_bytes(path, save(ordered))


def read_shapes(path: Path) -> dict[str, tuple[int, ...]]:
    """Return the shape of every array of a safetensors file without reading one.

    Args:
        path: path of the file.

    Returns:
        Dict from name to shape.

    Raises:
        ModelFileError: if the file is not safetensors or is damaged.
    """
    try:
        with safe_open(path, framework="numpy") as file:
            return {name: tuple(file.get_slice(name).get_shape()) for name in file.keys()}
    except (SafetensorError, OSError) as error:
        raise _damaged(path, str(error)) from error


def read_weights(path: Path, wanted: Mapping[str, tuple[int, ...]]) -> dict[str, np.ndarray]:
    """Return the arrays called `wanted`, whose shapes are checked before anything is read.

    Args:
        path: path of the file.
        wanted: shape by name.

    Returns:
        Dict from name to array.

    Raises:
        ModelFileError: if an array is missing or has another shape.
    """
    shapes = read_shapes(path)
    for name, shape in wanted.items():
        if shapes.get(name) != tuple(shape):
            found = "nothing" if name not in shapes else f"shape {shapes[name]}"
            raise _damaged(path, f"{name} must have the shape {tuple(shape)}. Received: {found}")
    try:
        with safe_open(path, framework="numpy") as file:
            return {name: file.get_tensor(name) for name in wanted}
    except (SafetensorError, OSError) as error:
        raise _damaged(path, str(error)) from error


def model_weights(model: keras.Model) -> dict[str, keras.Variable]:
    """Return the variables that a model's output depends on, by their paths.

    Args:
        model: built Keras model.

    Returns:
        Dict from path, such as `"down_0_0/convolution/kernel"`, to variable. States of random
        generators are left out: they do not change a prediction.
    """
    return {variable.path: variable for variable in model.weights}


def _damaged(path: Path, why: str) -> ModelFileError:
    return ModelFileError(
        why=f"the weights cannot be used: {why}",
        file=path,
        fix="copy the model folder again from where it was made",
        code="KS-M02",
    )
