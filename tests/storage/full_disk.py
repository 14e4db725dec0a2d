"""A program: write a file that is larger than the system lets it be, as on a full disk."""

import resource
import signal
import sys
from pathlib import Path

from kseg.storage import FolderLock, remove_leftovers, write_bytes, write_json


def main() -> None:
    """Take a folder; print how far each writing came."""
    folder, limit = Path(sys.argv[1]), int(sys.argv[2])
    # Else the system ends the process where a full disk only gives an error.
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    with FolderLock(folder):
        remove_leftovers(folder)
        write_json(folder / "small.json", {"fits": True})
        for name in ("old.bin", "new.bin"):
            try:
                write_bytes(folder / name, bytes(limit), b"one byte more")
            except OSError as error:
                sys.stdout.write(f"{name} {error.errno} {error.strerror}\n")


if __name__ == "__main__":
    main()
