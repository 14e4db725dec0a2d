"""Recipe files on disk: names with `~`, and text that is small and UTF-8."""

from pathlib import Path

from kseg.errors import RecipeError

LARGEST_BYTES = 2**20
OTHER_ENCODINGS = {b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16", b"\x00\x00\xfe\xff": "UTF-32"}


def expand(path: str | Path) -> Path:
    """Replace a leading `~` by the home folder, where there is one of that name.

    Example:
        >>> expand("scans/liver").as_posix()
        'scans/liver'
    """
    try:
        return Path(path).expanduser()
    except RuntimeError:
        return Path(path)


def is_file(path: Path) -> bool:
    """Tell whether a file is there; a name that no file can have is no error."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def is_folder(path: Path) -> bool:
    """Tell whether a folder is there; a name that no folder can have is no error."""
    try:
        return path.is_dir()
    except (OSError, ValueError):
        return False


def read_text(path: Path, name: str) -> str:
    """Read a recipe file; a UTF-8 byte order mark, as some editors write it, is skipped.

    Args:
        path: the file.
        name: str, the file as the user named it, for messages.

    Returns:
        str, its text.

    Raises:
        RecipeError: if it cannot be read, is larger than 1 MiB, or is not UTF-8.
    """
    try:
        with path.open("rb") as stream:
            data = stream.read(LARGEST_BYTES + 1)
    except OSError as error:
        raise RecipeError(
            why=f"it cannot be read: {error.strerror}",
            file=name,
            fix="Check the path and its permissions.",
            code="KS-F06",
        ) from error
    if len(data) > LARGEST_BYTES:
        raise RecipeError(
            why="a recipe must have at most 1 MiB, and this file is larger",
            file=name,
            fix="Give a recipe, not data; a recipe has some hundred lines at most.",
            code="KS-F07",
        )
    for mark, encoding in OTHER_ENCODINGS.items():
        if data.startswith(mark):
            raise _wrong_encoding(f"its byte order mark says {encoding}", name)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        found = f"line {line} holds the byte 0x{data[error.start]:02x}"
        raise _wrong_encoding(found, name) from error


def _wrong_encoding(found: str, name: str) -> RecipeError:
    return RecipeError(
        why=f"a recipe must be text in UTF-8. Received: {found}.",
        file=name,
        fix="Save the file as UTF-8 in your editor.",
        code="KS-F06",
    )
