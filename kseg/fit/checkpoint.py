"""Checkpoints as numbered generations: a training goes on from the newest that is whole.

A generation is a folder that appears in one step with all that is in it: the arrays, and one record
that holds everything else and the digest of the arrays. It never changes afterwards.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load, save

from kseg.errors import RunFolderError
from kseg.fit.state import FitState
from kseg.storage import (
    atomic_path,
    disk,
    make_folder,
    remove_folder,
    sha256_bytes,
    sha256_json,
    write_bytes,
    write_json,
)

KEPT_GENERATIONS = 2
RECORD_FILE = "record.json"
ARRAYS_FILE = "state.safetensors"
# Raise it when a reader of the old form could misunderstand the new one.
FORMAT_VERSION = 2

_Read = TypeVar("_Read")
_NUMBERED = re.compile(r"(generation|damaged)-(\d{6,})")


class _DamagedError(Exception):
    """A generation that is not what it was when it was written."""


@dataclass(frozen=True)
class Checkpoint:
    """A training as it was left.

    Args:
        state: `FitState`. Its `step` is also the place in the stream of patches and in the
            schedule, both of which are pure functions of the seed and the step.
        identity: plain data, what must not change for the training to go on with the same bits:
            the recipe with its seeds, the digests of the data, the version of kseg.
        arrays: arrays by name: weights, the optimizer's moments and counters, running means,
            states of random generators, the best weights, and within an epoch its metrics.
    """

    state: FitState
    identity: Mapping[str, object]
    arrays: Mapping[str, np.ndarray]


def write_checkpoint(folder: Path, checkpoint: Checkpoint) -> Path:
    """Write a generation whole or not at all, then remove all but the newest two.

    Args:
        folder: path of the folder of checkpoints; made if missing.
        checkpoint: what to write.

    Returns:
        Path of the new generation.

    Raises:
        OSError: if the disk is full, or the folder cannot be written to; the generations before
            are as they were.
    """
    make_folder(folder)
    older = _generations(folder)
    number = 1 + max((_number(path) for path in _numbered(folder)), default=0)
    path = folder / f"generation-{number:06d}"
    content = save(dict(checkpoint.arrays))
    record = {
        "format": FORMAT_VERSION,
        "identity": checkpoint.identity,
        "state": checkpoint.state.to_dict(),
        "files": {ARRAYS_FILE: {"bytes": len(content), "sha256": sha256_bytes(content)}},
    }
    with atomic_path(path) as temporary:
        make_folder(temporary)
        write_bytes(temporary / ARRAYS_FILE, content)
        write_json(temporary / RECORD_FILE, {"sha256": sha256_json(record), **record})
    for outdated in older[: 1 - KEPT_GENERATIONS]:
        remove_folder(outdated)
    return path


def read_checkpoint(folder: Path, tell: Callable[[str], object]) -> Checkpoint | None:
    """Return the newest generation that is what it was when it was written.

    A newer one that is damaged is set aside, so that it can neither be taken for one that is whole
    nor push one out that is.

    Args:
        folder: path of the folder of checkpoints.
        tell: function of a sentence, for what was found damaged.

    Returns:
        `Checkpoint`, or None if none was ever written.

    Raises:
        RunFolderError: if there are generations and none of them can be used.
    """
    found, damaged = _newest(folder, _read)
    if found is None:
        return None
    path, checkpoint = found
    _set_aside(damaged, tell, f"the training goes on from {path.name} before it")
    return checkpoint


def read_standing(folder: Path) -> tuple[FitState, Mapping[str, object]] | None:
    """Return where a training stands by the newest record that is whole; its arrays are not read.

    Args:
        folder: path of the folder of checkpoints; nothing in it is changed.

    Returns:
        `FitState` and identity, or None if no checkpoint was ever written.

    Raises:
        RunFolderError: if there are generations and no record of them can be used.
    """
    found, _ = _newest(folder, _read_standing)
    return None if found is None else found[1]


def stored_bytes(folder: Path) -> int:
    """Return the bytes of the generations that are there.

    Args:
        folder: path of the folder of checkpoints.

    Returns:
        int; 0 if there is none.
    """
    files = (file for path in _generations(folder) for file in path.iterdir())
    return sum(file.stat().st_size for file in files)


def _newest(
    folder: Path, read: Callable[[Path], _Read]
) -> tuple[tuple[Path, _Read] | None, dict[Path, str]]:
    """Return the newest generation that can be read, what was read, and why newer ones cannot."""
    damaged: dict[Path, str] = {}
    for path in reversed(_generations(folder)):
        try:
            return (path, read(path)), damaged
        except _DamagedError as error:
            damaged[path] = str(error)
        except OSError as error:
            raise RunFolderError(
                why=f"this checkpoint cannot be read now ({error.strerror or error}), which does "
                "not mean that it is damaged; nothing was changed",
                file=path,
                fix="see that the disk is there and that the files may be read, then give the same "
                "command again",
                code="KS-G01",
            ) from error
    if damaged:
        reasons = "; ".join(f"{path.name}: {why}" for path, why in damaged.items())
        raise RunFolderError(
            why=f"no checkpoint of this training can be used ({reasons})",
            file=folder,
            fix="check the disk; to train from the beginning, remove this folder or give another "
            "--out",
            code="KS-G01",
        )
    return None, damaged


def _read(path: Path) -> Checkpoint:
    record = _read_record(path)
    with _damage():
        # What is hashed is what is used: a second read may give other bytes.
        content = (path / ARRAYS_FILE).read_bytes()
        if sha256_bytes(content) != record["files"][ARRAYS_FILE]["sha256"]:
            raise _DamagedError("its arrays are not the ones that were written")
        return Checkpoint(FitState(**record["state"]), record["identity"], load(content))


def _read_standing(path: Path) -> tuple[FitState, Mapping[str, object]]:
    record = _read_record(path)
    with _damage():
        if (path / ARRAYS_FILE).stat().st_size != record["files"][ARRAYS_FILE]["bytes"]:
            raise _DamagedError("its arrays are not the ones that were written")
        return FitState(**record["state"]), record["identity"]


def _read_record(path: Path) -> dict:
    with _damage():
        record = json.loads((path / RECORD_FILE).read_text(encoding="utf-8"))
        digest = record.pop("sha256")
        if sha256_json(record) != digest:
            raise _DamagedError("its record is not the one that was written")
        if record.get("format") != FORMAT_VERSION:
            raise RunFolderError(
                why=f"this checkpoint must have the format {FORMAT_VERSION}. "
                f"Received: format {record.get('format')!r}",
                file=path,
                fix="go on with the kseg release that wrote it, or give another --out",
                code="KS-G10",
            )
        return record


@contextmanager
def _damage() -> Iterator[None]:
    """Take a missing file and wrong content for damage; other errors of the disk may pass."""
    try:
        yield
    except (
        FileNotFoundError,
        ValueError,
        KeyError,
        TypeError,
        AttributeError,
        SafetensorError,
    ) as error:
        raise _DamagedError(f"{type(error).__name__}: {error}") from error


def _set_aside(damaged: Mapping[Path, str], tell: Callable[[str], object], next_: str) -> None:
    """Rename the damaged generations; one of them is kept, for whoever looks for the reason."""
    for path, why in damaged.items():
        for older in _numbered(path.parent):
            if older.name.startswith("damaged"):
                remove_folder(older)
        aside = path.with_name(path.name.replace("generation", "damaged"))
        disk.rename(path, aside)
        disk.flush_folder(path.parent)
        tell(f"the checkpoint {path.name} is damaged ({why}): it is now {aside.name}, and {next_}")


def _generations(folder: Path) -> list[Path]:
    return [path for path in _numbered(folder) if path.name.startswith("generation")]


def _numbered(folder: Path) -> list[Path]:
    """Return generations and damaged ones by their number: clocks jump, numbers do not."""
    if not folder.is_dir():
        return []
    return sorted((p for p in folder.iterdir() if _NUMBERED.fullmatch(p.name)), key=_number)


def _number(path: Path) -> int:
    return int(_NUMBERED.fullmatch(path.name)[2])
