"""Which files make a scan to predict, and where its mask goes."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from kseg.errors import RunFolderError, VolumeError
from kseg.volume import image_stem
from kseg.workflow.record import mask_of, read_earlier

NIFTI_ENDINGS = (".nii", ".nii.gz")


@dataclass(frozen=True)
class ScanFiles:
    """One scan to predict.

    Args:
        images: its file, or one file a channel.
        output: path of the mask.
    """

    images: tuple[Path, ...]
    output: Path


def plan_outputs(inputs: Sequence[Path], out: Path, channels: int) -> list[ScanFiles]:
    """Decide which files make a scan and where its mask goes, before any is predicted.

    Args:
        inputs: files, or folders whose NIfTI files are taken.
        out: folder of the masks.
        channels: int, channels that the network wants; with several, files of one folder that
            end in `_0000` to the last channel's number are one scan.

    Returns:
        List of `ScanFiles`, in the order of the inputs.

    Raises:
        RunFolderError: if two masks would have one name, or one would replace an input or a file
            that is no mask of an earlier prediction.
        VolumeError: if a folder holds no scan.
    """
    files = _files(inputs)
    own = _earlier_masks(out)
    inputs_resolved = {path.resolve() for path in files}
    scans: dict[Path, ScanFiles] = {}
    for images, name in _scans(files, channels):
        output = out / name
        if output in scans:
            both = f"{scans[output].images[0]} and {images[0]}"
            raise _refused(f"{both} would both give the mask {name}", images[0])
        if output.resolve() in inputs_resolved:
            raise _refused(f"its mask would replace the scan {output}", images[0])
        if output.exists() and output.resolve() not in own:
            raise _refused(f"{output} is there already and kseg did not predict it", images[0])
        scans[output] = ScanFiles(images, output)
    return list(scans.values())


def _files(inputs: Sequence[Path]) -> list[Path]:
    """Return all files; of a folder, its NIfTI files in order of their names."""
    found = []
    for path in inputs:
        if path.is_dir():
            inside = sorted(p for p in path.iterdir() if p.name.lower().endswith(NIFTI_ENDINGS))
            inside = [p for p in inside if not p.name.startswith(".")]
            if not inside:
                raise VolumeError(
                    why="this folder holds no NIfTI file (.nii or .nii.gz)",
                    file=path,
                    fix="give scans, or folders that hold some",
                    code="KS-E05",
                )
            found += inside
        else:
            found.append(path)
    return found


def _earlier_masks(out: Path) -> set[Path]:
    """Return the masks that the folder's own record tells of; they may be predicted again."""
    return {mask_of(entry, out).resolve() for entry in read_earlier(out)["scans"]}


def _scans(files: Sequence[Path], channels: int) -> list[tuple[tuple[Path, ...], str]]:
    """Return the files of each scan, and the name of its mask."""
    groups: dict[tuple[Path, str], list[Path]] = {}
    for path in files:
        stem = image_stem(path)
        numbered = channels > 1 and len(stem) > 5 and stem[-5] == "_" and stem[-4:].isdigit()
        groups.setdefault((path.parent, stem[:-5] if numbered else stem), []).append(path)
    if channels == 1 and all(image_stem(path).endswith("_0000") for path in files):
        # nnU-Net numbers channels also where there is only one.
        return [((path,), _mask_name(image_stem(path)[:-5], path)) for path in files]
    scans = []
    for (_, stem), images in groups.items():
        if _are_channels(images, channels):
            scans.append((tuple(sorted(images)), _mask_name(stem, images[0])))
        else:
            # A number may also count scans: brain_0006.nii.gz with all its channels in one file.
            scans += [((path,), _mask_name(image_stem(path), path)) for path in images]
    return scans


def _mask_name(stem: str, path: Path) -> str:
    return stem + (".nii" if path.name.lower().endswith(".nii") else ".nii.gz")


def _are_channels(images: Sequence[Path], channels: int) -> bool:
    """Return whether the files are `_0000` to the last channel of one scan."""
    endings = sorted(image_stem(path)[-5:] for path in images)
    return channels > 1 and endings == [f"_{index:04d}" for index in range(channels)]


def _refused(why: str, file: Path) -> RunFolderError:
    return RunFolderError(
        why=why, file=file, fix="give another --out, or fewer inputs", code="KS-I05"
    )
