"""Errors that a user can act on: what file, why, how to mend it, and a stable code."""

from pathlib import Path


class KsegError(Exception):
    """A mistake in what kseg was given, told so that its reader can mend it.

    Children: `RecipeError`, `ManifestError`, `VolumeError`, `RunFolderError`, `ModelFileError`.

    Args:
        why: str, what must hold and what was found instead.
        code: str, stable identifier such as `"KS-B02"`, the same in every release.
        file: path of the file at fault, if there is one.
        fix: str, what to do about it.

    Example:
        >>> print(KsegError(why="it is empty", code="KS-A04", file="a.nii.gz", fix="copy it again"))
        it is empty  [KS-A04]
          file  a.nii.gz
          fix   copy it again
    """

    exit_code = 2

    def __init__(
        self, *, why: str, code: str, file: str | Path | None = None, fix: str | None = None
    ):
        super().__init__(why)
        self.why = why
        self.code = code
        self.file = None if file is None else str(file)
        self.fix = fix

    def __str__(self) -> str:
        """Return the message in up to three lines: reason and code, file, fix."""
        lines = [f"{self.why}  [{self.code}]"]
        if self.file is not None:
            lines.append(f"  file  {self.file}")
        if self.fix is not None:
            lines.append(f"  fix   {self.fix}")
        return "\n".join(lines)

    def __reduce__(self):
        """Pickle by value, so that a worker process can hand the error to its parent."""
        return (_rebuild, (type(self), self.why, self.code, self.file, self.fix))


def _rebuild(kind, why, code, file, fix):
    return kind(why=why, code=code, file=file, fix=fix)


class RecipeError(KsegError):
    """A recipe, or a change made to it on the command line, that cannot be used."""

    exit_code = 2


class ManifestError(KsegError):
    """A data set whose list of cases, labels or splits cannot be used."""

    exit_code = 4


class VolumeError(KsegError):
    """A scan or mask whose bytes, geometry or values cannot be trusted."""

    exit_code = 4


class RunFolderError(KsegError):
    """A run folder that is missing, in use, or belongs to something else."""

    exit_code = 2


class FolderInUseError(RunFolderError):
    """A folder that another kseg process is writing to."""

    exit_code = 75


class ModelFileError(KsegError):
    """A model folder that is damaged, too new, or not what it claims to be."""

    exit_code = 2
