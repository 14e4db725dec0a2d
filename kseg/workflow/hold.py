"""A folder that one sitting works in alone, and a log that tells how the sitting ended."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from kseg.fit import STOP_FILE, Stop, Stopped, stopped_error
from kseg.storage import FolderLock, remove_leftovers
from kseg.workflow.failure import failure_facts
from kseg.workflow.folders import refuse_other_command, refuse_unwritable
from kseg.workflow.log import RunLog


@contextlib.contextmanager
def hold_folder(
    folder: Path,
    stop: Stop,
    log: RunLog,
    data: Path | None,
    *,
    command: str,
    kept: str,
    under_driver: bool = False,
) -> Iterator[FolderLock]:
    """Hold a folder for a sitting of a run, a cross-validation or a search, and log its ending.

    Args:
        folder: the folder.
        stop: `Stop` of the sitting; signals go to it while the folder is held.
        log: `RunLog` of the folder.
        data: absolute path of the folder or table of the data set, or None.
        command: str, `"kseg fit"`, `"kseg crossval"` or `"kseg tune"`.
        kept: str, what a stop does not lose, in half a sentence.
        under_driver: bool, a search or a cross-validation holds the folder around this one.

    Yields:
        `FolderLock` that is held.

    Raises:
        RunStoppedError: if it was asked to stop.
        KsegError: if the folder cannot be written to, is held by another process, or holds what
            another command has made; and whatever else ended the sitting.
    """
    refuse_unwritable(folder)
    refuse_other_command(folder, command)
    with FolderLock(folder, under_driver=under_driver) as lock, stop.signals():
        remove_leftovers(folder)
        if stop.forget_file():
            log(f"removed the file {STOP_FILE}, which was there before")
        try:
            yield lock
        except Stopped as stopped:
            stop.forget_file()
            log(f"stopped by {stopped.reason}")
            raise stopped_error(stopped, folder, kept) from None
        except Exception as error:
            log.failed(**failure_facts(error, data))
            raise
