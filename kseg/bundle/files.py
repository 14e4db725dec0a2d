"""Where the two files of a model come from: a folder, or a zip of it; both opened as hostile."""

import contextlib
import os
import stat
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import BinaryIO, Protocol

from kseg.bundle.archive import ArchiveFiles
from kseg.bundle.refusing_stream import RefusingStream
from kseg.errors import ModelFileError

DESCRIPTION_FILE = "model.json"
WEIGHTS_FILE = "weights.safetensors"
COPY_AGAIN = "copy the model again from where it was made"
# Without these flags, opening a pipe would wait for ever, and a link put there since would be
# followed.
_FLAGS = os.O_RDONLY | sum(getattr(os, n, 0) for n in ("O_NOFOLLOW", "O_NONBLOCK", "O_BINARY"))


class ModelFiles(Protocol):
    """The files of one model.

    Attributes:
        run: path of the run folder that holds the model, if that is what the user gave, or None:
            what lies round a model folder is not looked at unasked.
    """

    run: Path | None

    def label(self, name: str) -> str:
        """Return the path of a file, for a person."""

    def open(self, name: str) -> contextlib.AbstractContextManager[tuple[BinaryIO, int]]:
        """Open a file; gives its bytes as a stream, and their number.

        Raises:
            ModelFileError: if there is no such file, or it may not be trusted.
        """


class FolderFiles:
    """The files of a model folder.

    Args:
        root: path that the user gave; nothing outside it is opened.
        folder: path of the folder that holds the files, `root` or one within.
    """

    def __init__(self, root: Path, folder: Path):
        self._root = root
        self._folder = folder
        self.run = None if folder == root else root

    def label(self, name: str) -> str:
        """Return the path of a file, for a person."""
        return str(self._folder / name)

    @contextlib.contextmanager
    def open(self, name: str) -> Iterator[tuple[BinaryIO, int]]:
        """Open a regular file within the folder, following no link that leads out of it."""
        # What goes wrong while it is used may be no fault of the file.
        with self._opened(name) as stream:
            size = os.fstat(stream.fileno()).st_size
            yield RefusingStream(stream, partial(self._unreadable, name)), size

    def _opened(self, name: str) -> BinaryIO:
        try:
            handle = os.open(self._inside(name), _FLAGS)
            if stat.S_ISREG(os.fstat(handle).st_mode):
                return os.fdopen(handle, "rb")
            os.close(handle)
        except FileNotFoundError as error:
            raise self._refused(name, "it is missing") from error
        # Links in a circle are a RuntimeError before Python 3.13.
        except (OSError, RuntimeError, ValueError) as error:
            raise self._unreadable(name, error) from error
        raise self._refused(name, "it is no regular file")

    def _inside(self, name: str) -> Path:
        real = (self._folder / name).resolve(strict=True)
        if not real.is_relative_to(self._root.resolve(strict=True)):
            raise self._refused(name, "it is a link to a place outside the folder")
        return real

    def _unreadable(self, name: str, error: Exception) -> ModelFileError:
        return self._refused(name, f"it cannot be read: {error}")

    def _refused(self, name: str, why: str) -> ModelFileError:
        code = "KS-M03" if name == DESCRIPTION_FILE else "KS-M02"
        return ModelFileError(why=why, file=self.label(name), fix=COPY_AGAIN, code=code)


def find_model(path: str | Path) -> ModelFiles:
    """Return the files of the model at `path`.

    Args:
        path: path of a model folder, of a run folder with a folder `model`, or of a zip.

    Returns:
        `ModelFiles`.

    Raises:
        ModelFileError: if there is no model.
    """
    path = Path(path)
    if _is(path, "is_file"):
        if path.suffix.lower() == ".zip":
            return ArchiveFiles(path, (DESCRIPTION_FILE, WEIGHTS_FILE))
        raise ModelFileError(
            why="a model must be a folder, or a .zip of one; kseg opens no other file as a model, "
            "since such files can hold code",
            file=path,
            fix="give the run folder, its folder `model`, or what `kseg export --format zip` made",
            code="KS-M01",
        )
    for folder in (path, path / "model"):
        # A link in a file's place is found here, too, and refused when it is opened.
        if _is(folder / DESCRIPTION_FILE, "exists") or _is(folder / DESCRIPTION_FILE, "is_symlink"):
            return FolderFiles(path, folder)
    raise ModelFileError(
        why=f"there is no {DESCRIPTION_FILE} in this folder or in its folder `model`",
        file=path,
        fix="give a run folder of `kseg fit` that has finished, or its model folder",
        code="KS-M01",
    )


def _is(path: Path, question: str) -> bool:
    """Ask something of a path; a name that no file can have is no error."""
    try:
        return getattr(path, question)()
    except (OSError, ValueError):
        return False
