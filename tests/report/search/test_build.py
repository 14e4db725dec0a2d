import shutil

import pytest

from kseg.errors import RunFolderError
from kseg.evaluate import REPORT_FILE
from kseg.report import write_search_report
from tests.report.search.samples import write_search


def test_the_page_lies_in_the_folder_of_the_search(tmp_path):
    folder = write_search(tmp_path / "search")
    path = write_search_report(folder)
    assert path == folder / REPORT_FILE
    text = path.read_text(encoding="utf-8")
    assert text.startswith("<!doctype html>") and "For research use only" in text
    assert "://" not in text and len(text) < 200_000


def test_the_page_may_be_written_elsewhere_and_is_the_same_every_time(tmp_path):
    folder = write_search(tmp_path / "search")
    pages = [write_search_report(folder, out=tmp_path / name) for name in ("a/x.html", "b/x.html")]
    assert pages[0] == tmp_path / "a/x.html"
    assert pages[0].read_bytes() == pages[1].read_bytes()
    assert not (folder / REPORT_FILE).exists()


def test_what_the_page_could_not_show_is_told(tmp_path):
    folder = write_search(tmp_path)
    shutil.rmtree(folder / "trials")
    (folder / "pareto.csv").unlink()
    told = []
    write_search_report(folder, tell=told.append)
    assert len(told) == 2 and "learning curve" in told[0] and "pareto.csv" in told[1]


def test_a_folder_that_is_no_search_is_refused_and_nothing_is_written(tmp_path):
    with pytest.raises(RunFolderError):
        write_search_report(tmp_path)
    assert list(tmp_path.iterdir()) == []
