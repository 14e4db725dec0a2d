"""The program as a person starts it, but within this process."""

import sys
from dataclasses import dataclass

import pytest

from kseg.cli.main import main


@dataclass(frozen=True)
class Ended:
    """How a command ended: its exit code, and what it wrote."""

    code: int
    out: str
    err: str


@pytest.fixture
def kseg_command(monkeypatch, capfd):
    """Return a function that runs `kseg WORD…` and gives what it ended with."""

    def run(*words):
        monkeypatch.setattr(sys, "argv", ["kseg", *map(str, words)])
        capfd.readouterr()
        try:
            main()
            code = 0
        except SystemExit as end:
            code = end.code or 0
        return Ended(code, *capfd.readouterr())

    return run
