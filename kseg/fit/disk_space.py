"""Whether the disk has room for what a training writes, asked before it begins."""

import shutil
from pathlib import Path

from kseg.errors import RunFolderError
from kseg.storage import make_folder

# Two checkpoints that are kept and the one that is being written; a model folder is smaller.
COPIES = 3


def refuse_full_disk(
    folder: Path, state_bytes: int, output_bytes: int, stored_bytes: int = 0
) -> None:
    """Refuse to begin where the disk would be full before the end.

    Args:
        folder: path of the run folder; made if missing.
        state_bytes: int, bytes of one checkpoint: weights, the optimizer's numbers, best weights.
        output_bytes: int, about as many bytes as the masks and tables take that are not there yet.
        stored_bytes: int, bytes of the checkpoints that are there already.

    Raises:
        RunFolderError: with the number of bytes that are missing.
    """
    # However much is there, one more is written before an old one is removed.
    needed = max(state_bytes, COPIES * state_bytes - stored_bytes) + output_bytes
    there = f", of which {stored_bytes:,} bytes are there already" if stored_bytes else ""
    free = shutil.disk_usage(make_folder(folder)).free
    if free < needed:
        raise RunFolderError(
            why=f"the disk has {needed - free:,} bytes too few: {free:,} are free, and "
            f"{COPIES} checkpoints of {state_bytes:,} bytes{there} "
            f"and about {output_bytes:,} bytes of masks must have room",
            file=folder,
            fix="free some space, or give a folder on another disk with --out",
            code="KS-G04",
        )
