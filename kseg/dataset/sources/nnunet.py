"""Data sets in nnU-Net's raw layout: `imagesTr` with channel numbers, `labelsTr`."""

from pathlib import Path

from kseg.dataset.cases import DataSet
from kseg.dataset.gather import Entry, gather
from kseg.dataset.label_table import read_label_table
from kseg.dataset.manifest import channel_names, read_manifest
from kseg.dataset.problems import Problem, refuse

_ENDINGS = (".nii.gz", ".nii")


def open_nnunet(root: Path, *, incomplete: bool = False) -> DataSet:
    """Open a folder with `imagesTr/CASE_0000.nii.gz`, `labelsTr/CASE.nii.gz` and `dataset.json`.

    Args:
        root: folder. `dataset.json` has `labels`, `channel_names` (or `modality`) and may have
            `file_ending`; every case has one file for each channel. Images in `imagesTs` are
            the cases without a mask.
        incomplete: bool, go on although files are missing; see `gather`.

    Returns:
        DataSet.

    Raises:
        ManifestError: if the manifest or the files it implies cannot be used.

    Reference:
        Isensee et al., nnU-Net, Nature Methods 2021; `documentation/dataset_format.md`.
    """
    root = Path(root)
    path = root / "dataset.json"
    manifest = read_manifest(path)
    labels = read_label_table(manifest, path)
    channels = channel_names(manifest.get("channel_names", manifest.get("modality")), path)
    ending = manifest.get("file_ending", ".nii.gz")
    if ending not in _ENDINGS:
        wrong = f'"file_ending" must be one of {", ".join(_ENDINGS)}. Received: {ending!r}.'
        refuse([Problem("KS-E13", wrong, "convert the images to NIfTI")], path)
    entries = _entries(root, "imagesTr", "labelsTr", ending, len(channels))
    entries += _entries(root, "imagesTs", None, ending, len(channels))
    lonely = _lonely_labels(root, ending, {entry.id for entry in entries})
    cases, findings = gather(entries, root, root, missing=lonely, incomplete=incomplete)
    return DataSet(
        name=str(manifest.get("name") or root.resolve().name),
        source="nnunet",
        root=root,
        cases=tuple(case for case in cases if case.label is not None),
        label_names=labels.names,
        channels=channels,
        phantom=manifest.get("synthetic") is True,
        unlabelled=tuple(case for case in cases if case.label is None),
        findings=findings,
        regions=labels.regions,
        ignore=labels.ignore,
    )


def _stems(folder: Path, ending: str) -> list[str]:
    """Return the names in a folder without their ending, leaving out macOS's "._" twins."""
    if not folder.is_dir():
        return []
    names = (path.name for path in folder.iterdir())
    return sorted(n.removesuffix(ending) for n in names if n.endswith(ending) and n[:2] != "._")


def _entries(root, images, labels, ending, channels) -> list[Entry]:
    """Return one Entry for each id; channels or masks that are not there are named all the same."""
    ids = {}
    for stem in _stems(root / images, ending):
        name, _, number = stem.rpartition("_")
        if name and len(number) == 4 and number.isdecimal():
            ids.setdefault(name, set()).add(int(number))
        else:
            wrong = f"{images}/{stem}{ending} must end in a channel number such as _0000"
            refuse([Problem("KS-E13", wrong, "rename it, for example to scan_0000")], root)
    return [
        Entry(
            place=f"{images}/{name}",
            id=name,
            # a channel beyond the declared ones is kept, so that check names it
            images=tuple(
                f"{images}/{name}_{number:04d}{ending}"
                for number in sorted(found | set(range(channels)))
            ),
            label=None if labels is None else f"{labels}/{name}{ending}",
        )
        for name, found in sorted(ids.items())
    ]


def _lonely_labels(root: Path, ending: str, ids: set[str]) -> list[Problem]:
    lonely = [stem for stem in _stems(root / "labelsTr", ending) if stem not in ids]
    return [
        Problem(
            "KS-E05",
            f"labelsTr/{stem}{ending} has no image imagesTr/{stem}_0000{ending}",
            "copy the missing images, or remove the masks",
            root / f"labelsTr/{stem}{ending}",
        )
        for stem in lonely
    ]
