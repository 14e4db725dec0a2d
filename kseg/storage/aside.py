"""Files that are kept under another name, because they cannot be used and may be wanted."""

from pathlib import Path

from kseg.storage import disk


def move_aside(path: str | Path, suffix: str) -> Path:
    """Rename a file or folder in one step, to a name that is free.

    Args:
        path: path of the file or folder.
        suffix: str, added to its name; with a number if that name is taken.

    Returns:
        The new path.

    Raises:
        OSError: if it cannot be renamed.

    Example:
        >>> import tempfile
        >>> file = Path(tempfile.mkdtemp()) / "trial.json"
        >>> _ = file.write_text("{")
        >>> move_aside(file, ".broken").name
        'trial.json.broken'
    """
    path = Path(path)
    aside, number = path.with_name(path.name + suffix), 1
    while aside.exists() or aside.is_symlink():
        number += 1
        aside = path.with_name(f"{path.name}{suffix}-{number}")
    disk.rename(path, aside)
    disk.flush_folder(path.parent)
    return aside
