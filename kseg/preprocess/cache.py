"""Keep prepared cases on disk, named by the content that they were made from."""

import contextlib
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path

import numpy as np

from kseg.dataset import Case, ReadOptions
from kseg.preprocess.cache_entry import (
    CachedCase,
    EntryError,
    last_used,
    open_entry,
    write_entry,
)
from kseg.preprocess.case_facts import content_digests
from kseg.preprocess.each_case import Progress, find_or_make
from kseg.preprocess.plan import PreprocessPlan
from kseg.preprocess.prepare import prepare
from kseg.preprocess.read import read_labelled
from kseg.storage import remove_folder, remove_leftovers, sha256_json
from kseg.storage.temporary import TEMPORARY_PREFIX

# Raise it when `prepare`'s arithmetic or the files of an entry change.
CACHE_VERSION = 2
FOREGROUND_VOXELS = 10_000
FOREGROUND_SHARE = 0.01
# Another training may be using them; each validation, and each patch read from the disk, is a use.
KEPT_SECONDS = 7 * 24 * 3600.0


def build_cache(
    cases: Sequence[Case],
    plan: PreprocessPlan,
    work: Path,
    *,
    label_names: Sequence[str],
    options: ReadOptions = ReadOptions(),
    workers: int = 1,
    progress: Progress | None = None,
    note: Callable[[str], None] | None = None,
) -> tuple[CachedCase, ...]:
    """Prepare each case, or find it prepared: an entry is named by the content it was made from.

    The name is the SHA-256 of the image and label files' bytes, the plan, the reading options and
    the cache's version, so changed data or settings can never meet an old entry. Every byte of an
    entry is checked against the digests that it was written with, and a damaged one is made again.

    Args:
        cases: labelled `Case`s.
        plan: `PreprocessPlan`.
        work: folder for what can be made again; entries lie in `work/cache`.
        label_names: names of the labels, index = value, `"background"` first.
        options: `ReadOptions`.
        workers: int, cases that are prepared at a time; memory grows with them.
        progress: function of (cases done, cases in all, case id).
        note: function that takes a sentence worth knowing, such as a rebuilt entry.

    Returns:
        one `CachedCase` for each case, in their order.

    Raises:
        VolumeError: naming every case that cannot be used, or whose process was ended by a signal.
        ManifestError: if a case has no label.

    Example:
        >>> import tempfile
        >>> from kseg.preprocess.normalize import ChannelScaling
        >>> from kseg.volume import make_grid, write_image, write_labels
        >>> folder, grid = Path(tempfile.mkdtemp()), make_grid(np.eye(4), (6, 6, 4))
        >>> voxels = np.arange(144, dtype=np.int16).reshape(4, 6, 6)
        >>> write_image(folder / "a.nii.gz", voxels, grid)
        >>> write_labels(folder / "a_mask.nii.gz", voxels > 99, grid)
        >>> case = Case("a", "a", (folder / "a.nii.gz",), folder / "a_mask.nii.gz")
        >>> plan = PreprocessPlan((2.0, 1.0, 1.0), (ChannelScaling("per_image"),))
        >>> entry, = build_cache([case], plan, folder, label_names=("background", "liver"))
        >>> entry.open_arrays()[0].shape
        (2, 6, 6, 1)
    """
    folder = Path(work) / "cache"
    remove_leftovers(folder)
    settings = plan, folder, len(label_names), options
    notes: dict[Case, list[str]] = {case: [] for case in cases}

    def find(case: Case) -> tuple[CachedCase, tuple[str, ...]] | None:
        entry = _find(case, *settings, notes[case])
        return None if entry is None else (entry, ())

    make = partial(_make, plan=plan, folder=folder, label_names=tuple(label_names), options=options)
    made = find_or_make(cases, find, make, workers=workers, progress=progress)
    if note is not None:
        for case, (_, of_making) in zip(cases, made, strict=True):
            for sentence in (*notes[case], *of_making):
                note(f"{case.id}: {sentence}")
    return tuple(entry for entry, _ in made)


