"""Handwritten digits in one file of arrays, laid out as `keras.datasets.mnist` keeps them."""

import http.client
import os
import urllib.request
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from kseg.errors import ManifestError, VolumeError
from kseg.storage import sha256_bytes, write_bytes

URL = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz"
# The digest that Keras checks its own download by.
URL_SHA256 = "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1"
FILE_NAME = "mnist.npz"
DIGIT_NAMES = tuple("0123456789")
DIGIT_SHAPE = (28, 28)
# The real arrays take 55 MB; a file that unpacks to far more is not what it claims to be.
LARGEST_BYTES = 2**28
_ARRAYS = ("x_train", "y_train", "x_test", "y_test")
_SECONDS_TO_WAIT = 60


@dataclass(frozen=True, eq=False)
class Digits:
    """Pictures of single digits, those to learn from and those to be judged by.

    Args:
        file: path that they were read from.
        train_images: uint8 array (cases, 28, 28), 0 is paper.
        train_labels: uint8 array (cases,), 0 to 9.
        test_images: the same of the digits that are kept for validation.
        test_labels: the same.
    """

    file: Path
    train_images: np.ndarray
    train_labels: np.ndarray
    test_images: np.ndarray
    test_labels: np.ndarray

    @property
    def label_counts(self) -> tuple[int, ...]:
        """How often each digit is among those to learn from."""
        counts = np.bincount(self.train_labels, minlength=len(DIGIT_NAMES))
        return tuple(int(count) for count in counts)


def digits_file(root: Path | None, environment: Mapping[str, str] | None = None) -> Path:
    """Return where the digits lie: what is given, or else the place where Keras keeps them.

    Args:
        root: file that ends in `.npz`, folder that holds `mnist.npz`, or None.
        environment: variables of which `KERAS_HOME` is read; None for this process' own.

    Returns:
        Path, which need not exist.

    Example:
        >>> digits_file(None, {"KERAS_HOME": "/srv/keras"}).as_posix()
        '/srv/keras/datasets/mnist.npz'
        >>> digits_file(Path("data/mnist")).as_posix()
        'data/mnist/mnist.npz'
    """
    if root is not None:
        return root if root.suffix.lower() == ".npz" else root / FILE_NAME
    home = (os.environ if environment is None else environment).get("KERAS_HOME")
    return (Path(home) if home else Path.home() / ".keras") / "datasets" / FILE_NAME


def open_digits(root: Path | None, *, download: bool = False) -> Digits:
    """Read the digits, from the net first where they are not there and this is allowed.

    Args:
        root: file, folder, or None for the cache of Keras; see `digits_file`.
        download: bool, fetch the file where there is none.

    Returns:
        `Digits`, every shape, type and value checked.

    Raises:
        ManifestError: if there is no file, or it cannot be fetched.
        VolumeError: if the file is damaged or holds something else.
    """
    file = digits_file(root)
    if not file.is_file():
        if not download:
            raise ManifestError(
                why="the digits are not there, and kseg fetches nothing unasked",
                file=file,
                fix="give --data FILE.npz, or let kseg fetch them once (11 MB): "
                "--set data.download=true",
                code="KS-E18",
            )
        write_bytes(file, _fetch())
    return Digits(file, *_read(file))


def _fetch() -> bytes:
    """Return the bytes behind `URL`, which must be the ones that are known."""
    try:
        with urllib.request.urlopen(URL, timeout=_SECONDS_TO_WAIT) as answer:
            content = answer.read(LARGEST_BYTES)
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise _not_fetched(f"the digits cannot be fetched: {error}") from error
    if sha256_bytes(content) != URL_SHA256:
        raise _not_fetched(
            f"what was fetched must have the SHA-256 {URL_SHA256}. Received: {len(content)} bytes "
            f"with {sha256_bytes(content)}"
        )
    return content


def _not_fetched(why: str) -> ManifestError:
    fix = "try again, or fetch mnist.npz by other means and give --data FILE.npz"
    return ManifestError(why=why, file=URL, fix=fix, code="KS-E19")


def _read(file: Path) -> tuple[np.ndarray, ...]:
    try:
        with zipfile.ZipFile(file) as archive:
            unpacked = sum(entry.file_size for entry in archive.infolist())
        if unpacked > LARGEST_BYTES:
            raise _damaged(file, f"it unpacks to {unpacked:,} bytes, far more than digits take")
        with np.load(file, allow_pickle=False) as archive:
            missing = [name for name in _ARRAYS if name not in archive.files]
            if missing:
                raise _damaged(file, f"it lacks the arrays {', '.join(missing)}")
            arrays = tuple(archive[name] for name in _ARRAYS)
    # What zipfile and numpy raise for bytes that are not what they should be.
    except (OSError, ValueError, EOFError, KeyError, NotImplementedError, RuntimeError) as error:
        raise _damaged(file, f"it cannot be read ({error})") from error
    except MemoryError as error:
        raise _damaged(file, f"it claims to hold far more than its bytes ({error})") from error
    except (zipfile.BadZipFile, zlib.error) as error:
        raise _damaged(file, f"it is no whole .npz file ({error})") from error
    for side, images, labels in (("train", *arrays[:2]), ("test", *arrays[2:])):
        _check(file, side, images, labels)
    return arrays


def _check(file: Path, side: str, images: np.ndarray, labels: np.ndarray) -> None:
    """Refuse arrays of another shape, type or range than those of digits."""
    if images.ndim != 3 or images.shape[1:] != DIGIT_SHAPE or images.dtype != np.uint8:
        must = f"x_{side} must be uint8 of the shape (cases, 28, 28)"
        raise _damaged(file, f"{must}. Received: {images.dtype} of {images.shape}")
    if labels.shape != (len(images),) or labels.dtype != np.uint8:
        must = f"y_{side} must be uint8 of the shape ({len(images)},)"
        raise _damaged(file, f"{must}. Received: {labels.dtype} of {labels.shape}")
    if not len(labels) or labels.max() >= len(DIGIT_NAMES):
        found = f"a {labels.max()}" if len(labels) else "none"
        raise _damaged(file, f"y_{side} must hold digits, 0 to 9. Received: {found}")


def _damaged(file: Path, why: str) -> VolumeError:
    fix = "fetch mnist.npz again: remove it and --set data.download=true, or give --data FILE.npz"
    return VolumeError(why=why, file=file, fix=fix, code="KS-A17")
