"""What the checks of a file found: a refusal, a repair, or a note, each with a stable code."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from kseg.errors import KsegError, VolumeError


@dataclass(frozen=True)
class Finding:
    """One thing that a check has to say about a file.

    Args:
        code: str, stable identifier such as `"KS-B12"`.
        severity: `"refuse"` (the file is not used), `"repair"` (kseg reads it in the one sensible
            way and says so) or `"note"` (harmless).
        file: str, path of the file.
        why: str, what was found.
        fix: str or None, what to do about it.

    Example:
        >>> finding = Finding("KS-A05", "repair", "a.nii.gz", "it is not compressed", "rename it")
        >>> finding.severity
        'repair'
    """

    code: str
    severity: Literal["refuse", "repair", "note"]
    file: str
    why: str
    fix: str | None = None

    @classmethod
    def from_error(cls, error: KsegError) -> "Finding":
        """Return an error as a finding, for a list of all that is wrong.

        Args:
            error: KsegError, most often a VolumeError.

        Returns:
            Finding with severity `"refuse"`.
        """
        return cls(error.code, "refuse", error.file or "", error.why, error.fix)

    def as_error(self) -> VolumeError:
        """Return the finding as an error that can be raised.

        Returns:
            VolumeError with the same file, reason, fix and code.
        """
        return VolumeError(why=self.why, file=self.file, fix=self.fix, code=self.code)


def raise_refusals(findings: Iterable[Finding]) -> None:
    """Raise the first refusal among some findings, if there is one.

    Args:
        findings: iterable of Finding.

    Raises:
        VolumeError: if one of them is a refusal.

    Example:
        >>> raise_refusals([Finding("KS-B10", "note", "a.nii.gz", "its pixdim differs")])
    """
    for finding in findings:
        if finding.severity == "refuse":
            raise finding.as_error()


def refusal(code: str, file: str | Path, why: str, fix: str) -> VolumeError:
    """Return the error that refuses a file.

    Args:
        code: str, number of the rule, such as `"B02"`.
        file: path of the file.
        why: str, what must hold and what was found instead.
        fix: str, what to do about it.

    Returns:
        VolumeError, ready to be raised.
    """
    return VolumeError(why=why, file=file, fix=fix, code=f"KS-{code}")


def repair(code: str, file: str | Path, why: str, fix: str | None = None) -> Finding:
    """Return the finding that tells of a repair.

    Args:
        code: str, number of the rule, such as `"B05"`.
        file: path of the file.
        why: str, what was found and how kseg reads it.
        fix: str or None, what would make the repair needless.

    Returns:
        Finding with severity `"repair"`.
    """
    return Finding(f"KS-{code}", "repair", str(file), why, fix)


def note(code: str, file: str | Path, why: str, fix: str | None = None) -> Finding:
    """Return the finding that tells of something harmless.

    Args:
        code: str, number of the rule, such as `"B10"`.
        file: path of the file.
        why: str, what was found.
        fix: str or None, what to do about it.

    Returns:
        Finding with severity `"note"`.
    """
    return Finding(f"KS-{code}", "note", str(file), why, fix)
