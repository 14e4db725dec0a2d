"""Start TensorFlow without the page of build notes that it writes for its own developers."""

import contextlib
import os
import signal
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path


def import_tensorflow() -> None:
    """Import TensorFlow and Keras; what they print while loading is shown only if that fails.

    The notes come from compiled code before any log level holds, so the stream itself is set aside.
    """
    # Without an NVIDIA driver, TensorFlow reports a missing GPU as an error at every start.
    has_gpu_driver = Path("/proc/driver/nvidia/version").exists()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "1" if has_gpu_driver else "3")
    sys.stderr.flush()
    kept = os.dup(2)
    with tempfile.TemporaryFile() as aside, _interrupts_afterwards():
        os.dup2(aside.fileno(), 2)
        try:
            import keras  # noqa: F401
            import tensorflow  # noqa: F401
        except BaseException:
            os.dup2(kept, 2)
            aside.seek(0)
            sys.stderr.write(aside.read().decode(errors="replace"))
            raise
        finally:
            os.dup2(kept, 2)
            os.close(kept)


@contextlib.contextmanager
def _interrupts_afterwards() -> Iterator[None]:
    """Hold the first Ctrl-C or SIGTERM back until the end.

    In the midst of an import TensorFlow makes an error of its own of it, with a page of traces.
    """
    held = []
    before = {each: signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)}
    # What a job in the background ignores it ignores here too.
    before = {each: handler for each, handler in before.items() if handler != signal.SIG_IGN}

    def hold(number: int, _: object) -> None:
        if held:
            # An import that hangs must end at the second.
            raise KeyboardInterrupt
        held.append(number)

    for each in before:
        signal.signal(each, hold)
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
    if held:
        raise KeyboardInterrupt
