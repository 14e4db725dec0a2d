from typer.testing import CliRunner

from kseg.cli.main import app
from kseg.errors import RunFolderError


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
