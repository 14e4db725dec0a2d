"""Whether a folder may be written to, asked before anything is put into it."""

from pathlib import Path

from kseg.errors import RunFolderError
from kseg.storage import probe_folder

# What the folder of each command holds, and that of no other.
MARKS = {
    "kseg fit": ("checkpoints", "model", "history.csv"),
    "kseg crossval": ("crossval.json",),
    "kseg tune": ("search.json",),
}


def refuse_unwritable(folder: Path) -> None:
    """Refuse a folder that cannot be made or written to; one that can is made.

    Args:
        folder: path of the folder.

    Raises:
        RunFolderError: if it cannot.
    """
    if folder.is_file():
        raise RunFolderError(
            why="this is a file, and a folder is wanted",
            file=folder,
            fix="give a folder with --out for the run and --work for the caches",
            code="KS-G14",
        )
    try:
        probe_folder(folder)
    except OSError as error:
        raise RunFolderError(
            why=f"this folder cannot be written to: {error.strerror or error}",
            file=folder,
            fix="check its rights and the space on its disk, or give another one with --out for "
            "the run and --work for the caches",
            code="KS-G14",
        ) from error


def refuse_other_command(folder: Path, command: str) -> None:
    """Refuse a folder that holds what another command has made.

    Args:
        folder: path of the folder.
        command: str, the command that is to write to it, such as `"kseg fit"`.

    Raises:
        RunFolderError: if it holds another's files, which would be written over.
    """
    for other, marks in MARKS.items():
        there = [mark for mark in marks if other != command and (folder / mark).exists()]
        if there:
            raise RunFolderError(
                why=f"it holds what `{other}` has made, as {' and '.join(there)} "
                + ("tells" if len(there) == 1 else "tell"),
                file=folder,
                fix="give another folder with --out",
                code="KS-G10",
            )
