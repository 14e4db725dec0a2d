"""A lock that keeps two processes out of one folder, and outlives neither of them."""

import contextlib
import json
import logging
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType

from kseg.errors import FolderInUseError
from kseg.storage import disk, process
from kseg.storage.atomic import create_file, make_folder
from kseg.storage.temporary import LOCK_NAME, discard, temporary_beside

# On a disk where a lock cannot be made with its content, it is empty for a moment; older than this,
# its maker died.
_EMPTY_IS_STALE_SECONDS = 10.0

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class LockOwner:
    """Who holds a lock.

    Args:
        pid: int, process id.
        host: str, name of the machine, since a pid means nothing on another one.
        started: str, when the lock was taken, UTC.
        process_started: str, the kernel's start time of the process, or "" where there is none;
            it tells a living owner from a later process with the same pid.
        pid_space: str, what the pid means something in: two containers with one host name, or a
            machine before and after a restart, have different ones.
        under_driver: bool, the process was begun by one that held the folder around this one.
    """

    pid: int
    host: str
    started: str
    process_started: str
    pid_space: str
    under_driver: bool = False


class FolderLock:
    """Hold a folder for one process, by a file that only one process can make.

    The lock of a process that died on this machine, or with it in a power cut, is taken over, and
    `took_over` says whose it was. A lock from another machine, from a container that is not this
    one, or of a form that this kseg does not know is never judged: its owner may be alive. One
    exception is made, for the jobs of a driver: while it holds the folder around theirs there is no
    other driver, and it begins no job anew before it holds the first for lost, on whatever machine
    that was. One that was not lost finds out by `refuse_if_taken_over`, and ends.

    Args:
        path: path of the folder. It is made where it is missing.
        under_driver: bool, this process was begun by one that holds the folder around this one.

    Raises:
        FolderInUseError: on entry, if another process holds the folder (exit code 75).

    Example:
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp())
        >>> with FolderLock(folder):
        ...     (folder / "kseg.lock").exists()
        True
        >>> (folder / "kseg.lock").exists()
        False
    """

    def __init__(self, path: str | Path, *, under_driver: bool = False):
        self.folder = Path(path)
        self.under_driver = under_driver
        self.file = self.folder / LOCK_NAME
        self.took_over: LockOwner | None = None
        self._content: bytes | None = None

    def refuse_if_held(self) -> None:
        """Refuse a folder that another process holds, before time is spent on what needs it.

        Nothing is taken or changed: only entering the lock makes sure of the folder.

        Raises:
            FolderInUseError: if another process holds the folder (exit code 75).
        """
        content = _read(self.file)
        if content is not None and not self._is_stale(content):
            raise self._in_use(_parse(content))

    def refuse_if_taken_over(self) -> None:
        """Refuse to go on where another process has taken the folder over; asked before writing.

        Raises:
            FolderInUseError: if another process holds the folder (exit code 75).
        """
        content = _read(self.file)
        if self._content is not None and content is not None and content != self._content:
            raise self._in_use(_parse(content))

    def __enter__(self) -> "FolderLock":
        make_folder(self.folder)
        if not self._create():
            self._take_over_or_refuse()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # Only our own lock: someone who thought us dead may hold the folder by now.
        if self._content is not None and _read(self.file) == self._content:
            disk.remove_file(self.file)
        self._content = None

    def _create(self) -> bool:
        me = process.this_process()
        owner = LockOwner(
            pid=me.pid,
            host=me.host,
            started=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            process_started=me.started,
            pid_space=me.space,
            under_driver=self.under_driver,
        )
        content = json.dumps(asdict(owner)).encode()
        if not create_file(self.file, content):
            return False
        self._content = content
        return True

    def _take_over_or_refuse(self) -> None:
        content = _read(self.file)
        owner = _parse(content)
        if self._is_stale(content) and self._remove_stale(content) and self._create():
            self.took_over = owner
            who = "an unknown process" if owner is None else f"process {owner.pid} of {owner.host}"
            _log.warning("took over %s: %s that held it is gone", self.folder, who)
            return
        raise self._in_use(owner)

    def _remove_stale(self, content: bytes | None) -> bool:
        # Of two processes that find the same dead lock, one renames it; the other finds either
        # nothing or the first one's living lock, and puts that back.
        aside = temporary_beside(self.file)
        try:
            disk.rename(self.file, aside)
        except OSError:
            return False
        ours = _read(aside) == content
        if not ours and not self.file.exists():
            disk.rename(aside, self.file)
        else:
            discard(aside)
        return ours

    def _is_stale(self, content: bytes | None) -> bool:
        if content == b"":
            with contextlib.suppress(OSError):
                return time.time() - self.file.stat().st_mtime > _EMPTY_IS_STALE_SECONDS
        owner = _parse(content)
        if owner is None:
            return False
        if process.has_restarted(owner.host, owner.pid_space):
            return True
        if process.is_of_this_machine(owner.host, owner.pid_space):
            return process.is_gone(owner.pid, owner.process_started)
        return owner.under_driver and self.under_driver

    def _in_use(self, owner: LockOwner | None) -> FolderInUseError:
        who = (
            "another process"
            if owner is None
            else f"process {owner.pid} on {owner.host}, since {owner.started}"
        )
        return FolderInUseError(
            why=f"the folder is in use by {who}",
            file=self.folder,
            fix=f"wait for it, or use another folder; if it is surely gone, as after a restart of "
            f"its container, delete {self.file}",
            code="KS-G09",
        )


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None


def _parse(content: bytes | None) -> LockOwner | None:
    """Return who a lock names; None if that cannot be read, or another kseg wrote it otherwise."""
    with contextlib.suppress(ValueError, TypeError, RecursionError):
        owner = LockOwner(**json.loads(content or b""))
        texts = owner.host, owner.started, owner.process_started, owner.pid_space
        is_ours = type(owner.pid) is int and type(owner.under_driver) is bool
        if is_ours and all(isinstance(text, str) for text in texts):
            return owner
    return None
