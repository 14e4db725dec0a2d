import json

import typer
from typer.testing import CliRunner

from kseg.cli.check import check
from tests.dataset.folders import msd_folder, nnunet_folder, write_mask

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


def test_E05_every_missing_file_is_told_with_the_other_findings(tmp_path):
    root = msd_folder(tmp_path / "data", names="abcd")
    for gone in ("imagesTr/a", "labelsTr/a", "labelsTr/b"):
        (root / f"{gone}.nii.gz").unlink()
    write_mask(root / "labelsTr/d.nii.gz", shape=(3, 5, 6))
    path = recipe(tmp_path / "demo.yaml")
    for words in ([root], [path, "--full"]):
        result = run(*words, "--out", tmp_path / "out")
        assert result.exit_code == 4 and "tiny: 4 cases checked" in result.output
        content = json.loads((tmp_path / "out/check.json").read_text())
        found = [(finding["code"], finding["file"]) for finding in content["findings"]]
        gone = ("imagesTr/a", "labelsTr/a", "labelsTr/b")
        assert found[:3] == [("KS-E05", str(root / f"{name}.nii.gz")) for name in gone]
        assert [code for code, _ in found[3:]] == ["KS-D05"] and content["refused"] == 4


def test_E05_names_that_lead_to_no_file_at_all_are_told_like_missing_files(tmp_path):
    root = msd_folder(tmp_path)
    content = json.loads((root / "dataset.json").read_text())
    content["training"][0]["image"] = "imagesTr/\0.nii.gz"
    (root / "loop.nii.gz").symlink_to("loop.nii.gz")
    content["training"][1]["label"] = "loop.nii.gz"
    (root / "dataset.json").write_text(json.dumps(content))
    for words in ([], ["--full"]):
        result = run(root, *words)
        assert result.exit_code == 4 and result.output.count("[KS-E05]") == 2, result


def test_E05_files_that_are_missing_from_a_nnunet_folder_are_all_told(tmp_path):
    root = nnunet_folder(tmp_path, names="abc")
    for gone in ("imagesTr/a_0000", "imagesTr/a_0001", "imagesTr/b_0001", "labelsTr/c"):
        (root / f"{gone}.nii.gz").unlink()
    result = run(root, "--out", tmp_path / "out")
    content = json.loads((tmp_path / "out/check.json").read_text())
    found = {finding["file"].removeprefix(f"{root}/") for finding in content["findings"]}
    assert result.exit_code == 4
    # All of a is gone but its mask.
    assert found == {f"{n}.nii.gz" for n in ("labelsTr/a", "imagesTr/b_0001", "labelsTr/c")}
