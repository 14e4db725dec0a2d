"""A disk that fails at its k-th step, and forgets at a power cut what was not flushed.

It takes the place of the functions of `kseg.storage.disk`, through which all that kseg writes goes.
What it does not model: blocks that rot, and a disk that says it has flushed and has not.
"""

import errno
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from kseg.storage import disk, process
from kseg.storage.process import ProcessIdentity

STEPS = (
    "write", "append", "open_to_append", "flush_file", "flush_folder", "make_folder", "rename",
    "link", "remove_file", "remove_tree",
)  # fmt: skip
# Steps that need room on the disk.
NEED_ROOM = ("write", "append", "open_to_append", "make_folder", "link")
# Steps of which half may be done when the end comes.
DIVISIBLE = ("write", "append", "remove_tree")

KILLED = "killed"  # the process is gone before the step; the disk stays as it is
TORN = "killed in the midst"  # half of the step is done
POWER_LESS_DATA = "power cut, names kept"  # what was not flushed is half there, names are all there
POWER_LESS_NAMES = "power cut, names lost"  # names that were not flushed are the old ones
POWER_LESS_REMOVALS = "power cut, removals lost"  # what was removed and not flushed is back
DISK_FULL = "disk full"  # from this step on nothing more can be written
IO_ERROR = "input/output error"  # this one step fails
INTERRUPT = "Ctrl-C"
ENDS = (KILLED, TORN, POWER_LESS_DATA, POWER_LESS_NAMES, POWER_LESS_REMOVALS)


class Died(BaseException):
    """The process is gone: nothing of it may run any more, and nothing of kseg catches this."""


@dataclass
class _Name:
    """A change of a name that is not surely on the disk, and how to undo it."""

    path: Path
    undo: Callable[[Path], None]
    is_removal: bool = False


@dataclass(frozen=True)
class Step:
    """One step that was asked of the disk, and what a power cut just before it could take away."""

    kind: str
    path: Path
    loses_data: bool
    loses_names: bool
    loses_removals: bool


