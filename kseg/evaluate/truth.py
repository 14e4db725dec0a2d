"""The true masks: of a data set that kseg recognises, or of any folder."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from kseg.dataset import open_dataset
from kseg.dataset.manifest import channel_names, read_manifest
from kseg.dataset.sources.table import TABLE_NAMES
from kseg.errors import ManifestError, VolumeError
from kseg.evaluate.declared import (
    DeclaredLabels,
    check_names,
    declared_by,
    find_declared,
    read_declared,
)
from kseg.evaluate.masks import are_of_phantom, mask_folder, masks_of, nifti_files, printable
from kseg.volume import image_stem

_TABLE_ENDINGS = (".csv", ".tsv")
# Unusable for training, and yet masks can be judged by them: gaps in the values, regions in an
# order in which they could not be painted.
_LABELS_FOR_TRAINING = ("KS-E15", "KS-E21")


@dataclass(frozen=True)
class TrueCase:
    """One case whose true mask is known.

    Args:
        id: str, names the case in every table.
        subject: str, the person.
        mask: path of the true mask.
        images: paths of the scan, one file or one a channel; empty where none is known.
    """

    id: str
    subject: str
    mask: Path
    images: tuple[Path, ...] = ()


@dataclass(frozen=True)
class Truth:
    """All cases whose true masks are known, and what the masks mean.

    Args:
        name: str.
        root: path that was given.
        cases: tuple of `TrueCase`, in order of their ids.
        labels: `DeclaredLabels`, or None where none are declared.
        phantom: bool, the scans are synthetic.
        channels: tuple of str, names of the scans' channels, such as "CT"; empty where unknown.
    """

    name: str
    root: Path
    cases: tuple[TrueCase, ...]
    labels: DeclaredLabels | None
    phantom: bool = False
    channels: tuple[str, ...] = ()


def find_truth(
    path: str | Path, *, labels_file: str | Path | None = None, images: str | Path | None = None
) -> Truth:
    """Find the true masks that a path stands for.

    Args:
        path: a data folder or table as `open_dataset` reads it, whose labelled cases are taken;
            a folder of masks; or one mask.
        labels_file: `dataset.json` or `labels.json` that declares the labels. None takes those
            of the data set; for a folder of masks, those of a file in it or one folder up.
        images: folder of the scans, named as the masks are or with `_0000` behind; a case that
            has none there, and every case where it is None, keeps what the data set names.

    Returns:
        `Truth`.

    Raises:
        ManifestError: if the data set, or the file that declares the labels, cannot be used, or
            a label has the name of the row over all labels (KS-V09).
        VolumeError: if there is no mask (KS-V01), two have one name (KS-V02), or a name is no
            text (KS-V07).
    """
    path = Path(path)
    if not path.exists():
        raise VolumeError(
            why="there must be true masks: a folder of masks, a data folder or table, or one mask. "
            "There is nothing of this name",
            code="KS-V01",
            file=path,
            fix="correct the path",
        )
    truth = _of_data(path) if _is_data(path) else _of_masks(path)
    if labels_file is not None:
        truth = replace(truth, labels=read_declared(labels_file))
    check_names(truth.labels, path if labels_file is None else labels_file)
    return truth if images is None else _with_images(truth, Path(images))


def _is_data(path: Path) -> bool:
    """Return whether a path is a data folder or table, rather than masks and nothing else."""
    if path.is_file():
        return path.suffix.lower() in _TABLE_ENDINGS
    if any(_lists_images(path / name) for name in TABLE_NAMES):
        return True
    manifest = path / "dataset.json"
    if not manifest.is_file():
        return False
    # Other tools leave a copy of the manifest beside the masks that they predict.
    return not nifti_files(path) or any(mask.is_file() for mask in _listed(manifest))


def _lists_images(table: Path) -> bool:
    """Tell a table of scans from the `cases.csv` that an evaluation writes."""
    if not table.is_file():
        return False
    with table.open(encoding="utf-8-sig", errors="replace") as lines:
        return "image" in lines.readline().lower()


def _of_data(path: Path) -> Truth:
    try:
        dataset = open_dataset(path, work=path)
    except ManifestError as error:
        if error.code not in _LABELS_FOR_TRAINING or not (path / "labelsTr").is_dir():
            raise
        truth = _of_masks(path / "labelsTr")
        images = path / "imagesTr"
        return _with_images(truth, images) if images.is_dir() else truth
    cases = tuple(
        TrueCase(case.id, case.subject, case.label, case.images) for case in dataset.cases
    )
    labels = declared_by(dataset)
    return Truth(dataset.name, path, cases, labels, dataset.phantom, dataset.channels)


def _of_masks(path: Path) -> Truth:
    masks = masks_of(path)
    folder = path.parent if path.is_file() else mask_folder(path)
    declared, manifest = find_declared(folder), _manifest_of(folder)
    content = {} if manifest is None else read_manifest(manifest)
    listed = {} if manifest is None else _listed(manifest)
    cases = []
    for stem, mask in masks.items():
        entry = listed.get(mask.resolve(), {})
        subject = printable(str(entry.get("subject") or stem))
        cases.append(TrueCase(stem, subject, mask, _scan_listed(entry, manifest)))
    return Truth(
        name=printable(image_stem(path.resolve())),
        root=path,
        cases=tuple(cases),
        labels=None if declared is None else read_declared(declared),
        phantom=content.get("synthetic") is True or are_of_phantom(path),
        channels=_channels(content, manifest),
    )


def _channels(content: Mapping[str, object], manifest: Path | None) -> tuple[str, ...]:
    """Return what a manifest calls the channels; masks can be judged without."""
    if manifest is None:
        return ()
    try:
        return channel_names(content.get("channel_names", content.get("modality")), manifest)
    except ManifestError:
        return ()


def _scan_listed(entry: Mapping[str, object], manifest: Path | None) -> tuple[Path, ...]:
    """Return the scan that a manifest's entry names, if all of its files are there."""
    written = entry.get("image", [])
    names = written if isinstance(written, list) else [written]
    if manifest is None or not all(_is_path(name) for name in names):
        return ()
    files = tuple(manifest.parent / name for name in names)
    return files if all(file.is_file() for file in files) else ()


