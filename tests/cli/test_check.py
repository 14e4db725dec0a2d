import json

import typer
from typer.testing import CliRunner

from kseg.cli.check import check
from tests.dataset.folders import msd_folder, write_mask

app = typer.Typer()
app.command()(check)


def run(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def recipe(path, text="data: {root: data, folds: 3}"):
    path.write_text(f"kseg: 1\nname: demo\nfit: {{steps: 1}}\n{text}\n")
    return path


def test_a_good_folder_ends_with_0(tmp_path):
    result = run(msd_folder(tmp_path))
    assert result.exit_code == 0
    assert "tiny: 3 cases checked" in result.output and "0 refused" in result.output


def test_every_finding_is_printed_and_written_and_a_refusal_ends_with_4(tmp_path):
    msd_folder(tmp_path / "data")
    write_mask(tmp_path / "data/labelsTr/a.nii.gz", shape=(3, 5, 6))
    write_mask(tmp_path / "data/labelsTr/b.nii.gz", values=(1, 2, 9))
    result = run(tmp_path / "data", "--full", "--out", tmp_path / "out")
    assert result.exit_code == 4
    assert "KS-D05" in result.output and "KS-C05" in result.output
    content = json.loads((tmp_path / "out/check.json").read_text())
    assert {finding["code"] for finding in content["findings"]} == {"KS-D05", "KS-C05"}


def test_a_folder_that_cannot_be_opened_is_a_finding_too(tmp_path):
    result = run(tmp_path, "--out", tmp_path / "out")
    assert result.exit_code == 4 and "KS-E14" in result.output
    assert json.loads((tmp_path / "out/check.json").read_text())["refused"] == 1


def test_a_recipe_is_checked_with_its_own_split_and_data(tmp_path):
    msd_folder(tmp_path / "data")
    path = recipe(tmp_path / "demo.yaml")
    assert run(path).exit_code == 0
    result = run(path, "--set", "data.folds=5")
    assert result.exit_code == 4 and "KS-E10" in result.output


def test_data_takes_the_place_of_the_recipes_phantom(tmp_path):
    msd_folder(tmp_path / "data")
    path = recipe(tmp_path / "demo.yaml", "data: {source: phantom, folds: 3}")
    result = run(path, "--data", tmp_path / "data")
    assert result.exit_code == 0 and "tiny" in result.output


def test_data_and_set_belong_to_a_recipe(tmp_path):
    assert run(msd_folder(tmp_path), "--set", "data.fold=1").exit_code == 2
