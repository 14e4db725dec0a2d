"""The mask files that a path stands for, by their names without extension."""

import json
from collections.abc import Sequence
from pathlib import Path

from kseg.errors import VolumeError
from kseg.volume import image_stem

_ENDINGS = (".nii", ".nii.gz")
# Where a run of `kseg fit` keeps the masks of its validation cases.
_MASKS_OF_A_RUN = Path("validation", "masks")


def masks_of(path: str | Path) -> dict[str, Path]:
    """Return the masks at a path: one file, those in a folder, or those of a run of `kseg fit`.

    Args:
        path: a NIfTI file; a folder that holds some; or a run folder, whose validation masks
            are taken.

    Returns:
        dict of file name without extension to path, in order of the names. Hidden files, and
        folders inside, are not looked at.

    Raises:
        VolumeError: if there is no mask (KS-V01), two have one name (KS-V02), or a name cannot
            be written as text (KS-V07).

    Example:
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp())
        >>> for name in ("b.nii", "a.nii.gz", "notes.txt"):
        ...     (folder / name).touch()
        >>> list(masks_of(folder))
        ['a', 'b']
    """
    path = Path(path)
    if path.is_file():
        _check_names([path])
        return {image_stem(path): path}
    folder = mask_folder(path)
    files = nifti_files(folder)
    if not files:
        there = "a folder without a NIfTI file" if folder.is_dir() else "nothing"
        raise VolumeError(
            why=f"masks are wanted there; it is {there}. Looked for: *.nii and *.nii.gz in it, "
            f"{_MASKS_OF_A_RUN} as in a run of kseg fit, or one mask file",
            code="KS-V01",
            file=path,
            fix="give the folder that holds the masks themselves",
        )
    _check_names(files)
    return _by_stem(files)


def mask_folder(path: Path) -> Path:
    """Return the folder that holds the masks: the path itself, or a run's `validation/masks`.

    Args:
        path: a folder.

    Returns:
        path.
    """
    of_a_run = path / _MASKS_OF_A_RUN
    return of_a_run if of_a_run.is_dir() and not nifti_files(path) else path


def are_of_phantom(path: str | Path) -> bool:
    """Return whether masks are those of a run on synthetic scans, by the summary of that run.

    Args:
        path: as for `masks_of`: a run folder, its `validation/masks`, or one mask in there.

    Returns:
        bool.
    """
    path = Path(path)
    folder = path.parent if path.is_file() else mask_folder(path)
    try:
        text = (folder.resolve().parent / "summary.json").read_text(encoding="utf-8")
        content = json.loads(text)
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(content, dict) and content.get("data") == "phantom"


def printable(text: str | Path) -> str:
    r"""Return a path or name with what is no text in it replaced, so that it can be written.

    Args:
        text: str or path; names that other systems have left may hold any bytes.

    Returns:
        str.

    Example:
        >>> printable("m\udcfcller")
        'm\\udcfcller'
    """
    return str(text).encode("utf-8", "backslashreplace").decode("utf-8")


def nifti_files(folder: Path) -> list[Path]:
    """Return the NIfTI files in a folder, in order of their names.

    Args:
        folder: path; what is no folder holds none.

    Returns:
        list of paths, without hidden files such as the "._" twins that macOS leaves.
    """
    if not folder.is_dir():
        return []
    found = (path for path in folder.iterdir() if path.name.lower().endswith(_ENDINGS))
    return sorted(path for path in found if not path.name.startswith(".") and path.is_file())


def _check_names(files: Sequence[Path]) -> None:
    """Refuse, before anything is measured, names that no table or page could hold."""
    odd = [printable(path.name) for path in files if printable(path.name) != path.name]
    if odd:
        more = f" and {len(odd) - 1} more" if len(odd) > 1 else ""
        raise VolumeError(
            why=f"the names of masks must be text (UTF-8). Found: {odd[0]}{more}",
            code="KS-V07",
            file=printable(files[0].parent),
            fix="rename them; they most likely come from a system that writes names otherwise",
        )


def _by_stem(files: list[Path]) -> dict[str, Path]:
    masks: dict[str, Path] = {}
    for path in files:
        first = masks.setdefault(image_stem(path), path)
        if first != path:
            raise VolumeError(
                why=f"two masks have one name: {first.name} and {path.name}",
                code="KS-V02",
                file=path.parent,
                fix="keep one of them in this folder",
            )
    return dict(sorted(masks.items()))
