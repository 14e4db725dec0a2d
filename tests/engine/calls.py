"""What the tests of engines let jobs do, and how they wait for it."""

import contextlib
import ctypes
import os
import signal
import sys
import threading
import time
from pathlib import Path

import numpy as np

from kseg.engine import LocalEngine, Workers
from kseg.errors import VolumeError
from kseg.storage import FolderLock
from kseg.storage.process import is_gone, this_process

PATIENCE_SECONDS = 60
seen = []


def pid():
    return os.getpid()


def remember(what):
    """Tell what this process has been given so far."""
    seen.append(what)
    return list(seen)


def variables(*names):
    return [os.environ.get(name) for name in names]


def where():
    return os.getcwd()  # noqa: PTH109


def double(values):
    return 2 * values


def refuse(file):
    raise VolumeError(why="it is cut short", code="KS-A03", file=file)


def raise_what_only_this_process_knows():
    class Local(Exception):
        pass

    raise Local("no other process knows this class")


class Stubborn(Exception):
    """Can be packed and not unpacked."""

    def __init__(self, one, other):
        super().__init__("two things are needed")


def raise_stubbornly():
    raise Stubborn(1, 2)


def raise_base(kind, *arguments):
    raise kind(*arguments)


def give_what_cannot_be_sent():
    return lambda: None


def end_by(number):
    os.kill(os.getpid(), number)
    time.sleep(600)


def leave(code):
    os._exit(code)


def touch_no_memory():
    ctypes.string_at(0)


def touch_no_memory_and_tell():
    sys.stdout.write("before the crash\n")
    touch_no_memory()


def say(text):
    sys.stdout.write(f"{text} by stdout\n")
    sys.stderr.write(f"{text} by stderr\n")
    os.write(1, f"{text} by write\n".encode())


def read_input():
    return sys.stdin.read()


def leave_a_thread_behind():
    threading.Thread(target=time.sleep, args=(600,)).start()
    return "done"


def leave_a_thread_behind_and_exit(code):
    threading.Thread(target=time.sleep, args=(600,)).start()
    sys.exit(code)


def lose_worker(folder, times=1):
    """Kill the worker of Ray that has started this process, the first so many times."""
    tries = len(list(Path(folder).glob("try *")))
    tell(folder, f"try {tries}")
    if tries < times:
        os.kill(os.getppid(), signal.SIGKILL)
        time.sleep(600)
    return tries


def tell(folder, name="me"):
    """Write down which process this is."""
    me = this_process()
    path = Path(folder) / name
    path.with_suffix(".part").write_text(f"{me.pid} {me.started}")
    path.with_suffix(".part").rename(path)


def sleep(folder, name="sleep"):
    tell(folder, name)
    time.sleep(600)


def compute(folder):
    tell(folder, "compute")
    many = np.ones((1000, 1000))
    while True:
        many = many @ many / many.sum()


def hold_lock(folder):
    with FolderLock(Path(folder) / "locked"):
        sleep(folder, "hold_lock")


def fork(folder):
    """Leave a process behind that still holds this one's pipes, as a pool of a library would."""
    if os.fork() == 0:
        with contextlib.suppress(BaseException):
            sleep(folder, "forked")
        os._exit(0)
    wait_for(Path(folder) / "forked")


def fork_and_sleep(folder):
    fork(folder)
    sleep(folder, "fork_and_sleep")


def fork_and_die(folder):
    fork(folder)
    os.kill(os.getpid(), signal.SIGKILL)


def use_worker(folder):
    tell(folder, "use_worker")
    with Workers() as workers:
        workers.call(sleep, folder, "worker")


def open_engine_inside(folder):
    tell(folder, "open_engine_inside")
    with LocalEngine(workers=1) as engine:
        engine.submit(sleep, folder, "inner").result()


def meet(folder, name, other):
    """Come back when another job runs at the same time."""
    (Path(folder) / name).touch()
    wait_for(Path(folder) / other)
    return name


def note_start_and_end(log, name):
    for word in ("start", "end"):
        with Path(log).open("a") as file:
            file.write(f"{word} {name}\n")


def wait_for(path):
    """Return the text of a file as soon as it is there."""
    until = time.monotonic() + PATIENCE_SECONDS
    while not path.exists():
        assert time.monotonic() < until, f"{path.name} never came"
        time.sleep(0.02)
    return path.read_text()


def wait_until_gone(*files):
    """Wait until the processes that have told themselves in the files have ended."""
    told = [wait_for(file).split() for file in files]
    until = time.monotonic() + PATIENCE_SECONDS
    while alive := [pid for pid, started in told if not is_gone(int(pid), started)]:
        assert time.monotonic() < until, f"{alive} of {files} still run"
        time.sleep(0.02)
