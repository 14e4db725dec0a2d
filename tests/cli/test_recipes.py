from typer.testing import CliRunner

from kseg.cli.recipes import app
from kseg.errors import RecipeError


def test_the_shipped_recipes_are_listed():
    result = CliRunner().invoke(app, [])
    assert result.exit_code == 0
    assert "liver" in result.stdout and "liver.yaml" in result.stdout


def test_a_recipe_is_copied_and_never_over_another_file(tmp_path):
    words = ["copy", "liver", str(tmp_path / "mine.yaml")]
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 0 and (tmp_path / "mine.yaml").is_file()
    assert isinstance(CliRunner().invoke(app, words).exception, RecipeError)
