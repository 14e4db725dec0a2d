"""What a log keeps of the error that ended a run: code and reason, without the places of files."""

import re
from pathlib import Path

from kseg.errors import KsegError

# A fault of other people's code may tell pages.
_LONGEST = 4000
# An absolute path of two names or more; a fraction or a unit is none.
_PATH = re.compile(r"(?<![\w./])/(?:[^\s/:;,'\"()\[\]]+/)+([^\s/:;,'\"()\[\]]*)")


def failure_facts(error: Exception, data: Path | None) -> dict[str, str]:
    """Return what is stored of an error; a run folder may be handed on, so it tells no place.

    Args:
        error: what ended the run.
        data: absolute path of the folder or table of the data set, or None. Of files in there the
            place within it is kept, of all others the name.

    Returns:
        dict with `code`, `why` and `file`, each where it is known, and `error`, the kind, where it
        is none of kseg's own.

    Example:
        >>> error = KsegError(why="it is empty", code="KS-A04", file="/mnt/doe/imagesTr/a.nii")
        >>> failure_facts(error, Path("/mnt/doe"))
        {'code': 'KS-A04', 'why': 'it is empty', 'file': 'imagesTr/a.nii'}
    """
    if not isinstance(error, KsegError):
        # As text, an error of the system would tell the place of the file.
        why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        return {"error": type(error).__name__, "why": without_places(why, data)[:_LONGEST]}
    facts = {"code": error.code, "why": without_places(error.why, data)[:_LONGEST]}
    if error.file is not None and Path(error.file) != data:
        inside = data is not None and Path(error.file).is_relative_to(data)
        file = Path(error.file)
        facts["file"] = file.relative_to(data).as_posix() if inside else file.name
    return facts


def without_places(text: str, data: Path | None) -> str:
    """Return a text in which no file is told by its place outside the data set.

    Args:
        text: str.
        data: absolute path of the folder or table of the data set, or None.

    Returns:
        str.

    Example:
        >>> without_places("/mnt/doe/imagesTr/a.nii and /home/me/b.nii differ", Path("/mnt/doe"))
        'imagesTr/a.nii and b.nii differ'
    """
    for root in () if data is None else (data, data.resolve()):
        # By hand, as only so a folder's name may hold spaces. A table lies beside its scans.
        for folder in (root, root.parent) if root.is_file() else (root,):
            text = text.replace(f"{folder}/", "").replace(str(folder), "the data folder")
    return _PATH.sub(r"\1", text)