class FaultyDisk:
    """Count the steps of one process and let the k-th fail.

    Args:
        fault: str, one of the faults above, or None for a sound disk.
        at: int, the step that fails, from 1 on.
        sitting: int, which process this is: what an earlier one wrote was written by a dead one.
    """

    def __init__(self, fault: str | None = None, at: int = 0, sitting: int = 1):
        self.steps: list[Step] = []
        self.has_failed = False
        self._fault, self._at, self._sitting = fault, at, sitting
        self._is_dead = self._is_full = False
        self._real = {name: getattr(disk, name) for name in STEPS}
        self._data: list[Path] = []
        self._names: list[_Name] = []

    def put_in(self, patch) -> "FaultyDisk":
        """Take the place of the real disk for as long as the `MonkeyPatch` holds."""
        for name in STEPS:
            patch.setattr(disk, name, self._step(name))
        me = process.this_process()
        patch.setattr(
            process, "this_process", lambda: ProcessIdentity(me.pid, me.host, str(self._sitting))
        )
        return self

    def _step(self, name: str):
        def step(*arguments):
            if self._is_dead:
                raise Died
            path = arguments[0]
            removals = any(change.is_removal for change in self._names)
            self.steps.append(Step(name, path, bool(self._data), bool(self._names), removals))
            if len(self.steps) == self._at and self._fault is not None:
                self._fail(name, arguments)
            if self._is_full and name in NEED_ROOM:
                self._half(name, arguments)
                raise OSError(errno.ENOSPC, "No space left on device", str(path))
            getattr(self, f"_{name}")(*arguments)

        return step

    def _fail(self, name: str, arguments: tuple) -> None:
        self.has_failed = True
        if self._fault == DISK_FULL:
            self._is_full = True
            return
        if self._fault == IO_ERROR:
            raise OSError(errno.EIO, "Input/output error", str(arguments[0]))
        if self._fault == INTERRUPT:
            raise KeyboardInterrupt
        self._is_dead = True
        if self._fault == TORN:
            self._half(name, arguments)
        elif self._fault != KILLED:
            self._lose()
        raise Died

    def _half(self, name: str, arguments: tuple) -> None:
        if name in ("write", "append"):
            path, content = arguments
            content = content if name == "append" else b"".join(map(bytes, content))
            with path.open("ab") as file:
                file.write(content[: len(content) // 2])
        elif name == "remove_tree":
            files = sorted(path for path in arguments[0].rglob("*") if path.is_file())
            for path in files[: (len(files) + 1) // 2]:
                path.unlink()

    def _lose(self) -> None:
        """Take away what was not flushed; a file of which nothing was flushed is half there."""
        for path in self._data:
            if path.is_file():
                content = path.read_bytes()
                path.write_bytes(content[: len(content) // 2])
        for change in reversed(self._names):
            if self._fault == POWER_LESS_NAMES or (
                self._fault == POWER_LESS_REMOVALS and change.is_removal
            ):
                change.undo(change.path)

    def _write(self, path, parts):
        self._real["write"](path, parts)
        self._data.append(path)
        self._names.append(_Name(path, lambda place: place.unlink(missing_ok=True)))

    def _append(self, path, data):
        # A log is never flushed, so that it could be lost altogether; its last line is torn.
        self._real["append"](path, data)

    def _open_to_append(self, path):
        # What is written to it, another process writes.
        return self._real["open_to_append"](path)

    def _flush_file(self, path):
        if not path.is_file():
            raise FileNotFoundError(errno.ENOENT, "No such file or directory", str(path))
        self._data = [one for one in self._data if one != path]

    def _flush_folder(self, path):
        if not path.is_dir():
            raise FileNotFoundError(errno.ENOENT, "No such file or directory", str(path))
        self._names = [change for change in self._names if change.path.parent != path]

    def _make_folder(self, path):
        is_new = not path.exists()
        self._real["make_folder"](path)
        if is_new:
            self._names.append(_Name(path, lambda place: shutil.rmtree(place, ignore_errors=True)))

    def _rename(self, source, target):
        before = target.read_bytes() if target.is_file() else None
        self._real["rename"](source, target)
        self._data = [_moved(path, source, target) for path in self._data if path != target]
        earlier = list(self._names)
        for change in earlier:
            change.path = _moved(change.path, source, target)

        def undo(place):
            if place.exists():
                place.rename(source)
            for change in earlier:
                change.path = _moved(change.path, place, source)
            if before is not None:
                place.write_bytes(before)

        self._names.append(_Name(target, undo))

    def _link(self, source, target):
        self._real["link"](source, target)
        if source in self._data:
            self._data.append(target)
        self._names.append(_Name(target, lambda place: place.unlink(missing_ok=True)))

    def _remove_file(self, path):
        before = path.read_bytes() if path.is_file() else None
        self._real["remove_file"](path)
        self._data = [one for one in self._data if one != path]
        if before is not None:
            self._names.append(_Name(path, lambda place: _restore(place, before), is_removal=True))

    def _remove_tree(self, path):
        before = {file.relative_to(path): file.read_bytes() for file in _files_in(path)}
        self._real["remove_tree"](path)
        self._data = [one for one in self._data if not one.is_relative_to(path)]
        self._names = [change for change in self._names if not change.path.is_relative_to(path)]

        def undo(place):
            for name, content in before.items():
                (place / name).parent.mkdir(parents=True, exist_ok=True)
                _restore(place / name, content)

        self._names.append(_Name(path, undo, is_removal=True))


def faults_at(step: Step) -> list[str]:
    """Return the faults that leave something of their own behind when they come at this step."""
    needs_room, divisible = step.kind in NEED_ROOM, step.kind in DIVISIBLE
    possible = {
        # Flushing changes nothing that a killed process leaves: the next step stands for it.
        KILLED: not step.kind.startswith("flush"),
        TORN: divisible,
        POWER_LESS_DATA: step.loses_data,
        POWER_LESS_NAMES: step.loses_names,
        POWER_LESS_REMOVALS: step.loses_removals,
        DISK_FULL: needs_room,
        IO_ERROR: True,
        INTERRUPT: True,
    }
    return [fault for fault, leaves_its_own in possible.items() if leaves_its_own]


def _files_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def _moved(path: Path, source: Path, target: Path) -> Path:
    return target / path.relative_to(source) if path.is_relative_to(source) else path


def _restore(path: Path, content: bytes) -> None:
    if not path.exists():
        path.write_bytes(content)