def _manifest_of(folder: Path) -> Path | None:
    places = (folder, folder.resolve().parent)
    return next((p / "dataset.json" for p in places if (p / "dataset.json").is_file()), None)


def _listed(manifest: Path) -> Mapping[Path, dict]:
    """Return the entries of a manifest by the true place of their mask."""
    rows = read_manifest(manifest).get("training")
    rows = rows if isinstance(rows, list) else []
    entries = [row for row in rows if isinstance(row, dict) and _is_path(row.get("label"))]
    return {(manifest.parent / row["label"]).resolve(): row for row in entries}


def _is_path(written: object) -> bool:
    return isinstance(written, str) and "\0" not in written


def _with_images(truth: Truth, folder: Path) -> Truth:
    scans: dict[str, list[Path]] = {}
    for path in nifti_files(folder):
        stem = image_stem(path)
        numbered = len(stem) > 5 and stem[-5] == "_" and stem[-4:].isdecimal()
        for name in {stem, stem[:-5]} if numbered else {stem}:
            scans.setdefault(name, []).append(path)
    if not scans:
        raise VolumeError(
            why="the scans are wanted there, but it holds no NIfTI file",
            code="KS-V01",
            file=folder,
            fix="give the folder of the scans by --images",
        )
    cases = [replace(case, images=_scan_of(case.id, scans) or case.images) for case in truth.cases]
    return replace(truth, cases=tuple(cases))


def _scan_of(case: str, scans: Mapping[str, list[Path]]) -> tuple[Path, ...]:
    found = scans.get(case, [])
    # A scan of the very name comes before files that are numbered as its channels.
    exact = [path for path in found if image_stem(path) == case]
    return tuple(exact or found)
