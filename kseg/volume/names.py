"""The name of a scan without its extension."""

from pathlib import Path

_EXTENSIONS = (".nii.gz", ".nii")


def image_stem(path: str | Path) -> str:
    """Return a file's name without `.nii` or `.nii.gz`.

    Args:
        path: path of an image or mask.

    Returns:
        str. A name with another ending is returned whole.

    Example:
        >>> image_stem("data/scan_017.nii.gz")
        'scan_017'
    """
    name = Path(path).name
    for extension in _EXTENSIONS:
        if name.lower().endswith(extension):
            return name[: -len(extension)]
    return name
