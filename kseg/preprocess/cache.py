"""Keep prepared cases on disk, named by the content that they were made from."""

import contextlib
import shutil
from collections.abc import Callable, Collection, Sequence
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np

from kseg.dataset import Case, ReadOptions
from kseg.preprocess.cache_entry import CachedCase, EntryError, open_entry, write_entry
from kseg.preprocess.case_facts import content_digests
from kseg.preprocess.each_case import Progress, for_each_case
from kseg.preprocess.plan import PreprocessPlan
from kseg.preprocess.prepare import prepare
from kseg.preprocess.read import read_labelled
from kseg.storage import sha256_json

# Raise it when `prepare`'s arithmetic or the files of an entry change.
CACHE_VERSION = 1
FOREGROUND_VOXELS = 10_000
FOREGROUND_SHARE = 0.01


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
    verify: bool = False,
) -> tuple[CachedCase, ...]:
    """Prepare each case, or find it prepared: an entry is named by the content it was made from.

    The name is the SHA-256 of the image and label files' bytes, the plan, the reading options and
    the cache's version, so changed data or settings can never meet an old entry. An entry that is
    damaged is made again.

    Args:
        cases: labelled `Case`s.
        plan: `PreprocessPlan`.
        work: folder for what can be made again; entries lie in `work/cache`.
        label_names: names of the labels, index = value, `"background"` first.
        options: `ReadOptions`.
        workers: int, threads that share the work; memory grows with them.
        progress: function of (cases done, cases in all, case id).
        note: function that takes a sentence worth knowing, such as a rebuilt entry.
        verify: bool, check the SHA-256 of all arrays, not of the small files alone.

    Returns:
        one `CachedCase` for each case, in their order.

    Raises:
        VolumeError: naming every case that cannot be used.
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
    notes: dict[str, list[str]] = {case.id: [] for case in cases}

    def cached(case: Case) -> CachedCase:
        return _cached_case(
            case, plan, Path(work) / "cache", label_names, options, verify, notes[case.id]
        )

    entries = for_each_case(cases, cached, workers=workers, progress=progress)
    if note is not None:
        for case in cases:
            for sentence in notes[case.id]:
                note(f"{case.id}: {sentence}")
    return entries


def prune_cache(work: Path, max_bytes: int, in_use: Collection[CachedCase] = ()) -> int:
    """Remove the entries not used for the longest time until the rest fits.

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
    folders = [path for path in (Path(work) / "cache").glob("*") if path.is_dir()]
    last_used = {path: path.stat().st_mtime_ns for path in folders}
    sizes = {path: _bytes_in(path) for path in folders}
    excess, removed = sum(sizes.values()) - max_bytes, 0
    for path in sorted(folders, key=last_used.__getitem__):
        if removed >= excess:
            break
        if path.resolve() not in kept:
            shutil.rmtree(path, ignore_errors=True)
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
    for file in folder.iterdir():
        # Another process may be finishing or removing this very entry.
        with contextlib.suppress(FileNotFoundError):
            size += file.stat().st_size
    return size


def _cached_case(case, plan, folder, label_names, options, verify, notes) -> CachedCase:
    settings = [CACHE_VERSION, plan.to_dict(), len(label_names), asdict(options)]
    digests = content_digests(case)
    path = folder / sha256_json([digests, settings])[:40]
    content = sha256_json(digests)
    try:
        return replace(open_entry(path, case.id, verify=verify), content=content)
    except FileNotFoundError:
        pass
    except EntryError as error:
        notes.append(f"the cached copy was damaged ({error}) and is made again")
        shutil.rmtree(path, ignore_errors=True)
    image, mask = read_labelled(case, len(plan.scalings), label_names, options)
    prepared = prepare(image, plan, mask)
    notes.extend(prepared.notes)
    labels = len(label_names)
    write_entry(path, prepared, foreground_voxels(prepared.labels, labels), labels)
    return replace(open_entry(path, case.id), content=content)
