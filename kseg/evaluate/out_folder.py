"""The folder of the results: not among the data, not a run's own, and one that can be written."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kseg.errors import KsegError
from kseg.evaluate.tables import CASES_FILE
from kseg.evaluate.truth import Truth
from kseg.storage import probe_folder

_FIX = "give a folder of its own by --out"
# What `kseg fit` fills itself.
_FOLDERS_OF_A_RUN = (Path(), Path("model"), Path("validation"), Path("validation", "masks"))
_DEEPEST = 3


def open_out(out: Path, truth: Truth) -> None:
    """Make the folder of the results, and make sure that they may and can be written there.

    Args:
        out: path of the folder.
        truth: `Truth`.

    Raises:
        KsegError: if it holds data or the results of a run (KS-V06), or cannot be written to
            (KS-V08).
    """
    with told_if_unwritable(out):
        _check(out, truth)
        probe_folder(out)


@contextmanager
def told_if_unwritable(out: Path) -> Iterator[None]:
    """Turn what the system says against writing into a message.

    Args:
        out: path of the folder that is written to.

    Raises:
        KsegError: KS-V08.
    """
    try:
        yield
    except OSError as error:
        raise KsegError(
            why=f"the results cannot be written there: {error.strerror or error}",
            code="KS-V08",
            file=out,
            fix="give another folder by --out, or see to its rights and the space on the disk",
        ) from error


def _check(out: Path, truth: Truth) -> None:
    table = out / CASES_FILE
    run = _run_of(out.resolve())
    if run is not None:
        raise KsegError(
            why=f"it belongs to the run {run.name}, whose own tables and report would be lost",
            code="KS-V06",
            file=out,
            fix=_FIX,
        )
    home = truth.root if truth.root.is_dir() else truth.root.parent
    if _lists_scans(out) or out.resolve() == home.resolve():
        raise KsegError(
            why=f"{CASES_FILE} of the results would stand among the data, where it lists the scans",
            code="KS-V06",
            file=table,
            fix=_FIX,
        )


def _run_of(folder: Path) -> Path | None:
    """Return the run folder to which a folder belongs, or None."""
    for run in (folder, *folder.parents)[:_DEEPEST]:
        if folder.relative_to(run) in _FOLDERS_OF_A_RUN and _is_run(run):
            return run
    return None


def _is_run(folder: Path) -> bool:
    written = (folder / "log.jsonl").is_file() or (folder / "model").is_dir()
    return written and (folder / "recipe.yaml").is_file()


def _lists_scans(out: Path) -> bool:
    if (out / "imagesTr").is_dir() or (out / "dataset.json").is_file():
        return True
    table = out / CASES_FILE
    if not table.is_file():
        return False
    with table.open(encoding="utf-8-sig", errors="replace") as lines:
        return "case" not in lines.readline().strip().split(",")
