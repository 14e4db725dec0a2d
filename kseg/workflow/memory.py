"""What to do about a training that does not fit into memory."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import keras
import tensorflow as tf

from kseg.errors import KsegError, RecipeError
from kseg.models import network_costs
from kseg.recipe import Recipe

_GIB = 2**30


@contextmanager
def memory_advice(
    recipe: Recipe, model: keras.Model, folder: Path, *, trains: bool = True
) -> Iterator[None]:
    """Turn an error of memory in the block into one that says what to change, and to what.

    Args:
        recipe: `Recipe`, its precision resolved.
        model: the network, for an estimate of what it needs.
        folder: the run folder.
        trains: bool, whether the block trains; else it judges whole cases after the training.

    Raises:
        RecipeError: in place of the error of memory.
    """
    try:
        yield
    except (tf.errors.ResourceExhaustedError, MemoryError) as error:
        if not trains:
            raise _too_little_to_validate(recipe, folder) from error
        batch = recipe.patches.batch
        raise RecipeError(
            why=f"the training does not fit into memory{_estimate(recipe, model)} "
            f"with {batch} in a batch",
            file=folder,
            fix=f"{' or '.join(smaller(recipe))}; a training that is saved goes on with it by "
            "--accept-changes",
            code="KS-G06",
        ) from error


def smaller(recipe: Recipe) -> list[str]:
    """Return the nearest settings that need less memory, as they are given on the command line.

    Args:
        recipe: `Recipe`.

    Returns:
        List of str, a smaller batch first, since a patch keeps its view; never empty.

    Example:
        >>> recipe = Recipe(kseg=1, name="a", fit={"steps": 3}, patches={"size": (32, 96, 64)})
        >>> smaller(recipe)
        ['--set patches.batch=1', '--set patches.size=[32, 80, 64]']
    """
    patches, model = recipe.patches, recipe.model
    advice = []
    if patches.batch > 1:
        advice.append(f"--set patches.batch={patches.batch // 2}")
    if recipe.data.source != "digits":
        steps = (1,) * (3 - model.dimensions) + model.reduction
        # One level more than the network shrinks it to, so that some voxels are left at its bottom.
        able = [axis for axis in range(3) if patches.size[axis] > 2 * steps[axis]]
        if able:
            size, longest = list(patches.size), max(able, key=lambda axis: patches.size[axis])
            size[longest] -= steps[longest]
            advice.append(f"--set patches.size=[{', '.join(map(str, size))}]")
    return advice or ["--set model.filters to a smaller number"]


def _too_little_to_validate(recipe: Recipe, folder: Path) -> RecipeError:
    batch = recipe.predict.batch
    smaller_batch = f"--set predict.batch={batch // 2} --accept-changes" if batch > 1 else ""
    return RecipeError(
        why="the final validation on whole cases does not fit into memory"
        + f" with {batch} windows in a batch" * (recipe.data.source != "digits")
        + "; the trained model is kept",
        file=folder,
        fix="give the same command again with more memory free, or on a machine with more"
        + f"; or add {smaller_batch}" * (bool(smaller_batch) and recipe.data.source != "digits"),
        code="KS-G06",
    )


def needed_bytes(recipe: Recipe, model: keras.Model, patch_shape: Sequence[int]) -> int:
    """Estimate the memory of a training from the network's graph; nothing is computed.

    Args:
        recipe: `Recipe`, its precision resolved.
        model: the network.
        patch_shape: ints, shape of one patch without the batch: (z, y, x, channels).

    Returns:
        int, bytes.
    """
    found = []
    # Traced only: one run of a network that does not fit would be the fault itself.
    tf.function(lambda: found.append(network_costs(model, patch_shape))).get_concrete_function()
    size = 4 if recipe.fit.precision == "float32" else 2
    return found[0].training_bytes(recipe.patches.batch, size)


def _estimate(recipe: Recipe, model: keras.Model) -> str:
    shape = recipe.patches.size[3 - (len(model.input_shape) - 2) :]
    if recipe.data.source == "digits":
        return ""
    try:
        needed = needed_bytes(recipe, model, (*shape, model.input_shape[-1]))
    except (tf.errors.OpError, MemoryError, KsegError):
        # There may be too little left even for the graph.
        return ""
    return f": it needs about {needed / _GIB:.1f} GiB"
