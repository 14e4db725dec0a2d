"""Arrays in .npy files, opened from any thread."""

import re
from os import PathLike
from pathlib import Path

import numpy as np

_VERSION_1_0 = (1, 0)
_HEADER = re.compile(
    r"\{'descr': '(?P<type>[<>|][biufc]\d+)', "
    r"'fortran_order': (?P<by_column>False|True), "
    r"'shape': \((?P<shape>[\d, ]*)\), \} *\n"
)


def open_array(path: str | PathLike) -> np.ndarray:
    """Open a .npy file of numbers as a read-only memory map, from any thread.

    `numpy.load` reads the header through `ast`, whose count of nested calls all threads of CPython
    3.11 and 3.12 share: two headers read at once end, now and then, in a `SystemError`. A header
    that `numpy.save` wrote for plain numbers is of one form, which is read here as text.

    Args:
        path: path of the file.

    Returns:
        memory map of the shape and type of the file.

    Raises:
        OSError: if the file cannot be read.
        ValueError: if it is no .npy file of plain numbers, or holds fewer than it says.
        TypeError: if NumPy knows no numbers of its type.

    Example:
        >>> import tempfile
        >>> path = tempfile.mkdtemp() + "/array.npy"
        >>> np.save(path, np.arange(3))
        >>> open_array(path).tolist()
        [0, 1, 2]

    Reference:
        [CPython issue 106905](https://github.com/python/cpython/issues/106905)
    """
    with Path(path).open("rb") as file:
        version = np.lib.format.read_magic(file)
        if version != _VERSION_1_0:
            raise ValueError(f"{path} is a .npy file of version {version}, not {_VERSION_1_0}")
        header = file.read(int.from_bytes(file.read(2), "little")).decode("latin1")
        offset = file.tell()
    said = _HEADER.fullmatch(header)
    if said is None:
        raise ValueError(f"{path} does not hold plain numbers; its header is {header.strip()!r}")
    return np.memmap(
        path,
        dtype=said["type"],
        mode="r",
        offset=offset,
        shape=tuple(int(extent) for extent in said["shape"].split(",") if extent.strip()),
        order="F" if said["by_column"] == "True" else "C",
    )
