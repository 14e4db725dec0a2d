"""Which predicted mask belongs to which true one: by name, with all that stays over told."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from kseg.errors import VolumeError
from kseg.evaluate.masks import are_of_phantom, masks_of, printable
from kseg.evaluate.truth import TrueCase, Truth
from kseg.volume import image_stem

_NAMES_SHOWN = 5


@dataclass(frozen=True)
class Pair:
    """A true mask and the predicted one of the same case.

    Args:
        case: `TrueCase`.
        predicted: path of the predicted mask.
    """

    case: TrueCase
    predicted: Path


@dataclass(frozen=True)
class Pairing:
    """What is to be compared with what.

    Args:
        truth: `Truth`.
        predicted: path that was given: a folder of masks, a run folder, or one mask.
        name: str, how to call the prediction.
        pairs: tuple of `Pair`, in order of the cases' ids.
        missing: ids of the cases without a predicted mask.
        unused: paths of the predicted masks without a true one.
        phantom: bool, the scans are synthetic.
    """

    truth: Truth
    predicted: Path
    name: str
    pairs: tuple[Pair, ...]
    missing: tuple[str, ...] = ()
    unused: tuple[Path, ...] = ()
    phantom: bool = False


def find_pairs(truth: Truth, predicted: str | Path) -> Pairing:
    """Find the predicted mask of each true one.

    A predicted mask belongs to the case whose id is its name without `.nii` or `.nii.gz`, or else
    to the case whose true mask has this name. Two single files belong together whatever they are
    called.

    Args:
        truth: `Truth`.
        predicted: a folder of masks, a run folder of `kseg fit`, or one mask.

    Returns:
        `Pairing` with at least one pair.

    Raises:
        VolumeError: if there is no mask (KS-V01), two have one name (KS-V02), a name is no text
            (KS-V07), or none belongs to a true one (KS-V03).
    """
    predicted = Path(predicted)
    masks = masks_of(predicted)
    if truth.root.is_file() and predicted.is_file() and len(truth.cases) == 1:
        found = {truth.cases[0].id: predicted}
    else:
        found = _by_name(truth, masks)
    pairs = tuple(Pair(case, found[case.id]) for case in truth.cases if case.id in found)
    if not pairs:
        raise _nothing_fits(truth, predicted, masks)
    used = set(found.values())
    return Pairing(
        truth=truth,
        predicted=predicted,
        name=printable(image_stem(predicted.resolve())),
        pairs=pairs,
        missing=tuple(case.id for case in truth.cases if case.id not in found),
        unused=tuple(path for path in masks.values() if path not in used),
        phantom=truth.phantom or are_of_phantom(predicted),
    )


def _by_name(truth: Truth, masks: Mapping[str, Path]) -> dict[str, Path]:
    """Return the predicted mask of each case that has one."""
    found = {case.id: masks[case.id] for case in truth.cases if case.id in masks}
    stems = Counter(image_stem(case.mask) for case in truth.cases)
    ids = {case.id for case in truth.cases}
    for case in truth.cases:
        stem = image_stem(case.mask)
        # A name that many true masks share, such as "segmentation", tells nothing.
        if case.id not in found and stem in masks and stem not in ids and stems[stem] == 1:
            found[case.id] = masks[stem]
    return found


def _nothing_fits(truth: Truth, predicted: Path, masks: Mapping[str, Path]) -> VolumeError:
    return VolumeError(
        why=f"no predicted mask has the name of a true one. True: "
        f"{_some([case.id for case in truth.cases])}. Predicted: {_some(list(masks))}. "
        "Names are compared without .nii and .nii.gz",
        code="KS-V03",
        file=predicted,
        fix="give the folder that belongs to the truth, or rename the predicted masks",
    )


def _some(names: list[str]) -> str:
    rest = len(names) - _NAMES_SHOWN
    return ", ".join(names[:_NAMES_SHOWN]) + (f" and {rest} more" if rest > 0 else "")
