import json

import pytest

from kseg.errors import RunFolderError
from kseg.report import write_run_report
from kseg.report.digits_content import are_digits, digits_facts, digits_lead
from kseg.report.run_content import run_content
from kseg.report.run_files import read_run
from tests.workflow.digits_of import train_tiny_digits


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    root = tmp_path_factory.mktemp("digits")
    return train_tiny_digits(root, ["fit.steps=1", "fit.steps_per_epoch=1"])[0]


def test_the_page_tells_the_accuracy_and_nothing_of_scans(run, tmp_path):
    files = read_run(run.folder)
    content = run_content(files, tmp_path)
    share = run.summary.accuracy
    assert content.lead == digits_lead(files) and f"{share.mean:.2%} of 110" in content.lead
    assert content.facts[:3] == digits_facts(files)[:3] and content.warnings == ()
    names = [fact.name for fact in content.facts]
    assert names.count("Named rightly: 7") == 1
    assert not {"Fold", "Voxels of the network", "Channels"} & set(names)
    assert [chart.title for chart in content.charts][:1] == ["Loss"]
    page = write_run_report(run.folder, work=tmp_path).read_text(encoding="utf-8")
    assert "test digits rightly" in page and "mean Dice" not in page


def test_a_training_that_goes_on_says_so(run):
    (run.folder / "recipe.lock.yaml").rename(run.folder / "kept")
    try:
        files = read_run(run.folder)
        assert are_digits(files) and len(digits_facts(files)) == 3
        assert "not finished" in run_content(files, run.folder).lead
    finally:
        (run.folder / "kept").rename(run.folder / "recipe.lock.yaml")


def test_scans_are_no_digits(tiny_run):
    assert not are_digits(read_run(tiny_run.folder))


@pytest.mark.parametrize("content", ["{", "{}", '{"accuracy": 1, "digits": {}}'])
def test_a_damaged_summary_is_told_by_name(run, content):
    path = run.folder / "validation/summary.json"
    before = path.read_text()
    path.write_text(content)
    try:
        with pytest.raises(RunFolderError, match="cannot be read") as refused:
            digits_lead(read_run(run.folder))
        assert refused.value.file == str(path)
    finally:
        path.write_text(before)
    assert json.loads(before)["cases"] == 110
