"""What must hold of a folder whenever the power goes, and what of a finished run is compared."""

import csv
import hashlib
import io
import json
import re
from pathlib import Path

import numpy as np
from safetensors import safe_open

from kseg.fit import read_checkpoint
from kseg.preprocess.cache_entry import open_entry
from kseg.storage.lock import LOCK_NAME
from kseg.storage.temporary import TEMPORARY_PREFIX
from kseg.volume import read_labels

# Columns and fields that tell how long something took.
_TIMES = re.compile("seconds|elapsed|time")
_LOG = "log.jsonl"


def final_files(folder: Path) -> list[Path]:
    """Return all files that do not lie under a temporary name."""
    return [
        path
        for path in sorted(folder.rglob("*"))
        if path.is_file()
        and not any(part.startswith(TEMPORARY_PREFIX) for part in path.relative_to(folder).parts)
    ]


def assert_every_final_file_is_whole(folder: Path) -> None:
    """Read every file under a final name; a partial one cannot be read."""
    for path in final_files(folder):
        _readers.get(path.name, _readers.get(path.suffix, _unknown))(path)


def assert_nothing_is_left_over(folder: Path) -> None:
    """See that no temporary file and no lock is left."""
    names = [path.name for path in folder.rglob("*")]
    assert not [name for name in names if name.startswith(TEMPORARY_PREFIX)]
    assert LOCK_NAME not in names


def outcome(run: Path) -> dict[str, str]:
    """Return the digest of every file of a finished run; times and generations' numbers left out.

    The log tells of the interruption, and is left out altogether.
    """
    generations = sorted((run / "checkpoints").iterdir())
    found = {}
    for path in final_files(run):
        name = path.relative_to(run).as_posix()
        if path.name == _LOG or (path.parent in generations and path.parent != generations[-1]):
            continue
        name = re.sub(r"generation-\d+", "newest", name)
        found[name] = hashlib.sha256(_without_times(path)).hexdigest()
    return found


def _without_times(path: Path) -> bytes:
    if path.suffix == ".csv":
        rows = list(csv.DictReader(path.read_text().splitlines()))
        kept = [{k: v for k, v in row.items() if not _TIMES.search(k)} for row in rows]
        return json.dumps(kept).encode()
    if path.name == "record.json":
        record = json.loads(path.read_text())
        del record["sha256"]  # of the record, with its times
        return json.dumps(_timeless(record)).encode()
    return path.read_bytes()


def _timeless(value):
    if isinstance(value, dict):
        return {k: _timeless(v) for k, v in value.items() if not _TIMES.search(k)}
    return [_timeless(item) for item in value] if isinstance(value, list) else value


def _is_json(path):
    json.loads(path.read_text())


def _is_table(path):
    text = path.read_text()
    rows = list(csv.reader(io.StringIO(text), strict=True))
    assert text.endswith("\n") and len({len(row) for row in rows}) == 1, path


def _is_log(path):
    lines = path.read_bytes().split(b"\n")
    broken = [line for line in lines if line and not line.endswith(b"}")]
    assert len(broken) <= 1, f"{path} holds {len(broken)} lines that are cut off"


def _is_record(path):
    assert read_checkpoint(path.parent.parent, _complain).state.step > 0
    record = json.loads(path.read_text())
    digest = hashlib.sha256((path.parent / "state.safetensors").read_bytes()).hexdigest()
    assert digest in json.dumps(record), f"{path} belongs to other arrays"


def _complain(sentence):
    raise AssertionError(sentence)


def _is_model(path):
    digest = hashlib.sha256((path.parent / "weights.safetensors").read_bytes()).hexdigest()
    assert json.loads(path.read_text())["weights"]["sha256"] == digest, f"{path}: other weights"


def _are_arrays_of_a_checkpoint(path):
    assert (path.parent / "record.json").is_file(), f"half of {path.parent} is missing"
    _are_arrays(path)


def _is_array(path):
    assert (path.parent / "entry.json").is_file(), f"half of {path.parent} is missing"
    np.load(path, mmap_mode="r", allow_pickle=False)


def _are_arrays(path):
    with safe_open(path, framework="numpy") as file:
        assert all(file.get_tensor(name).size >= 0 for name in file.keys())


def _is_text(path):
    assert path.read_text().endswith("\n"), f"{path} is cut off"


def _unknown(path):
    raise AssertionError(f"{path}: nobody has said how to see that it is whole")


_readers = {
    ".json": _is_json,
    ".lock": _is_json,
    ".csv": _is_table,
    ".jsonl": _is_log,
    ".yaml": _is_text,
    ".gz": lambda path: read_labels(path),
    ".npy": _is_array,
    ".safetensors": _are_arrays,
    "record.json": _is_record,
    "state.safetensors": _are_arrays_of_a_checkpoint,
    "model.json": _is_model,
    "entry.json": lambda path: open_entry(path.parent, "a"),
}