def prune_cache(work: Path, max_bytes: int, in_use: Collection[CachedCase] = ()) -> int:
    """Remove the entries not used for the longest time until the rest fits.

    What was used within the last 7 days stays even if it does not fit: another training, perhaps on
    another machine, may be reading it.

    Args:
        work: the folder that `build_cache` was given.
        max_bytes: int, bytes that may stay.
        in_use: entries that are never removed.

    Returns:
        int, bytes removed.

    Example:
        >>> import tempfile
        >>> prune_cache(Path(tempfile.mkdtemp()), max_bytes=0)
        0
    """
    kept = {entry.folder.resolve() for entry in in_use}
    folders = [
        path
        for path in (Path(work) / "cache").glob("*")
        # What is being written belongs to the one who writes it.
        if path.is_dir() and not path.name.startswith(TEMPORARY_PREFIX)
    ]
    used = {path: last_used(path) for path in folders}
    recent = time.time() - KEPT_SECONDS
    sizes = {path: _bytes_in(path) for path in folders}
    excess, removed = sum(sizes.values()) - max_bytes, 0
    for path in sorted(folders, key=used.__getitem__):
        if removed >= excess or used[path] > recent:
            break
        if path.resolve() not in kept:
            with contextlib.suppress(OSError):
                remove_folder(path)
                removed += sizes[path]
    return removed


def foreground_voxels(labels_zyx: np.ndarray, labels: int) -> np.ndarray:
    """List voxels of each label that patches can be centred on.

    Each label gives all its voxels, or as many as the larger of 10 000 and 1 % of them, drawn with
    a fixed seed.

    Args:
        labels_zyx: array (z, y, x) of labels on the network's grid.
        labels: int, label values that exist.

    Output shape:
        (voxels, 4), int32: label, z, y, x; labels rising, voxels of a label in array order

    Returns:
        array.

    Example:
        >>> foreground_voxels(np.array([[[0, 2, 1]]], np.uint8), 3).tolist()
        [[1, 0, 0, 2], [2, 0, 0, 1]]
    """
    rows = []
    for label in range(1, labels):
        found = np.flatnonzero(labels_zyx == label)
        wanted = max(FOREGROUND_VOXELS, int(FOREGROUND_SHARE * found.size))
        if found.size > wanted:
            generator = np.random.default_rng(label)
            found = np.sort(generator.choice(found, wanted, replace=False, shuffle=False))
        places = np.unravel_index(found, labels_zyx.shape)
        rows.append(np.stack([np.full(found.size, label), *places], axis=1).astype(np.int32))
    return np.concatenate(rows) if rows else np.zeros((0, 4), np.int32)


def _bytes_in(folder: Path) -> int:
    size = 0
    # Another process may be removing this very entry.
    with contextlib.suppress(FileNotFoundError):
        for file in folder.iterdir():
            size += file.stat().st_size
    return size


def _place(case, plan, folder, labels, options) -> tuple[Path, str]:
    """Return where the entry of a case lies, and the digest of what it is made from."""
    digests = content_digests(case)
    settings = [CACHE_VERSION, plan.to_dict(), labels, asdict(options)]
    return folder / sha256_json([digests, settings])[:40], sha256_json(digests)


def _find(case, plan, folder, labels, options, notes) -> CachedCase | None:
    path, content = _place(case, plan, folder, labels, options)
    try:
        return replace(open_entry(path, case.id), content=content)
    except FileNotFoundError:
        return None
    except EntryError as error:
        notes.append(f"the cached copy was damaged ({error}) and is made again")
        remove_folder(path)
        return None


def _make(case, plan, folder, label_names, options) -> tuple[CachedCase, tuple[str, ...]]:
    labels = len(label_names)
    path, content = _place(case, plan, folder, labels, options)
    image, mask = read_labelled(case, len(plan.scalings), label_names, options)
    prepared = prepare(image, plan, mask)
    write_entry(path, prepared, foreground_voxels(prepared.labels, labels), labels)
    return replace(open_entry(path, case.id), content=content), prepared.notes
