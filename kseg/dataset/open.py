"""From a folder or table to a data set, whatever its layout."""

import json
from collections.abc import Mapping
from pathlib import Path

from kseg.dataset.cases import DataSet
from kseg.dataset.sources.msd import open_msd
from kseg.dataset.sources.nnunet import open_nnunet
from kseg.dataset.sources.phantom import PhantomSettings, open_phantom
from kseg.dataset.sources.plugged import open_plugged
from kseg.dataset.sources.table import TABLE_NAMES, open_table
from kseg.errors import ManifestError
from kseg.words import counted

READERS = {"msd": open_msd, "nnunet": open_nnunet, "table": open_table}
_TABLE_ENDINGS = (".csv", ".tsv")


def open_dataset(
    root: str | Path | None,
    *,
    source: str = "auto",
    work: str | Path,
    phantom: PhantomSettings | None = None,
    source_args: Mapping[str, object] | None = None,
    incomplete: bool = False,
) -> DataSet:
    """Open a data set, recognising its layout.

    Args:
        root: folder or table; None for the phantom.
        source: "auto", "msd", "nnunet", "table", "phantom", or a source of another package by its
            name or as `package.module:function` (see `open_plugged`); "digits" is refused, since
            these are arrays and no cases with files (see `open_digits`).
        work: folder for caches, where the phantom is written on first use.
        phantom: PhantomSettings; None for the default ones.
        source_args: mapping of arguments for a source of another package.
        incomplete: bool, go on although files are missing, for a list of all that is wrong: each
            is among the data set's findings, and its case among the cases.

    Returns:
        DataSet with at least one labelled case.

    Raises:
        ManifestError: if nothing is recognised there, or what is there cannot be used. All
            problems of a manifest are told at once.
        RecipeError: if there is no such source, or it does not take its arguments.
    """
    if source == "digits":
        raise ManifestError(
            why="digits are arrays in one file, so there are no scans and masks to open one by one",
            code="KS-E16",
            file=root,
            fix="run `kseg fit`, which checks the whole file when it reads it",
        )
    if source == "phantom":
        if root is not None:
            raise ManifestError(
                why="the phantom is made by kseg and reads no folder, but a folder is given",
                code="KS-E16",
                file=root,
                fix="set `data.source: auto` to read the folder, or leave `data.root` empty",
            )
        return open_phantom(phantom or PhantomSettings(), Path(work))
    if root is None:
        raise ManifestError(
            why="a folder or table of cases must be given",
            code="KS-E16",
            fix="give --data DIR, or set `data.root`; `data.source: phantom` needs neither",
        )
    root = Path(root)
    if source in ("auto", *READERS) and not root.exists():
        raise ManifestError(
            why="there is no such file or folder",
            code="KS-E14",
            file=root,
            fix="check the path, and that its disk or network drive is connected",
        )
    layout = recognise(root) if source == "auto" else source
    if layout in READERS:
        dataset = READERS[layout](root, incomplete=incomplete)
    else:
        dataset = open_plugged(layout, root, source_args or {}, incomplete=incomplete)
    if not dataset.cases:
        raise ManifestError(
            why="it must hold at least one case with a mask. Received: "
            f"{counted(len(dataset.unlabelled), 'case')}, none with a mask.",
            code="KS-E10",
            file=root,
            fix="add the masks, or name them in the manifest",
        )
    return dataset


def recognise(root: Path) -> str:
    """Return the layout of a folder or table.

    Args:
        root: path to look at.

    Returns:
        "msd", "nnunet" or "table".

    Raises:
        ManifestError: saying what was looked for, if nothing is recognised.
    """
    if root.is_file() and root.suffix.lower() in _TABLE_ENDINGS:
        return "table"
    manifest = _peek(root / "dataset.json")
    if any((root / name).is_file() for name in TABLE_NAMES):
        return "table"
    if manifest is not None:
        numbered = any((root / "imagesTr").glob("*_0000.nii*"))
        listed = bool(manifest.get("training")) and "file_ending" not in manifest
        if listed and not (numbered and _first_is_missing(root, manifest)):
            return "msd"
        if numbered or "file_ending" in manifest:
            return "nnunet"
        return "msd"
    there = "a file" if root.is_file() else "a folder"
    names = " or ".join(TABLE_NAMES)
    raise ManifestError(
        why=f"no data set is recognised there; it is {there}. Looked for: dataset.json with "
        f'"training" (Medical Segmentation Decathlon), dataset.json with imagesTr/*_0000.nii.gz '
        f"(nnU-Net), {names}, or the path of a .csv or .tsv file",
        code="KS-E14",
        file=root,
        fix="give the folder that holds dataset.json or the table",
    )


def _peek(path: Path) -> dict[str, object] | None:
    """Return the content of a manifest, empty where it cannot be read: its reader will say why."""
    if not path.is_file():
        return None
    try:
        content = json.loads(path.read_text("utf-8-sig"))
    except (OSError, ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}


def _first_is_missing(root: Path, manifest: dict[str, object]) -> bool:
    """Tell nnU-Net's first version, whose list leaves the channel numbers out, from MSD."""
    rows = manifest["training"]
    row = rows[0] if isinstance(rows, list) else None
    image = row.get("image") if isinstance(row, dict) else None
    return isinstance(image, str) and not (root / image).exists()
