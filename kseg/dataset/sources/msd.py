"""Data sets in the layout of the Medical Segmentation Decathlon: a `dataset.json` of pairs."""

from pathlib import Path, PurePosixPath

from kseg.dataset.cases import DataSet
from kseg.dataset.gather import Entry, gather
from kseg.dataset.label_table import read_label_table
from kseg.dataset.manifest import channel_names, read_manifest
from kseg.dataset.problems import Problem, refuse
from kseg.volume import image_stem


def open_msd(root: Path, *, incomplete: bool = False) -> DataSet:
    """Open a folder with a `dataset.json` that lists its training pairs.

    Args:
        root: folder. `dataset.json` has `training`, a list of `{"image": …, "label": …}` with an
            optional `"subject"`; `labels`; `modality` or `channel_names`; and may have `test`, a
            list of images without a mask. Paths are relative to the folder. `"image"` may be
            a list of files, one for each channel.
        incomplete: bool, go on although files are missing; see `gather`.

    Returns:
        DataSet; `phantom` is True where `dataset.json` says `"synthetic": true`.

    Raises:
        ManifestError: if the manifest or the files it names cannot be used.

    Reference:
        Antonelli et al., The Medical Segmentation Decathlon, Nature Communications 2022.
    """
    root = Path(root)
    path = root / "dataset.json"
    manifest = read_manifest(path)
    labels = read_label_table(manifest, path)
    channels = channel_names(manifest.get("modality", manifest.get("channel_names")), path)
    entries, problems = [], []
    for key, labelled in (("training", True), ("test", False)):
        for index, row in enumerate(_rows(manifest, key, path)):
            entry = _entry(row, f"{key}[{index}]", labelled)
            (problems if isinstance(entry, Problem) else entries).append(entry)
    refuse(problems, path)
    # macOS leaves a "._" twin beside every file it copies to a foreign disk
    entries = [e for e in entries if not PurePosixPath(e.images[0]).name.startswith("._")]
    cases, findings = gather(entries, root, path, incomplete=incomplete)
    synthetic = manifest.get("synthetic") is True
    return DataSet(
        name=str(manifest.get("name") or root.resolve().name),
        source="phantom" if synthetic else "msd",
        root=root,
        cases=tuple(case for case in cases if case.label is not None),
        label_names=labels.names,
        channels=channels,
        phantom=synthetic,
        unlabelled=tuple(case for case in cases if case.label is None),
        findings=findings,
        regions=labels.regions,
        ignore=labels.ignore,
    )


def _rows(manifest, key, path):
    rows = manifest.get(key, [])
    if not isinstance(rows, list):
        wrong = Problem("KS-E13", f'"{key}" must be a list', "list one entry for each scan")
        refuse([wrong], path)
    return rows


def _entry(row: object, place: str, labelled: bool) -> Entry | Problem:
    """Return one row of the manifest as an Entry, or what is wrong with it."""
    if isinstance(row, str) and not labelled:
        row = {"image": row}
    fields = row if isinstance(row, dict) else {}
    image = fields.get("image")
    images = image if isinstance(image, list) else [image]
    label = fields.get("label") if labelled else None
    texts = [*images, label] if labelled else images
    if not images or not all(isinstance(text, str) and text for text in texts):
        wanted = '{"image": …, "label": …}' if labelled else "the path of an image"
        return Problem(
            "KS-E13",
            # Its keys alone: what else people write into a manifest is nobody's business.
            f"{place}: must be {wanted}. Received: {_shown(row)}.",
            "name the files of every case",
        )
    subject = fields.get("subject")
    return Entry(
        place=place,
        id=image_stem(Path(images[0])),
        images=tuple(images),
        label=label,
        subject=None if subject in (None, "") else str(subject),
    )


def _shown(row: object) -> str:
    if isinstance(row, dict):
        return f"an object with the keys {', '.join(map(str, row)) or 'none'}"
    return f"a {type(row).__name__}"
