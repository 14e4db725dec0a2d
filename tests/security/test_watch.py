"""The watch over the corpus would see what must not be: else its silence would prove nothing."""

import ctypes
import marshal
import os
import pickle
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from kseg.bundle import read_model
from tests.security import payloads
from tests.security.plain import plain_model
from tests.security.watch import Watch


def seen(folder, act):
    with Watch(folder) as watch:
        try:
            act()
        except Exception:
            pass
    return watch.seen


def import_foreign(folder):
    (folder / "kseg_foreign.py").write_text("evil = 1\n")
    sys.path.insert(0, str(folder))
    try:
        __import__("kseg_foreign")
    finally:
        sys.path.remove(str(folder))
        sys.modules.pop("kseg_foreign", None)


CODE = compile("1", "<evil>", "eval")
ACTS = {
    "compile": lambda folder: compile("1", "<evil>", "eval"),
    "exec": lambda folder: eval(CODE),
    "marshal.loads": lambda folder: marshal.loads(marshal.dumps(CODE)),
    "function.__new__": lambda folder: type(lambda: 0)(CODE, {}),
    "import": import_foreign,
    "pickle.find_class": lambda folder: pickle.loads(payloads.pickled(folder / "x")),
    "open /etc/hostname": lambda folder: Path("/etc/hostname").read_text(),
    "open": lambda folder: (folder / ".." / "x").read_text(),
    "open ": lambda folder: (folder / "x").write_text("x"),
    "os.mkdir": lambda folder: (folder / "y").mkdir(),
    "os.rename": lambda folder: (folder / "x").rename(folder / "z"),
    "os.remove": lambda folder: (folder / "x").unlink(),
    "os.symlink": lambda folder: (folder / "y").symlink_to("x"),
    "shutil.": lambda folder: shutil.copy(folder / "x", folder / "y"),
    "subprocess.Popen": lambda folder: subprocess.run(["true"]),
    "os.system": lambda folder: os.system("true"),
    "socket.": lambda folder: socket.socket().close(),
    "ctypes.": lambda folder: ctypes.CDLL(None),
}


@pytest.mark.parametrize("event", ACTS)
def test_it_sees_what_must_not_be(tmp_path, event):
    (tmp_path / "x").write_text("x")
    found = seen(tmp_path, lambda: ACTS[event](tmp_path))
    assert any(told.startswith(event) for told in found), found


def test_it_sees_a_payload_do_its_work_where_it_is_let(tmp_path):
    (tmp_path / "m.npy").write_bytes(payloads.object_npy(tmp_path / payloads.CANARY))
    found = seen(tmp_path, lambda: np.load(tmp_path / "m.npy", allow_pickle=True))
    assert (tmp_path / payloads.CANARY).exists()
    assert any("pickle.find_class" in told for told in found)
    assert any(payloads.CANARY in told and "to write" in told for told in found)


def test_it_sees_nothing_where_a_good_model_is_read_and_nothing_while_it_is_off(tmp_path):
    plain_model(tmp_path)
    read_model(tmp_path)
    assert seen(tmp_path, lambda: read_model(tmp_path)) == []
    with Watch(tmp_path) as watch:
        pass
    Path("/etc/hostname").read_text()
    assert watch.seen == []
