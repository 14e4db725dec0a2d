"""All parts of the example package, in one process: installed by pip, trained, predicted."""

import csv
import json
import re
import sys

import numpy as np
import pytest

from kseg.errors import RecipeError
from kseg.recipe import load_recipe
from kseg.testing import check_augment, check_layer, check_loss, check_model
from tests.cli.conftest import kseg_command  # noqa: F401
from tests.examples.plugin import PLUGIN, install_plugin
from tests.workflow.tiny import body, save

# With the source, the step, the block and the metric of patients.yaml, the loss of tiny_net.yaml.
LOSS = ("loss.dice=null", "loss.plugins={overlap: {name: LogCoshDice}}")
QUICK = ("fit.steps=2", "fit.steps_per_epoch=2", "model.filters=2", "fit.precision=float32")
PARTS = ("source patients", "layer DilatedBlock", "loss LogCoshDice", "augmentation HiddenBox",
         "metric ForegroundRecall")  # fmt: skip


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The folder that pip installed the package into."""
    return install_plugin(tmp_path_factory.mktemp("plugin"))


@pytest.fixture
def plugged(site, monkeypatch):
    """The package in the search path of this process."""
    monkeypatch.syspath_prepend(site)
    yield
    for name in [name for name in sys.modules if name.split(".")[0] == "kseg_example"]:
        del sys.modules[name]


@pytest.fixture
def patients(tmp_path):
    """A folder a patient, as the package's source reads it; the last has no mask."""
    for number in range(5):
        voxels, labels = body(number, (16, 16, 16))
        save(tmp_path / f"patients/p{number}/scan.nii.gz", voxels)
        if number < 4:
            save(tmp_path / f"patients/p{number}/mask.nii.gz", (labels > 0).astype(np.uint8))
    return tmp_path / "patients"


def words(*settings):
    return [word for setting in settings for word in ("--set", setting)]


def test_its_parts_keep_the_contract(plugged):
    from kseg_example.augment import HiddenBox
    from kseg_example.layers import DilatedBlock
    from kseg_example.losses import LogCoshDice
    from kseg_example.models import tiny_net

    check_augment(HiddenBox, {"probability": 1.0, "share": 0.5})
    check_layer(DilatedBlock, {"filters": 2, "dilations": [1, 2], "strides": 2}, (2, 4, 4, 4, 3))
    check_loss(LogCoshDice, {"smooth": 0.5})
    check_model(tiny_net, {"width": 2}, (2, 8, 8, 8, 1))


def test_its_step_hides_a_box_of_the_stated_share(plugged):
    from kseg_example.augment import HiddenBox

    image = np.random.default_rng(0).normal(size=(4, 8, 12, 2)).astype(np.float32)
    hidden, _ = HiddenBox(1.0, 0.5)(image, np.zeros((4, 8, 12), np.uint8), [1, 2])
    changed = np.argwhere((hidden.numpy() != image).all(axis=-1))
    assert (np.ptp(changed, axis=0) + 1).tolist() == [2, 4, 6] and len(changed) == 48
    same, _ = HiddenBox(0.0)(image, np.zeros((4, 8, 12), np.uint8), [1, 2])
    np.testing.assert_array_equal(same, image)


def test_its_recipes_load_where_it_is_installed_and_are_refused_with_advice_where_not(
    site, monkeypatch
):
    for name, lacking in (
        ("tiny_net", ("no model called `tiny_net`", "no loss called `LogCoshDice`")),
        ("patients", ("no source called `patients`", "no layer called `DilatedBlock`",
                      "no augmentation called `HiddenBox`", "no metric called `Foreground")),
    ):  # fmt: skip
        with pytest.raises(RecipeError) as caught:
            load_recipe(PLUGIN / f"{name}.yaml")
        assert all(said in str(caught.value) for said in lacking)
    monkeypatch.syspath_prepend(site)
    assert load_recipe(PLUGIN / "tiny_net.yaml").recipe.model.args["width"] == 8
    assert load_recipe(PLUGIN / "patients.yaml").recipe.data.is_plugin


def test_all_its_parts_run_by_name_and_its_model_is_opened_only_when_allowed(
    plugged, patients, tmp_path, monkeypatch, kseg_command  # noqa: F811
):  # fmt: skip
    monkeypatch.chdir(tmp_path)
    recipe, data = PLUGIN / "patients.yaml", ("--data", patients)
    listed = kseg_command("components").out
    assert all(f"kseg-example-plugin/{part.split()[1]}" in listed for part in PARTS)
    checked = kseg_command("check", recipe, *data)
    assert checked.code == 0 and "5 cases checked" in checked.out, checked.out

    wrong = kseg_command("fit", recipe, *data, *words("model.block_args.dilation=2"))
    assert wrong.code == 2 and "keyword arguments passed to DilatedBlock" in wrong.err
    assert not list((tmp_path / ".kseg").rglob("*"))

    fitted = kseg_command("fit", recipe, *data, *words(*QUICK, *LOSS))
    assert fitted.code == 0, fitted.err
    for part in PARTS:
        assert f"plug-in kseg-example-plugin 0.1.0: {part}" in fitted.out
    run = tmp_path / "runs/patients"
    described = json.loads((run / "model/model.json").read_text())
    block = {"name": "kseg-example-plugin/DilatedBlock", "args": {"dilations": [1, 2]}}
    assert described["network"]["arguments"]["block"] == block
    assert described["labels"] == ["background", "lesion"] and described["channels"] == ["MRI"]
    (row,) = csv.DictReader((run / "history.csv").read_text().splitlines())
    assert 0 <= float(row["foreground_recall"]) <= 1 and row["patch_dice"]

    predict = ("predict", run, patients / "p4/scan.nii.gz", "--out", tmp_path / "masks")
    refused = kseg_command(*predict)
    assert refused.code == 2
    assert "KS-M07" in refused.err and "--allow-plugin kseg-example-plugin" in refused.err
    allowed = kseg_command(*predict, "--allow-plugin", "kseg-example-plugin")
    assert allowed.code == 0 and (tmp_path / "masks/scan.nii.gz").is_file(), allowed.err


def test_a_network_of_its_own_is_a_network_of_kseg_s(plugged):
    from kseg.workflow.network import make_network

    recipe = load_recipe(PLUGIN / "tiny_net.yaml", ["model.args.width=2"]).recipe
    model = make_network(recipe, 1, 3, "none").model
    logs = model.train_on_batch(
        np.zeros((1, 8, 8, 8, 1), np.float32), np.ones((1, 8, 8, 8), np.uint8), return_dict=True
    )
    assert model.name == "tiny_net" and np.isfinite(logs["loss"])


def test_the_readme_names_every_part_and_recipe():
    readme = (PLUGIN / "README.md").read_text()
    setup = (PLUGIN / "setup.cfg").read_text()
    parts = re.findall(r"^    (\w+) = kseg_example", setup, re.MULTILINE)
    assert len(parts) == 6 and all(f"`{part}`" in readme for part in parts)
    assert all(f"kseg fit {path.name}" in readme for path in PLUGIN.glob("*.yaml"))
