import shutil
from pathlib import Path

import pytest

from kseg.bundle import read_model
from kseg.dataset import Regions
from tests.bundle.folders import network, write_folder, write_plain_folder


def test_a_run_becomes_a_zip_that_predicts_the_same_masks(kseg_command, tiny_run, tmp_path):
    ended = kseg_command("export", tiny_run.folder, "--format", "zip", "--out", tmp_path / "m.zip")
    assert ended.code == 0
    assert str(tmp_path / "m.zip") in ended.out and "Not a medical device" in ended.out
    mask = min((tiny_run.folder / "validation/masks").iterdir())
    scan = Path(shutil.copy(tiny_run.data / "imagesTr" / mask.name, tmp_path))
    ended = kseg_command("predict", tmp_path / "m.zip", scan, "--out", tmp_path / "masks")
    assert ended.code == 0
    assert (tmp_path / "masks" / mask.name).read_bytes() == mask.read_bytes()


def test_keras_own_file_is_told_with_what_it_lacks(kseg_command, tmp_path):
    write_folder(tmp_path / "run" / "model", label_names=("background", "liver\x1b[2J", "spleen"))
    ended = kseg_command("export", tmp_path / "run", "--format", "keras")
    assert ended.code == 0, ended.err
    assert (tmp_path / "run" / "model.keras").is_file()
    for word in ("model.keras", "CT, PET", "3 x 1.5 x 1.25 mm", "background, liver\\x1b[2J, spleen",
                 "model.json", "kseg.parts", "For research use only"):  # fmt: skip
        assert word in ended.out
    assert "\x1b" not in ended.out


def test_a_network_of_regions_is_told_to_give_one_logit_for_each(kseg_command, tmp_path):
    regions = Regions(("whole", "core"), ((1, 2), (2,)), (1, 2))
    write_folder(tmp_path / "model", network(labels=regions.names), regions=regions)
    ended = kseg_command("export", tmp_path / "model", "--format", "keras")
    assert ended.code == 0, ended.err
    assert "  out   one logit a region, present above 0: whole, core\n" in ended.out


@pytest.mark.parametrize(
    ("given", "made"),
    [("run", "run/model.zip"), ("run/model", "run/model.zip"), ("m.zip", "m.zip")],
)
def test_without_a_name_the_file_lies_beside_the_model(kseg_command, tmp_path, given, made):
    write_plain_folder(tmp_path / "run" / "model")
    kseg_command("export", tmp_path / "run", "--format", "zip", "--out", tmp_path / "m.zip")
    assert kseg_command("export", tmp_path / given, "--format", "zip").code == 0
    assert read_model(tmp_path / made)


def test_from_within_the_model_folder_it_lies_beside_it_too(kseg_command, tmp_path, monkeypatch):
    monkeypatch.chdir(write_plain_folder(tmp_path / "run" / "model"))
    assert kseg_command("export", ".", "--format", "zip").code == 0
    assert read_model(tmp_path / "run" / "model.zip")


def test_an_unfit_name_or_no_model_ends_with_2_and_writes_nothing(kseg_command, tmp_path):
    folder = write_plain_folder(tmp_path / "model")
    ended = kseg_command("export", folder, "--format", "zip", "--out", tmp_path / "m.keras")
    assert ended.code == 2 and "must end in .zip" in ended.err
    ended = kseg_command("export", tmp_path, "--format", "onnx")
    assert ended.code == 2
    ended = kseg_command("export", tmp_path / "gone", "--format", "keras")
    assert ended.code == 2 and "model.json" in ended.err
    assert [path.name for path in tmp_path.iterdir()] == ["model"]
