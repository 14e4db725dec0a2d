import json
import sys

import pytest

from kseg.recipe import load_recipe
from kseg.testing import check_layer, check_loss, check_model
from tests.examples.plugin import PLUGIN, install_plugin, run_python

COMMAND = "from kseg.cli.main import main; main()"
QUICK = ["--set", "fit.steps=2", "--set", "fit.steps_per_epoch=2", "--set", "model.args.width=2"]


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


def test_its_parts_keep_the_contract(plugged):
    from kseg_example.layers import DilatedBlock
    from kseg_example.losses import LogCoshDice
    from kseg_example.models import tiny_net

    check_layer(DilatedBlock, {"filters": 2, "dilations": [1, 2]}, (2, 4, 4, 4, 3))
    check_loss(LogCoshDice, {"smooth": 0.5})
    check_model(tiny_net, {"width": 2}, (2, 8, 8, 8, 1))


def test_its_recipe_loads_where_it_is_installed_and_is_refused_with_advice_where_not(site):
    recipe = PLUGIN / "tiny_net.yaml"
    ended = run_python("-c", COMMAND, "show", recipe, path=[site])
    assert ended.returncode == 0 and "name: tiny_net" in ended.stdout, ended.stderr
    ended = run_python("-c", COMMAND, "show", recipe)
    assert ended.returncode == 2
    assert "there is no model called `tiny_net`" in ended.stderr
    assert "there is no loss called `LogCoshDice`" in ended.stderr


@pytest.mark.timeout(900)  # It trains twice in new processes, which a busy machine makes slow.
def test_it_trains_by_name_and_its_model_is_opened_only_when_allowed(site, tmp_path):
    def kseg(*words):
        return run_python("-c", COMMAND, *words, path=[site], cwd=tmp_path)

    ended = kseg("fit", PLUGIN / "tiny_net.yaml", *QUICK)
    assert ended.returncode == 0, ended.stderr
    assert "plug-in kseg-example-plugin 0.1.0: model tiny_net" in ended.stdout
    assert "plug-in kseg-example-plugin 0.1.0: loss LogCoshDice" in ended.stdout
    run = tmp_path / "runs/tiny_net"
    described = json.loads((run / "model/model.json").read_text())["network"]
    assert described["name"] == "kseg-example-plugin/tiny_net"
    assert described["arguments"] == {"width": 2, "dilations": [1, 2, 4]}

    scan = next((tmp_path / ".kseg").rglob("imagesTr/*.nii.gz"))
    words = ("predict", run, scan, "--out", tmp_path / "masks")
    ended = kseg(*words)
    assert ended.returncode == 2
    assert "KS-M07" in ended.stderr and "--allow-plugin kseg-example-plugin" in ended.stderr
    ended = kseg(*words, "--allow-plugin", "kseg-example-plugin")
    assert ended.returncode == 0 and (tmp_path / "masks" / scan.name).is_file(), ended.stderr


def test_a_wrong_argument_is_told_before_any_scan_is_read(site, tmp_path):
    words = ("fit", PLUGIN / "tiny_net.yaml", "--set", "model.args.widht=2")
    ended = run_python("-c", COMMAND, *words, path=[site], cwd=tmp_path)
    assert ended.returncode == 2
    assert "has no argument `widht`" in ended.stderr and "write `width`" in ended.stderr
    assert not (tmp_path / ".kseg").exists()


def test_the_recipe_of_the_example_is_the_one_that_its_readme_shows(plugged):
    loaded = load_recipe(PLUGIN / "tiny_net.yaml")
    assert loaded.recipe.name == "tiny_net"
    assert f"kseg fit {PLUGIN.name and 'tiny_net.yaml'}" in (PLUGIN / "README.md").read_text()
