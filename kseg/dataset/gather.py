"""From the entries of a manifest to cases whose ids, subjects and files have been checked."""

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from kseg.dataset.cases import Case
from kseg.dataset.problems import Problem, refuse
from kseg.volume import Finding
from kseg.words import counted

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_RENAME = "use letters, digits, '.', '_' and '-' only, and begin with a letter or digit"


@dataclass(frozen=True)
class Entry:
    """One case as a manifest lists it, before anything is checked.

    Args:
        place: str, where it stands: `training[3]` or `line 7`.
        id: str.
        images: paths as written.
        label: path as written, or None.
        subject: str, or None where the manifest names none: the case is then its own subject.
        split: str, or None.
    """

    place: str
    id: str
    images: tuple[str, ...]
    label: str | None = None
    subject: str | None = None
    split: str | None = None


def gather(
    entries: Sequence[Entry],
    root: Path,
    manifest: Path,
    *,
    missing: Sequence[Problem] = (),
    incomplete: bool = False,
) -> tuple[tuple[Case, ...], tuple[Finding, ...]]:
    """Check all entries and turn them into cases, sorted by id.

    Args:
        entries: sequence of Entry.
        root: folder to which relative paths belong.
        manifest: file or folder that lists the entries, for messages.
        missing: `Problem`s of files that no entry names and that are missing all the same.
        incomplete: bool, go on although files are missing, for a list of all that is wrong: each
            of them is then a finding that refuses, and its case is among the others.

    Returns:
        the cases, and the findings that are no reason to refuse, or of missing files.

    Raises:
        ManifestError: naming every problem: duplicate ids, unusable ids, missing files, one
            image under two ids, a subject on both sides of a fixed split.
    """
    cases = [_case(entry, root) for entry in entries]
    missing = [*missing, *_missing_files(entries, cases, root)]
    problems = [*_id_problems(entries), *_shared_images(entries, cases, root)]
    problems += _subject_problems(cases)
    if problems or not incomplete:
        refuse([*problems, *missing], manifest)
    findings = [
        Finding(found.code, "refuse", str(found.file or manifest), found.why, found.fix)
        for found in missing
    ]
    there = _outside(cases, {found.file for found in missing}, root, manifest)
    findings += [*there, *_likely_subjects(entries, manifest)]
    return tuple(sorted(cases, key=lambda case: case.id)), tuple(findings)


def _case(entry: Entry, root: Path) -> Case:
    return Case(
        id=entry.id,
        subject=entry.subject or entry.id,
        images=tuple(root / image for image in entry.images),
        label=None if entry.label is None else root / entry.label,
        split=entry.split,
    )


def _id_problems(entries):
    """Yield E07 (characters that are unsafe in file names) and E01 (duplicates)."""
    places = {}
    for entry in entries:
        if not _ID.fullmatch(entry.id):
            yield Problem("KS-E07", f"{entry.place}: the id {entry.id!r} cannot be used", _RENAME)
        places.setdefault(entry.id, []).append(entry.place)
    for name, found in places.items():
        if len(found) > 1:
            yield Problem(
                "KS-E01",
                f'the id "{name}" stands {len(found)} times: {", ".join(found)}',
                "give every case its own id",
            )


def _missing_files(entries, cases, root):
    """Yield E05: missing files, with the nearest name."""
    names = {}
    for entry, case in zip(entries, cases, strict=True):
        for path in (*case.images, *([case.label] if case.label else [])):
            if not _is_file(path):
                why = f"{entry.place}: {_shown(path, root)} does not exist{_nearest(path, names)}"
                yield Problem("KS-E05", why, "copy the missing files, or correct the names", path)


def _shared_images(entries, cases, root):
    """Yield E02: one image under two ids."""
    owner = {}
    for entry, case in zip(entries, cases, strict=True):
        for path in case.images:
            first = owner.setdefault(path, entry)
            if first.id != entry.id:
                yield Problem(
                    "KS-E02",
                    f"{first.place} and {entry.place}: both name {_shown(path, root)}",
                    "list every scan once",
                )


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # a name too long for the file system, or with a null byte
        return False


def _nearest(path: Path, names: dict[Path, list[str]]) -> str:
    """Return a hint at the nearest existing name; `names` remembers folders already listed."""
    folder = path.parent
    if folder not in names:
        there = _is_folder(folder)
        names[folder] = [child.name for child in folder.iterdir()] if there else []
        if not there:
            return f" (there is no folder {folder})"
    close = difflib.get_close_matches(path.name, names[folder], 1)
    return f" (nearest: {close[0]})" if close else ""


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except (OSError, ValueError):
        return False


def _shown(path: Path, root: Path) -> str:
    return str(path.relative_to(root)) if path.is_relative_to(root) else str(path)


def _subject_problems(cases):
    """Yield E03: a subject that a fixed split divides."""
    sides = {}
    for case in cases:
        if case.split is not None:
            sides.setdefault(case.subject, {}).setdefault(case.split, case.id)
    for subject, found in sides.items():
        if len(found) > 1:
            shown = ", ".join(f'"{name}" in {split}' for split, name in sorted(found.items()))
            yield Problem(
                "KS-E03",
                f'the subject "{subject}" stands on several sides of the split: {shown}',
                "put all cases of a subject on one side, or leave `split` empty",
            )


def _outside(cases, missing, root, manifest):
    """Note E11: inputs that lie outside the data set's folder are shown where they really are."""
    home = root.resolve()
    paths = [path for case in cases for path in (*case.images, case.label) if path is not None]
    there = [path for path in paths if path not in missing]
    outside = [path for path in there if not path.resolve().is_relative_to(home)]
    if outside:
        told = counted(len(outside), "file lies", "files lie")
        yield Finding(
            code="KS-E11",
            severity="note",
            file=str(manifest),
            why=f"{told} outside {root}, the first is {outside[0].resolve()}",
            fix=None,
        )


def _likely_subjects(entries, manifest):
    """Note E03: ids such as `p012_1` and `p012_2` look like one person, but no subject is given."""
    if any(entry.subject for entry in entries):
        return
    prefixes = {}
    for entry in entries:
        prefix, _, _ = entry.id.rpartition("_")
        if any(character.isdigit() for character in prefix):
            prefixes.setdefault(prefix, []).append(entry.id)
    shared = {prefix: ids for prefix, ids in prefixes.items() if len(ids) > 1}
    if shared and len(prefixes) > 1:
        prefix, ids = next(iter(shared.items()))
        yield Finding(
            code="KS-E03",
            severity="note",
            file=str(manifest),
            why=f'ids share a beginning, as {", ".join(ids[:3])} share "{prefix}": if that is a '
            "person, training and validation may hold the same person",
            fix="name the person of each case as `subject`",
        )
