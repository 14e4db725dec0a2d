"""Problems of a list of cases, collected so that all of them are told at once."""

from dataclasses import dataclass
from pathlib import Path

from kseg.errors import ManifestError


@dataclass(frozen=True)
class Problem:
    """One reason why a data set cannot be used.

    Args:
        code: str, stable identifier.
        why: str, what must hold and what was found.
        fix: str, what to do about it.
        file: Path of the one file that is at fault, or None where it is the list of cases.
    """

    code: str
    why: str
    fix: str
    file: Path | None = None


def refuse(problems: list[Problem], file: Path) -> None:
    """Raise one error that tells all problems; do nothing where there is none.

    Args:
        problems: list of Problem.
        file: the manifest, table or folder they were found in.

    Raises:
        ManifestError: if there is a problem. Its code is that of the first one.

    Example:
        >>> refuse([], Path("dataset.json"))
    """
    if not problems:
        return
    first = problems[0]
    if len(problems) == 1:
        raise ManifestError(why=first.why, code=first.code, file=file, fix=first.fix)
    lines = [f"{len(problems)} problems:"]
    lines += [f"    - {problem.why}  [{problem.code}]" for problem in problems]
    fixes = list(dict.fromkeys(problem.fix for problem in problems))
    raise ManifestError(why="\n".join(lines), code=first.code, file=file, fix="; ".join(fixes))
