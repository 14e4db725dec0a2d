import shutil

import pytest

from kseg.errors import RunFolderError
from kseg.evaluate import REPORT_FILE
from kseg.report import write_run_report


def test_the_page_of_a_run_lies_in_its_folder_and_says_phantom(tiny_run, tmp_path):
    run = shutil.copytree(tiny_run.folder, tmp_path / "run")
    path = write_run_report(run, work=tiny_run.work)
    assert path == run / REPORT_FILE
    text = path.read_text()
    assert "phantom" in text.lower() and "For research use only" in text
    assert "://" not in text and len(text) < 12_000_000


def test_the_page_may_be_written_elsewhere(tiny_run, tmp_path):
    path = write_run_report(tiny_run.folder, work=tiny_run.work, out=tmp_path / "a/page.html")
    assert path.read_text().startswith("<!doctype html>")


def test_equal_runs_give_equal_pages(tiny_run, tmp_path):
    pages = [
        write_run_report(tiny_run.folder, work=tiny_run.work, out=tmp_path / name).read_bytes()
        for name in ("a.html", "b.html")
    ]
    assert pages[0] == pages[1]


def test_the_page_of_a_cross_validation_is_known_by_its_folder(tiny_crossval, tmp_path):
    path = write_run_report(
        tiny_crossval.out, work=tiny_crossval.root / "work", out=tmp_path / "page.html"
    )
    text = path.read_text()
    assert '<h2 id="folds-title">Folds</h2>' in text and "PHANTOM" in text
    assert text == (tiny_crossval.out / "report.html").read_text()
    assert "Validated on" in (tiny_crossval.out / "fold_1/report.html").read_text()


def test_a_folder_that_is_no_run_is_refused(tmp_path):
    with pytest.raises(RunFolderError):
        write_run_report(tmp_path)
