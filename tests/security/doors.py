"""Open the whole corpus in a process of its own, without TensorFlow and with little memory.

`python -m tests.security.doors FOLDER` prints as JSON what came of each item.
"""

import json
import resource
import sys
import time
import tracemalloc
from pathlib import Path

from kseg.bundle import load_network, read_model, read_weights
from kseg.dataset import open_dataset
from kseg.errors import KsegError
from kseg.recipe import load_recipe
from kseg.volume import read_image
from tests.security.corpus import CORPUS
from tests.security.payloads import CANARY
from tests.security.plain import plain_model
from tests.security.watch import Watch

# NumPy, SciPy and pandas take some 900 MiB of addresses for themselves.
MOST_ADDRESSES = 3 << 30

DOORS = {
    "model": lambda path: load_network(read_model(path)),
    "weights": lambda path: read_weights(read_model(path)),
    "recipe": load_recipe,
    "data set": lambda path: open_dataset(path, work=path / "work"),
    "scan": lambda path: read_image(path, channels=1, purpose="predict"),
}


def open_item(door: str, path: Path, folder: Path) -> dict:
    """Open something malicious and tell what came of it."""
    tracemalloc.start()
    start = time.perf_counter()
    error = None
    with Watch(folder) as watch:
        try:
            DOORS[door](path)
        except Exception as caught:
            error = caught
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return {
        "error": type(error).__name__,
        "why": str(error),
        "is_told": isinstance(error, KsegError) and bool(error.fix and error.code and error.file),
        "seen": watch.seen,
        "seconds": time.perf_counter() - start,
        "peak": peak,
    }


def open_corpus(root: Path) -> dict:
    """Make and open each item, in a folder of its own."""
    canary = root / CANARY
    resource.setrlimit(resource.RLIMIT_AS, (MOST_ADDRESSES, MOST_ADDRESSES))
    _warm_up(root / "good")
    found = {}
    for number, (name, item) in enumerate(CORPUS.items()):
        folder = root / f"{number:03}"
        folder.mkdir()
        path = item.make(folder, canary)
        before = _files(folder)
        outcome = open_item(item.door, path, folder)
        found[name] = outcome | {
            "has_run": canary.exists(),
            "left_behind": sorted(_files(folder) ^ before),
            "heavy": [name for name in ("tensorflow", "keras") if name in sys.modules],
        }
    return found


def _warm_up(folder: Path) -> None:
    """Open good things once: what kseg itself imports late, and what NumPy does, is no fault."""
    folder.mkdir()
    read_weights(read_model(plain_model(folder / "m")))
    for name, item in CORPUS.items():
        if name in ("zip-slip", "python-name", "manifest-nested-3000-deep", "scan-is-hdf5"):
            place = folder / name
            place.mkdir()
            try:
                DOORS[item.door](item.make(place, folder / CANARY))
            except KsegError:
                pass


def _files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(open_corpus(Path(sys.argv[1]).resolve())))
