from typer.testing import CliRunner

from kseg.cli.main import app
from kseg.errors import RunFolderError
from tests.report.search.samples import write_search


def run(*words):
    return CliRunner().invoke(app, ["report", *map(str, words)])


def test_a_report_is_written_and_its_place_is_told(tiny_run, tmp_path):
    out = tmp_path / "page.html"
    told = run(tiny_run.folder, "--work", tiny_run.work, "--out", out)
    assert told.exit_code == 0 and f"report -> {out}" in told.output
    assert out.stat().st_size > 10_000


def test_a_folder_that_is_no_run_is_refused(tmp_path):
    told = run(tmp_path)
    assert isinstance(told.exception, RunFolderError)


def test_the_folder_of_a_search_gets_the_page_of_a_search(tmp_path):
    folder = write_search(tmp_path / "search")
    (folder / "pareto.csv").unlink()
    told = run(folder)
    assert told.exit_code == 0 and f"report -> {folder / 'report.html'}" in told.output
    assert "There is no pareto.csv" in told.output
    assert "search for better settings" in (folder / "report.html").read_text()


def test_scans_are_not_asked_for_where_none_are_shown(tmp_path):
    folder = write_search(tmp_path / "search")
    told = run(folder, "--data", tmp_path)
    assert told.exit_code == 2 and "shows no scans" in told.output
    assert not (folder / "report.html").exists()
