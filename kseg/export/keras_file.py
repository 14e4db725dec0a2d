"""Keras' own file of a network, for programs that know Keras and not kseg's model folders."""

from collections.abc import Sequence
from pathlib import Path

from kseg.bundle import ModelFolder, load_network
from kseg.storage import atomic_path


def write_keras(folder: ModelFolder, out: Path, *, allow_plugins: Sequence[str] = ()) -> None:
    """Write the network of a model, without auxiliary heads, as a `.keras` file.

    The file holds the network alone: neither how scans are prepared for it nor what its labels
    mean. It opens where `kseg.parts` has been imported, by `keras.saving.load_model`. kseg itself
    never opens such a file, since one from a stranger can hold code.

    Args:
        folder: `ModelFolder` from `kseg.bundle.read_model`.
        out: path ending in `.keras`; an old file of that name is replaced.
        allow_plugins: names of the packages whose code may run, if the network is theirs.

    Raises:
        ModelFileError: if the network cannot be built, or its weights do not fit it.
        OSError: if the disk is full, or the folder cannot be written to.
    """
    model = load_network(folder, allow_plugins)
    # Networks of other packages may have auxiliary heads of their own kind.
    deployable = getattr(model, "deployable", None)
    with atomic_path(out) as temporary:
        (model if deployable is None else deployable()).save(temporary)
