"""Networks from model folders: for prediction, or as the start of another training."""

from collections.abc import Sequence

import keras

from kseg.bundle.read import ModelFolder
from kseg.bundle.weights import model_weights, read_shapes, read_weights
from kseg.bundle.write import DESCRIPTION_FILE
from kseg.dataset import Regions
from kseg.errors import KsegError, ModelFileError
from kseg.models import FACTORIES, HEAD_PREFIX, block_name, build
from kseg.plugins import allowed_component


def load_network(folder: ModelFolder, allow_plugins: Sequence[str] = ()) -> keras.Model:
    """Build the network that a model folder describes and give it the folder's weights.

    Args:
        folder: `ModelFolder` from `read_model`.
        allow_plugins: names of the packages whose code may run, if the network is theirs.

    Returns:
        Keras model under the global dtype policy.

    Raises:
        ModelFileError: if the network is unknown, is another package's and that is not allowed,
            or the weights do not fit it.
    """
    description, file = folder.description, folder.weights.parent / DESCRIPTION_FILE
    # Before anything is built: a folder from a stranger must not choose what is imported.
    allowed_component("models", description.network, allow_plugins, file)
    if (block := block_name(description.network, description.arguments)) is not None:
        allowed_component("layers", block, allow_plugins, file)
    try:
        model = build(
            description.network,
            len(description.channels),
            description.outputs,
            description.arguments,
        )
    except (KsegError, TypeError, ValueError) as error:
        raise ModelFileError(
            why=f"its network cannot be built: {error}",
            file=file,
            fix=f"use a model whose network is one of {', '.join(sorted(FACTORIES))}",
            code="KS-M04",
        ) from error
    variables = model_weights(model)
    arrays = read_weights(folder.weights, {name: v.shape for name, v in variables.items()})
    for name, variable in variables.items():
        variable.assign(arrays[name])
    return model


def transfer_weights(
    folder: ModelFolder,
    model: keras.Model,
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
    variables = model_weights(model)
    shapes = read_shapes(folder.weights)
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
            file=folder.weights,
            fix="start from a run with the same model section, or leave `fit.init` out",
            code="KS-M05",
        )
    arrays = read_weights(folder.weights, {name: shapes[name] for name in taken})
    for name in taken:
        variables[name].assign(arrays[name])
    return taken, [name for name in variables if name not in taken]
