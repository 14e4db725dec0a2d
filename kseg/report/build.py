"""Write a page: of a run, or of an evaluation."""

from collections.abc import Callable
from pathlib import Path

from kseg.evaluate import REPORT_FILE
from kseg.report.crossval_content import crossval_content
from kseg.report.crossval_files import is_crossval, read_crossval
from kseg.report.evaluation_content import Evaluated, evaluation_content
from kseg.report.page import render
from kseg.report.run_content import run_content
from kseg.report.run_files import read_run
from kseg.storage import write_text


def write_run_report(
    run: str | Path,
    *,
    work: str | Path = ".kseg",
    data: str | Path | None = None,
    out: str | Path | None = None,
    tell: Callable[[str], object] | None = None,
) -> Path:
    """Write the page of a run, or of all folds of a recipe: one HTML file that fetches nothing.

    Args:
        run: run folder of `kseg fit`, finished or not, or a folder of `kseg crossval`.
        work: folder for caches, where the phantom lies.
        data: folder or table of the scans, if it has moved since; None takes the recipe's.
        out: file to write; None for `report.html` in the run folder.
        tell: function of a sentence, told what the page could not show; or None.

    Returns:
        path of the page.

    Raises:
        RunFolderError: if it is no run folder, or a file in it is damaged.

    Example:
        >>> write_run_report("/nowhere")
        Traceback (most recent call last):
            ...
        kseg.errors.RunFolderError: there is no recipe.yaml in it, so it is no run folder ...
    """
    folder, moved = Path(run), None if data is None else Path(data)
    if is_crossval(folder):
        content = crossval_content(read_crossval(folder), Path(work), moved)
    else:
        content = run_content(read_run(folder), Path(work), moved)
    path = folder / REPORT_FILE if out is None else Path(out)
    write_text(path, render(content))
    if tell is not None and content.pictures_note:
        tell(content.pictures_note)
    return path


def write_evaluation_report(found: Evaluated, folder: str | Path) -> Path:
    """Write the page of an evaluation into the folder of its tables.

    Args:
        found: `Evaluated`.
        folder: path of the folder.

    Returns:
        path of the page.
    """
    path = Path(folder) / REPORT_FILE
    write_text(path, render(evaluation_content(found)))
    return path
