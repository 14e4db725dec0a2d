"""Write the page of a search into its folder."""

from collections.abc import Callable
from pathlib import Path

from kseg.evaluate import REPORT_FILE
from kseg.report.search.files import read_search
from kseg.report.search.gather import search_content
from kseg.report.search.page import render_search
from kseg.storage import write_text


def write_search_report(
    folder: str | Path,
    *,
    out: str | Path | None = None,
    tell: Callable[[str], object] | None = None,
) -> Path:
    """Write the page of a hyper-parameter search: one HTML file that fetches nothing.

    Args:
        folder: folder of `kseg tune`, whether the search has ended or not.
        out: file to write; None for `report.html` in the folder.
        tell: function of a sentence, told what the page could not show; or None.

    Returns:
        path of the page.

    Raises:
        RunFolderError: if it is no folder of a search, or a table in it is damaged.

    Example:
        >>> write_search_report("/nowhere")
        Traceback (most recent call last):
            ...
        kseg.errors.RunFolderError: there is no search.json in it, so it is no folder of a search...
    """
    files = read_search(folder)
    path = files.folder / REPORT_FILE if out is None else Path(out)
    write_text(path, render_search(search_content(files)))
    if tell is not None:
        for note in files.notes:
            tell(note)
    return path
