"""Whether the disk has room for what a training writes, asked before it begins."""

import shutil
from pathlib import Path

from kseg.errors import RunFolderError
from kseg.storage import make_folder

# Two checkpoints that are kept and the one that is being written; a model folder is smaller.
COPIES = 3


def refuse_full_disk(folder: Path, state_bytes: int, output_bytes: int) -> None:
    """Refuse to begin where the disk would be full before the end.

    Args:
        folder: path of the run folder; made if missing.
        state_bytes: int, bytes of one checkpoint: weights, the optimizer's numbers, best weights.
        output_bytes: int, about as many bytes as the masks and tables take.

    Raises:
        RunFolderError: with the number of bytes that are missing.
    """
    needed = COPIES * state_bytes + output_bytes
    free = shutil.disk_usage(make_folder(folder)).free
    if free < needed:
        raise RunFolderError(
            why=f"the disk has {needed - free:,} bytes too few: {free:,} are free, and "
            f"{COPIES} checkpoints of {state_bytes:,} bytes and about {output_bytes:,} bytes of "
            "masks must have room",
            file=folder,
            fix="free some space, or give a folder on another disk with --out",
            code="KS-G04",
        )
