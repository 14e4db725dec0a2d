"""Which cases train and which validate: by subject, seeded, the same on every machine."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from kseg.dataset.cases import Case, DataSet
from kseg.errors import ManifestError


@dataclass(frozen=True)
class Split:
    """The cases that train and the cases that validate; no subject is in both.

    Args:
        train: tuple of Case, in order of their ids.
        validation: tuple of Case, in order of their ids; empty for `fold: all`.
    """

    train: tuple[Case, ...]
    validation: tuple[Case, ...]


def split_cases(dataset: DataSet, *, fold: int | Literal["all"], folds: int, seed: int) -> Split:
    """Split the labelled cases of a data set.

    A split that the data set fixes comes before `folds` and `seed`. Cases fixed as "test"
    neither train nor validate, whatever `fold` is.

    Args:
        dataset: DataSet.
        fold: int, the fold that validates; "all" trains on every case and validates on none.
        folds: int, number of folds.
        seed: int, equal seeds give equal folds, in whatever order the cases come.

    Returns:
        Split.

    Raises:
        ManifestError: if there are fewer subjects than folds, or a side would be empty.
        ValueError: if `fold` is not one of the folds.

    Example:
        >>> from pathlib import Path
        >>> cases = tuple(Case(i, i, (Path(i),), Path(i)) for i in "abcd")
        >>> data = DataSet("demo", "msd", Path("."), cases, ("background", "x"), ("CT",))
        >>> split = split_cases(data, fold=0, folds=2, seed=1)
        >>> len(split.train), len(split.validation)
        (2, 2)
    """
    cases = sorted(dataset.cases, key=lambda case: case.id)
    usable = [case for case in cases if case.split != "test"]
    fixed = {case.split for case in usable} - {None}
    if fold == "all":
        split = Split(tuple(usable), ())
    elif fixed:
        split = _fixed_split(dataset, usable, fold, fixed)
    else:
        split = _drawn_split(dataset, usable, fold, folds, seed)
    if not split.train or (fold != "all" and not split.validation):
        sizes = f"{len(split.train)} to train and {len(split.validation)} to validate"
        raise _unusable(dataset, f"a split must leave cases on both sides. Received: {sizes}.")
    return split


def fold_numbers(dataset: DataSet, folds: int) -> tuple[int, ...]:
    """Return the folds of a data set: those that it fixes itself, or else as many as are wanted.

    Args:
        dataset: DataSet.
        folds: int, how many are wanted where the data set fixes none.

    Returns:
        tuple of int, rising.

    Raises:
        ManifestError: if the data set fixes one split into training and validation instead.

    Example:
        >>> from pathlib import Path
        >>> cases = tuple(Case(i, i, (Path(i),), Path(i), split=i) for i in "213")
        >>> data = DataSet("demo", "table", Path("."), cases, ("background", "x"), ("CT",))
        >>> fold_numbers(data, folds=5)
        (1, 2, 3)
    """
    fixed = {case.split for case in dataset.cases} - {None, "test"}
    if not fixed:
        return tuple(range(folds))
    if fixed <= {"train", "validation"}:
        why = "the data set fixes one split into training and validation, so there are no folds"
        raise _unusable(
            dataset,
            why,
            "train on this split with `kseg fit`, or number the folds in the column `split`, or "
            "empty it",
        )
    return tuple(sorted(map(int, fixed)))


def assign_folds(cases: Sequence[Case], folds: int, seed: int) -> dict[str, int]:
    """Deal the subjects out to folds of nearly equal numbers of cases.

    Args:
        cases: sequence of Case.
        folds: int, number of folds.
        seed: int.

    Returns:
        dict from subject to fold.

    Example:
        >>> sorted(assign_folds([Case(i, i, (), None) for i in "abcd"], 2, 1).values())
        [0, 0, 1, 1]
    """
    sizes: dict[str, int] = {}
    for case in cases:
        sizes[case.subject] = sizes.get(case.subject, 0) + 1

    # A digest, not numpy's generator: its order may change from one release to the next.
    def draw(subject: str) -> bytes:
        return hashlib.sha256(f"{seed}\0{subject}".encode()).digest()

    filled = [0] * folds
    assigned = {}
    # Large subjects first, while there is still room to even them out.
    for subject in sorted(sizes, key=lambda name: (-sizes[name], draw(name))):
        fold = filled.index(min(filled))
        assigned[subject] = fold
        filled[fold] += sizes[subject]
    return assigned


def _drawn_split(dataset, cases, fold, folds, seed) -> Split:
    if not 0 <= fold < folds:
        raise ValueError(f"`fold` must be below `folds`. Received: fold={fold}, folds={folds}.")
    subjects = {case.subject for case in cases}
    if len(subjects) < folds:
        why = f"there must be a subject for each of the {folds} folds. Received: {len(subjects)}."
        raise _unusable(dataset, why, f"set `data.folds` to {max(2, len(subjects))} or less")
    assigned = assign_folds(cases, folds, seed)
    return Split(
        tuple(case for case in cases if assigned[case.subject] != fold),
        tuple(case for case in cases if assigned[case.subject] == fold),
    )


def _fixed_split(dataset, cases, fold, fixed) -> Split:
    if fixed <= {"train", "validation"}:
        if fold != 0:
            why = f"the data set fixes one split, so there is no fold {fold}"
            raise _unusable(dataset, why, "set `data.fold` to 0, or empty the column `split`")
        side = "validation"
    else:
        side = str(fold)
        if side not in fixed:
            numbers = ", ".join(sorted(fixed, key=int))
            why = f"the data set fixes the folds {numbers}; there is no fold {fold}"
            raise _unusable(dataset, why, "set `data.fold` to one of them")
    return Split(
        tuple(case for case in cases if case.split != side),
        tuple(case for case in cases if case.split == side),
    )


def _unusable(dataset, why, fix="add cases, or set `data.fold: all` to validate on none"):
    return ManifestError(why=why, code="KS-E10", file=dataset.root, fix=fix)
