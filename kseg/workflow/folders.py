"""Whether the folders of a run can be written to, asked before anything is done."""

from pathlib import Path

from kseg.errors import RunFolderError
from kseg.storage import probe_folder


def refuse_unwritable(*folders: Path) -> None:
    """Refuse folders that cannot be made or written to; those that can are made.

    Args:
        *folders: paths of folders.

    Raises:
        RunFolderError: naming the first that cannot.
    """
    for folder in folders:
        try:
            probe_folder(folder)
        except OSError as error:
            raise RunFolderError(
                why=f"this folder cannot be written to: {error.strerror or error}",
                file=folder,
                fix="check its rights and the space on its disk, or give another one with --out "
                "for the run and --work for the caches",
                code="KS-G14",
            ) from error
