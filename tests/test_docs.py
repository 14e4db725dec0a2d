"""What the documents beside the README show can be typed: scripts, manifests, command lines."""

import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
import typer
from ruamel.yaml import YAML

from kseg.cli.main import app

DOCS = sorted((Path(__file__).parents[1] / "docs").glob("*.md"))


def blocks(language):
    return [
        (path.name, block)
        for path in DOCS
        for block in re.findall(rf"```{language}\n(.*?)```", path.read_text(), re.DOTALL)
    ]


def containers(manifest):
    """Return every mapping with the key `image`, wherever it stands."""
    if isinstance(manifest, dict):
        found = [manifest] if "image" in manifest else []
        return found + [each for value in manifest.values() for each in containers(value)]
    if isinstance(manifest, list):
        return [each for value in manifest for each in containers(value)]
    return []


def command_lines():
    """Return the words of each `kseg …` in scripts and manifests."""
    lines = []
    for _, script in blocks("bash"):
        for line in script.replace("\\\n", " ").splitlines():
            found = re.match(r"\s*(?:exec )?kseg (.*?)( &)?$", line)
            lines += [shlex.split(found[1])] if found else []
    for _, text in blocks("yaml"):
        manifest = YAML(typ="safe").load(text)
        lines += [each["command"][1:] for each in containers(manifest) if "command" in each]
        if entry := manifest["spec"].get("entrypoint"):
            lines.append(shlex.split(entry)[1:])
    return lines


@pytest.mark.parametrize("words", command_lines(), ids=" ".join)
def test_every_command_line_is_understood(words):
    group = typer.main.get_command(app)
    command = group.commands[words[0]]
    # Unknown options and missing arguments are refused here; nothing is run.
    context = command.make_context(words[0], list(words[1:]))
    assert context.params["engine"] in ("local", "ray")


def test_there_are_command_lines_for_one_machine_for_slurm_and_for_kubernetes():
    assert {words[0] for words in command_lines()} == {"tune", "crossval"}
    assert len(command_lines()) == 7


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash")
@pytest.mark.parametrize("name, script", blocks("bash"))
def test_every_script_is_one_that_bash_can_read(name, script):
    done = subprocess.run(["bash", "-n"], input=script, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_every_machine_of_a_manifest_has_the_same_files_at_the_same_place():
    for name, text in blocks("yaml"):
        mounts = {each["volumeMounts"][0]["mountPath"] for each in containers(YAML().load(text))}
        assert mounts == {"/shared"}, name
