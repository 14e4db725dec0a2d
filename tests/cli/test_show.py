import typer
from typer.testing import CliRunner

from kseg.cli.show import show
from kseg.recipe import load_recipe


def run(*words):
    app = typer.Typer()
    app.command()(show)
    return CliRunner().invoke(app, list(words))


def test_the_effective_recipe_is_shown_with_origins_and_loads_again(tmp_path):
    result = run("liver", "--set", "model.depth=3", "--set", "fit.steps=7")
    assert result.exit_code == 0
    (depth,) = [line for line in result.stdout.splitlines() if line.startswith("  depth:")]
    assert depth.split() == ["depth:", "3", "#", "--set"]
    assert "# default" in result.stdout and "# shipped liver.yaml:" in result.stdout
    path = tmp_path / "shown.yaml"
    path.write_text(result.stdout)
    expected = load_recipe("liver", ["model.depth=3", "fit.steps=7"]).recipe
    assert load_recipe(path).recipe == expected


def test_origins_can_be_left_out():
    result = run("liver", "--no-origin")
    assert "#" not in result.stdout and "kseg: 1\n" in result.stdout


def test_costs_are_those_of_the_images_that_the_network_is_trained_on():
    digits = run("mnist", "--costs").stdout
    # 5 * 5 * 32 of the first convolution, and 28 * 28 times that without sharing.
    assert "28×28×32" in digits and "627,200" in digits
    # With its biases it is the older program's network: 3,274,634 weights.
    assert "3,274,634 weights, for 1 channel and 10 classes" in digits
    assert "100 digits of 28×28" in digits
    scans = run("liver", "--costs", "--classes", "3", "--set", "model.filters=2").stdout
    assert "3 classes" in scans and "2 patches of 32×96×96" in scans
