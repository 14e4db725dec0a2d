"""The program `kseg` within this process, with all that it writes to its two streams."""

import os
import sys
import tempfile
from dataclasses import dataclass

import pytest

from kseg.cli.main import main


@dataclass(frozen=True)
class Ended:
    """How a command ended: its exit code, and every byte that it wrote."""

    code: int
    written: bytes


def kseg(*words) -> Ended:
    """Run `kseg WORD…`; the streams are caught below Python, where TensorFlow writes too."""
    with tempfile.TemporaryFile() as aside, pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["kseg", *map(str, words)])
        streams = [sys.stdout, sys.stderr]
        kept = [os.dup(1), os.dup(2)]
        for stream in streams:
            stream.flush()
        os.dup2(aside.fileno(), 1)
        os.dup2(aside.fileno(), 2)
        with os.fdopen(os.dup(1), "w") as out, os.fdopen(os.dup(2), "w") as err:
            patch.setattr(sys, "stdout", out)
            patch.setattr(sys, "stderr", err)
            try:
                main()
                code = 0
            except SystemExit as end:
                code = end.code or 0
            finally:
                out.flush()
                err.flush()
                for place, number in enumerate(kept, start=1):
                    os.dup2(number, place)
                    os.close(number)
        aside.seek(0)
        return Ended(code, aside.read())
