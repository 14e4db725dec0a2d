"""What the README shows is run, and every command line in it is one that kseg understands."""

import re
import shlex
import shutil
from pathlib import Path

import pytest
import typer

from kseg.cli.main import app
from kseg.recipe import load_recipe

README = (Path(__file__).parents[1] / "README.md").read_text()


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def command_lines():
    """Return the words of each `kseg …` in the bash blocks."""
    texts = [line for block in blocks("bash") for line in block.splitlines()]
    commands = [part.strip() for text in texts for part in text.split("&&")]
    return [
        shlex.split(command.partition(" > ")[0])[1:]
        for command in commands
        if command.startswith("kseg ")
    ]


@pytest.mark.parametrize("words", command_lines(), ids=" ".join)
def test_every_command_line_is_understood(words):
    command = typer.main.get_command(app)
    context = command.make_context("kseg", list(words))
    while hasattr(command, "resolve_command") and context._protected_args + context.args:
        name, command, rest = command.resolve_command(
            context, [*context._protected_args, *context.args]
        )
        # Unknown options and missing arguments are refused here; nothing is run.
        context = command.make_context(name, list(rest), parent=context)
    assert context.info_name == ("copy" if "copy" in words else words[0])


def test_there_are_command_lines_for_the_verbs_of_a_persons_day():
    verbs = {words[0] for words in command_lines()}
    judging = {"evaluate", "report", "view"}
    assert verbs == judging | {
        "fit", "tune", "predict", "export", "check", "show", "schema", "recipes", "components",
    }  # fmt: skip


def test_every_recipe_on_a_command_line_and_in_a_block_loads(tmp_path, monkeypatch):
    first, *others = blocks("yaml")
    (tmp_path / "mine.yaml").write_text(first)
    monkeypatch.chdir(tmp_path)
    for text in others:
        (tmp_path / "other.yaml").write_text(text)
        load_recipe(str(tmp_path / "other.yaml"))
    loaded = 0
    for words in command_lines():
        if words[0] in ("fit", "show"):
            sets = [value for key, value in zip(words, words[1:]) if key == "--set"]
            load_recipe(words[1], sets)
            loaded += 1
    assert loaded >= 4


def test_the_python_examples_run(tiny_run, tmp_path, monkeypatch, capsys):
    scan = next((tiny_run.data / "imagesTr").iterdir())
    shutil.copy(scan, tmp_path / "scan_017.nii.gz")
    (tmp_path / "runs").mkdir()
    (tmp_path / "runs/liver").symlink_to(tiny_run.folder)
    monkeypatch.chdir(tmp_path)
    assert len(blocks("python")) == 3
    names = {}
    for block in blocks("python"):
        exec(block, names)
    assert "('background', 'organ', 'lesion')" in capsys.readouterr().out
    assert names["network"].output_shape == (None, 16, 32, 32, 2)


def test_research_use_and_the_phantom_are_spoken_of():
    assert "For research use only. Not a medical device." in README
    assert "of a phantom" in README and "synthetic" in README


def test_every_file_that_is_linked_is_there():
    links = re.findall(r"\]\(([^)#]+)\)", README)
    local = [link for link in links if "://" not in link]
    assert local and all((Path(__file__).parents[1] / link).is_file() for link in local)
