import errno
import os
import re
import signal
import subprocess
import sys

import pytest

import kseg
from kseg.cli import main as program
from kseg.errors import FolderInUseError, KsegError, ManifestError, RecipeError, VolumeError

HEAVY = {"tensorflow", "keras", "numpy", "scipy", "pandas", "nibabel", "pydantic", "kseg.workflow"}

FOUR_MISTAKES = """\
kseg: 1
name: four
model:
  depht: 4
  filters: "16"
optimizer:
  learning_rate: 1e-3
  learning_rate: 2e-3
predict:
  overlap: 1.5
fit: {steps: 5}
"""


def test_help_imports_nothing_heavy():
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "kseg", "--help"],
        capture_output=True,
        text=True,
        check=True,
    )
    imported = {line.rsplit("|")[-1].strip() for line in done.stderr.splitlines()}
    assert "kseg.cli.main" in imported
    assert not imported & HEAVY
    said = " ".join(done.stdout.split())
    assert "research use only" in said and "predict" in said


def test_four_mistakes_in_a_recipe_give_four_messages_with_place_and_advice(
    kseg_command, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "four.yaml").write_text(FOUR_MISTAKES)
    for words in (["fit", "four.yaml"], ["show", "four.yaml"], ["check", "four.yaml"]):
        ended = kseg_command(*words)
        assert ended.code == 2 and ended.out == ""
        places = re.findall(r"\bfour\.yaml:(\d+):(\d+): (\S+):", ended.err)
        assert places == [
            ("4", "3", "model.depht"),
            ("5", "12", "model.filters"),
            ("8", "3", "optimizer.learning_rate"),
            ("10", "12", "predict.overlap"),
        ]
        for advice in ("Did you mean `depth`?", "an integer", "lines 7 and 8", "from 0 to 0.9"):
            assert advice in ended.err


@pytest.mark.parametrize(
    ("kind", "code"),
    [(RecipeError, 2), (ManifestError, 4), (VolumeError, 4), (FolderInUseError, 75)],
)
def test_an_error_of_the_user_becomes_a_message_and_an_exit_code(
    kseg_command, monkeypatch, kind, code
):
    def fail():
        raise kind(why="it is empty", file="a.nii.gz", fix="copy it again", code="KS-A04")

    monkeypatch.setattr(program, "app", fail)
    ended = kseg_command("show", "liver")
    assert (ended.code, ended.out) == (code, "")
    assert ended.err.split("\n")[:3] == [
        "kseg: it is empty  [KS-A04]",
        "  file  a.nii.gz",
        "  fix   copy it again",
    ]


def test_a_fault_of_ours_is_not_hidden(kseg_command, monkeypatch):
    def fail():
        raise ZeroDivisionError

    monkeypatch.setattr(program, "app", fail)
    with pytest.raises(ZeroDivisionError):
        kseg_command("show", "liver")


def test_ctrl_c_ends_with_130_and_a_word_on_how_to_go_on(kseg_command, monkeypatch):
    def interrupt(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr("kseg.recipe.load_recipe", interrupt)
    ended = kseg_command("show", "liver")
    assert ended.code == 130
    assert "interrupted" in ended.err and "same command" in ended.err


def test_the_version_is_the_packages(kseg_command):
    ended = kseg_command("--version")
    assert (ended.code, ended.out) == (0, f"kseg {kseg.__version__}\n")


@pytest.mark.parametrize(
    "words", [["fti"], ["fit"], ["fit", "liver", "--buget", "4m"], ["predict", "run", "a.nii"]]
)
def test_a_command_that_makes_no_sense_ends_with_2(kseg_command, words):
    ended = kseg_command(*words)
    assert ended.code == 2 and ended.err


def test_every_verb_says_what_it_does(kseg_command):
    for verb in ("fit", "predict", "check", "show", "schema", "recipes"):
        ended = kseg_command(verb, "--help")
        assert ended.code == 0 and "Usage" in ended.out
        assert "Args:" not in ended.out and "Raises:" not in ended.out


def test_every_kind_of_error_has_an_exit_code_of_the_design():
    def children(kind):
        return {kind}.union(*(children(child) for child in kind.__subclasses__()))

    assert {kind.exit_code for kind in children(KsegError)} <= {2, 4, 75, 130}


def test_G07_a_schedulers_signal_ends_any_verb_as_ctrl_c_does(kseg_command, monkeypatch):
    def wait(*args, **kwargs):
        signal.raise_signal(signal.SIGTERM)

    before = signal.getsignal(signal.SIGTERM)
    monkeypatch.setattr("kseg.recipe.load_recipe", wait)
    ended = kseg_command("show", "liver")
    assert ended.code == 130 and "same command" in ended.err
    assert signal.getsignal(signal.SIGTERM) is before


DISK = [errno.ENOSPC, errno.EIO, errno.EROFS, errno.EACCES, errno.EPERM]
NETWORK_DRIVE = [errno.ESTALE, errno.ETIMEDOUT, errno.ENOTCONN, errno.EHOSTDOWN]


@pytest.mark.parametrize("number", DISK + NETWORK_DRIVE)
def test_G04_a_disk_that_fails_is_told_in_plain_words(kseg_command, monkeypatch, number):
    def fail():
        raise OSError(number, os.strerror(number), "runs/a/history.csv")

    monkeypatch.setattr(program, "app", fail)
    ended = kseg_command("show", "liver")
    assert ended.code == 2 and "KS-G04" in ended.err and os.strerror(number) in ended.err
    assert "runs/a/history.csv" in ended.err and "same command" in ended.err
    assert "network drive" in ended.err


def test_another_error_of_the_system_is_a_fault_of_ours(kseg_command, monkeypatch):
    def fail():
        raise ConnectionError(errno.ECONNRESET, "reset")

    monkeypatch.setattr(program, "app", fail)
    with pytest.raises(ConnectionError):
        kseg_command("show", "liver")
